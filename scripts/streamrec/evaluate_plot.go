package main

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/streamrec/streamrec/scripts/chart"
)

// writePlot draws the hit rate of each system over time into a PNG or SVG file.
func writePlot(path string, r *evaluationReport) error {
	p := chart.New("Hit rate of lists of 20, " + r.Protocol)
	p.Y.Label.Text = "HR@20"
	p.Y.Min = 0
	p.X.Tick.Marker = plot.TimeTicks{Format: timeFormat(r)}
	for i, s := range r.Systems {
		if len(s.OverTime) == 0 {
			continue
		}
		line, err := chart.Line(points(s.OverTime), i)
		if err != nil {
			return err
		}
		if i == 0 {
			line.Width = vg.Points(2.2)
		}
		p.Add(line)
		p.Legend.Add(s.Name, line)
	}
	p.Y.Max = min(1, 1.35*p.Y.Max) // room for the legend
	return chart.Save(path, 9*vg.Inch, 5*vg.Inch, []float64{1}, p)
}

// timeFormat shows days, or hours when there are few days.
func timeFormat(r *evaluationReport) string {
	if w := r.Systems[0].OverTime; len(w) > 0 && w[len(w)-1].From.Sub(w[0].From).Hours() < 72 {
		return "02 Jan 15:04"
	}
	return "02 Jan"
}

func points(windows []windowReport) plotter.XYs {
	var xy plotter.XYs
	for _, w := range windows {
		xy = append(xy, plotter.XY{X: float64(w.From.Unix()), Y: w.HR20})
	}
	return xy
}
