package main

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// colours are told apart by people who do not tell red from green (Okabe and Ito).
var colours = []color.RGBA{
	{0, 114, 178, 255}, {120, 120, 120, 255}, {230, 159, 0, 255}, {86, 180, 233, 255}, {0, 158, 115, 255}, {204, 121, 167, 255},
}

// writePlot draws the hit rate of each system over time into a PNG file.
func writePlot(path string, r *evaluationReport) error {
	p := plot.New()
	for _, style := range []*text.Style{&p.Title.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label, &p.Y.Label.TextStyle, &p.Legend.TextStyle} {
		style.Font.Variant = "Sans"
	}
	p.Title.Text = "Hit rate of lists of 20, " + r.Protocol
	p.Title.TextStyle.Font.Size = vg.Points(13)
	p.Title.Padding = vg.Points(8)
	p.Y.Label.Text = "HR@20"
	p.Y.Min = 0
	p.X.Tick.Marker = plot.TimeTicks{Format: timeFormat(r)}
	p.Add(plotter.NewGrid())
	for i, s := range r.Systems {
		if len(s.OverTime) == 0 {
			continue
		}
		line, err := plotter.NewLine(points(s.OverTime))
		if err != nil {
			return err
		}
		line.Color = colours[i%len(colours)]
		line.Width = vg.Points(1.2)
		if i == 0 {
			line.Width = vg.Points(2.2)
		}
		p.Add(line)
		p.Legend.Add(s.Name, line)
	}
	p.Y.Max = min(1, 1.35*p.Y.Max) // room for the legend
	p.Legend.Top = true
	p.Legend.XOffs, p.Legend.Padding = -vg.Points(12), vg.Points(2)
	p.Legend.ThumbnailWidth = vg.Points(24)
	return p.Save(9*vg.Inch, 5*vg.Inch, path)
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
