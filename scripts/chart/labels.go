package chart

import (
	"cmp"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Labels name lines beside the picture, each near the end of its line, and cover nothing.
type Labels struct{ labels []label }

type label struct {
	name string
	at   float64 // of the end of the line on the vertical axis
	draw.LineStyle
}

// The room that a label takes besides its text.
const (
	labelGap    = vg.Length(8)  // to the picture
	labelSample = vg.Length(22) // of the line
	labelSpace  = vg.Length(5)  // to the text
)

// Add names a line that is not empty.
func (l *Labels) Add(name string, line *plotter.Line) {
	l.labels = append(l.labels, label{name, line.XYs[len(line.XYs)-1].Y, line.LineStyle})
	slices.SortStableFunc(l.labels, func(a, b label) int { return cmp.Compare(b.at, a.at) })
}

// Plot implements plot.Plotter.
func (l *Labels) Plot(c draw.Canvas, p *plot.Plot) {
	_, y := p.Transforms(&c)
	ends := make([]vg.Length, len(l.labels))
	for i, b := range l.labels {
		ends[i] = y(b.at)
	}
	style := labelStyle(p)
	style.YAlign = draw.YCenter
	height := 1.25 * style.FontExtents().Height
	for i, at := range apart(ends, height, c.Min.Y+height/2, c.Max.Y-height/2) {
		b, x := l.labels[i], c.Max.X+labelGap
		c.StrokeLine2(b.LineStyle, x, at, x+labelSample, at)
		c.FillText(style, vg.Point{X: x + labelSample + labelSpace, Y: at}, b.name)
	}
}

// GlyphBoxes implements plot.GlyphBoxer: it makes room for the widest label.
func (l *Labels) GlyphBoxes(p *plot.Plot) []plot.GlyphBox {
	width := vg.Length(0)
	for _, b := range l.labels {
		width = max(width, labelStyle(p).Width(b.name))
	}
	return []plot.GlyphBox{{X: 1, Y: .5, Rectangle: vg.Rectangle{Max: vg.Point{X: labelGap + labelSample + labelSpace + width}}}}
}

func labelStyle(p *plot.Plot) text.Style {
	style := p.Legend.TextStyle
	style.Font.Size = vg.Points(11)
	return style
}

// apart moves falling positions no further than needed for a distance between each two, all within bounds if these leave room.
func apart(falling []vg.Length, distance, low, high vg.Length) []vg.Length {
	at := slices.Clone(falling)
	type group struct{ first, n int }
	var groups []group
	top := func(g group) vg.Length { // of the group, with its labels around the mean of where they would be
		sum := vg.Length(0)
		for i, v := range falling[g.first : g.first+g.n] {
			sum += v + vg.Length(i)*distance
		}
		span := vg.Length(g.n-1) * distance
		return min(max(sum/vg.Length(g.n), low+span), high)
	}
	for i := range falling {
		g := group{i, 1}
		for len(groups) > 0 {
			last := groups[len(groups)-1]
			if top(last)-vg.Length(last.n)*distance >= top(g) {
				break
			}
			g = group{last.first, last.n + g.n}
			groups = groups[:len(groups)-1]
		}
		groups = append(groups, g)
	}
	for _, g := range groups {
		for i := range g.n {
			at[g.first+i] = top(g) - vg.Length(i)*distance
		}
	}
	return at
}
