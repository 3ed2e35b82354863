package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/streamrec/streamrec/scripts/chart"
)

// writePlot draws the hit rate of each system over time into a PNG or SVG file.
func writePlot(path string, r *evaluationReport) error {
	p, err := drawPlot(r)
	if err != nil {
		return err
	}
	return chart.Save(path, 9*vg.Inch, 5*vg.Inch, []float64{1}, p)
}

func drawPlot(r *evaluationReport) (*plot.Plot, error) {
	p := chart.New(plotTitle(r))
	p.Y.Label.Text = "HR@20"
	p.X.Label.Text = r.To.Format("2006") + ", UTC"
	p.X.Label.Padding, p.X.Tick.Marker = vg.Points(4), chart.Dates{}
	labels, top := &chart.Labels{}, 0.0
	var lines []*plotter.Line
	for i, s := range r.Systems {
		line, err := systemLine(r, i)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
		labels.Add(fmt.Sprintf("%s  %.3f", s.Name, s.All.HR20), line)
		for _, xy := range line.XYs {
			top = max(top, xy.Y)
		}
	}
	if err := addLines(p, lines); err != nil {
		return nil, err
	}
	p.Add(labels)
	p.X.Min, p.X.Max = plotRange(r)
	ticks := chart.Tenths(top)
	p.Y.Tick.Marker, p.Y.Min, p.Y.Max = ticks, 0, ticks[len(ticks)-1].Value
	return p, nil
}

// plotTitle has the name of the file, or the end of a long one.
func plotTitle(r *evaluationReport) string {
	const longest = 48
	name := []rune(filepath.Base(r.File))
	switch {
	case r.File == "-":
		name = []rune("standard input")
	case len(name) > longest:
		name = append([]rune("…"), name[len(name)-longest:]...)
	}
	return fmt.Sprintf("Hit rate of lists of 20: %s, %s", string(name), r.Protocol)
}

// systemLine is the line of a system. Each has the same colour in all pictures. The lines of the whole model and of its shards are often the same: one is
// broad, and the other one dashed, on top of it.
func systemLine(r *evaluationReport, i int) (*plotter.Line, error) {
	const colourOfShards = 6
	isSharded := func(i int) bool { return strings.HasSuffix(r.Systems[i].Name, shardsSuffix) }
	colour := i
	switch {
	case isSharded(i):
		colour = colourOfShards
	case i > 1 && isSharded(1):
		colour = i - 1
	}
	line, err := chart.Line(points(r.Systems[i].OverTime, float64(r.To.UnixMilli())/1000), colour)
	if err != nil {
		return nil, err
	}
	switch {
	case i == 0:
		line.Width = vg.Points(3)
	case isSharded(i):
		line.Width, line.Dashes = vg.Points(1.4), []vg.Length{vg.Points(4), vg.Points(3)}
	}
	return line, nil
}

// addLines draws ours on top of the others, and points where there are so few that they make no line.
func addLines(p *plot.Plot, lines []*plotter.Line) error {
	const few = 6
	slices.SortStableFunc(lines, func(a, b *plotter.Line) int { return layer(a) - layer(b) })
	for _, line := range lines {
		p.Add(line)
		if len(line.XYs) > few {
			continue
		}
		dots, err := plotter.NewScatter(line.XYs)
		if err != nil {
			return err
		}
		dots.GlyphStyle = draw.GlyphStyle{Color: line.Color, Radius: vg.Points(2) + line.Width/2, Shape: draw.CircleGlyph{}}
		p.Add(dots)
	}
	return nil
}

// layer is 0 at the bottom: a dashed line covers a broad one in part only.
func layer(line *plotter.Line) int {
	switch {
	case len(line.Dashes) > 0:
		return 2
	case line.Width > vg.Points(2):
		return 1
	}
	return 0
}

// plotRange is from the first window to the last event.
func plotRange(r *evaluationReport) (from, to float64) {
	from, to = float64(r.Systems[0].OverTime[0].From.UnixMilli())/1000, float64(r.To.UnixMilli())/1000
	if to-from < 1 {
		return from - 1, to + 1
	}
	return from, to
}

// points are in the middle of their windows. Windows with so few predictions that their rate says little are drawn as one.
func points(windows []windowReport, end float64) plotter.XYs {
	const least = 20
	var xy plotter.XYs
	var n int
	var hits, from float64
	for i, w := range windows {
		if n == 0 {
			from = float64(w.From.UnixMilli()) / 1000
		}
		n += w.Predictions
		hits += w.HR20 * float64(w.Predictions)
		to := end
		if i+1 < len(windows) {
			to = float64(windows[i+1].From.UnixMilli()) / 1000
		}
		if n >= least || i+1 == len(windows) {
			xy = append(xy, plotter.XY{X: (from + to) / 2, Y: hits / float64(n)})
			n, hits = 0, 0
		}
	}
	return xy
}
