package main

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/streamrec/streamrec/scripts/chart"
)

// draw draws what the run was like over time: faults, lag, memory and goroutines. An empty path is no picture.
func (s *soak) draw(path string) error {
	if path == "" {
		return nil
	}
	s.mu.Lock()
	events, points := slices.Clone(s.events), slices.Clone(s.points)
	s.mu.Unlock()
	end := time.Since(s.began).Minutes()
	faults, err := faultPanel(fmt.Sprintf("Soak of %s, seed %d: what happened", s.duration, s.seed), events)
	if err != nil {
		return err
	}
	lag, err := lagPanel(points)
	if err != nil {
		return err
	}
	memory, err := s.sampler.panel("resident MiB", func(sm sample) float64 { return sm.Resident / (1 << 20) })
	if err != nil {
		return err
	}
	running, err := s.sampler.panel("goroutines", goroutines)
	if err != nil {
		return err
	}
	running.X.Label.Text = "minutes"
	panels := []*plot.Plot{faults, lag, memory, running}
	for _, p := range panels {
		p.X.Min, p.X.Max = 0, end
	}
	return chart.Save(path, 9*vg.Inch, 10*vg.Inch, []float64{3, 2, 2.5, 2.5}, panels...)
}

// faultPanel has a row for each kind of fault, and a bar for each fault, as long as it lasted.
func faultPanel(title string, events []event) (*plot.Plot, error) {
	p := chart.New(title)
	rows := map[kind]float64{}
	var ticks []plot.Tick
	for i, h := range hand {
		rows[h.kind] = float64(len(hand) - i)
	}
	rows[replay] = 0
	for k, y := range rows {
		ticks = append(ticks, plot.Tick{Value: y, Label: string(k)})
	}
	slices.SortFunc(ticks, func(a, b plot.Tick) int { return cmp.Compare(a.Value, b.Value) })
	p.Y.Tick.Marker = plot.ConstantTicks(ticks)
	p.Y.Min, p.Y.Max = -0.5, float64(len(hand))+0.5
	var begins plotter.XYs
	for _, e := range events {
		if e.Passed {
			continue
		}
		y := rows[e.Kind]
		bar, err := chart.Line(plotter.XYs{{X: e.Began.Minutes(), Y: y}, {X: e.Ended.Minutes(), Y: y}}, 0)
		if err != nil {
			return nil, err
		}
		bar.Width = vg.Points(3)
		p.Add(bar)
		begins = append(begins, plotter.XY{X: e.Began.Minutes(), Y: y})
	}
	if len(begins) == 0 {
		return p, nil
	}
	dots, err := plotter.NewScatter(begins)
	if err != nil {
		return nil, err
	}
	dots.GlyphStyle = draw.GlyphStyle{Color: chart.Colours[0], Radius: vg.Points(1.5), Shape: draw.CircleGlyph{}}
	p.Add(dots)
	return p, nil
}

// lagPanel has how long the oldest record that was not committed had been waiting; while a replay is on its way, in another colour. The line is
// interrupted where that is not known of every shard.
func lagPanel(points []point) (*plot.Plot, error) {
	p := chart.New("")
	p.Y.Label.Text = "lag, s"
	p.Y.Min = 0
	named := [2]bool{}
	for from := 0; from < len(points); {
		first, to := points[from], from
		var xy plotter.XYs
		for ; to < len(points) && points[to].known == first.known && points[to].replaying == first.replaying; to++ {
			xy = append(xy, plotter.XY{X: points[to].at.Minutes(), Y: points[to].lag.Seconds()})
		}
		from = to
		if !first.known {
			continue
		}
		which := 0
		if first.replaying {
			which = 1
		}
		line, err := chart.Line(xy, 2*which)
		if err != nil {
			return nil, err
		}
		p.Add(line)
		if !named[which] {
			named[which] = true
			p.Legend.Add([]string{"oldest record not committed", "during a replay"}[which], line)
		}
	}
	p.Y.Max = max(p.Y.Max, 10) * 1.2
	return p, nil
}

// colourOf gives each name the same colour in all panels.
func colourOf(name string) int {
	if i := slices.Index([]string{"w1", "local", "w2", "guests", "w3", "produce"}, name); i >= 0 {
		return i
	}
	return len(name)
}

// panel has a line for each name, interrupted where one process ends and the next one begins.
func (s *sampler) panel(label string, value func(sample) float64) (*plot.Plot, error) {
	p := chart.New("")
	p.Y.Label.Text = label
	p.Y.Min = 0
	s.mu.Lock()
	lives := map[string]map[int]plotter.XYs{}
	for _, sm := range s.samples {
		name := sm.Name
		if strings.HasPrefix(name, "guest") {
			name = "guests"
		}
		if v := value(sm); v > 0 {
			if lives[name] == nil {
				lives[name] = map[int]plotter.XYs{}
			}
			life := sm.Start
			if name == "guests" {
				_, _ = fmt.Sscanf(sm.Name, "guest%d", &life) // each is one process, but for those that a service kept from starting
			}
			lives[name][life] = append(lives[name][life], plotter.XY{X: sm.At.Minutes(), Y: v})
		}
	}
	s.mu.Unlock()
	most := 0.0
	for _, name := range slices.Sorted(maps.Keys(lives)) {
		for n, life := range slices.Collect(maps.Values(lives[name])) {
			line, err := chart.Line(life, colourOf(name))
			if err != nil {
				return nil, err
			}
			if name == "w1" {
				line.Width = vg.Points(2.2)
			}
			p.Add(line)
			if n == 0 {
				p.Legend.Add(name, line)
			}
			for _, xy := range life {
				most = math.Max(most, xy.Y)
			}
		}
	}
	p.Legend.Left, p.Legend.XOffs = true, vg.Points(12)
	p.Y.Max = 1.2 * most
	return p, nil
}
