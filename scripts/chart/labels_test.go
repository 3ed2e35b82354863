package chart

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

func TestApart(t *testing.T) {
	for _, c := range []struct{ falling, want []vg.Length }{
		{nil, nil},
		{[]vg.Length{90, 50}, []vg.Length{90, 50}},
		{[]vg.Length{51, 50, 49}, []vg.Length{60, 50, 40}},
		{[]vg.Length{99, 99, 98}, []vg.Length{95, 85, 75}},
		{[]vg.Length{3, 2}, []vg.Length{15, 5}},
		{[]vg.Length{60, 52, 52, 20}, []vg.Length{64.67, 54.67, 44.67, 20}},
	} {
		got := apart(c.falling, 10, 5, 95)
		if !slices.EqualFunc(got, c.want, func(a, b vg.Length) bool { return math.Abs(float64(a-b)) < .01 }) {
			t.Errorf("%v is apart as %v, want %v", c.falling, got, c.want)
		}
	}
}

// TestLabelsCoverNothing wants them right of the data, and within the picture.
func TestLabelsCoverNothing(t *testing.T) {
	p, l := New("hits"), &Labels{}
	for i, y := range []float64{.2, .5, .51} {
		line, err := Line(plotter.XYs{{X: 0, Y: .1}, {X: 1, Y: y}}, i)
		if err != nil {
			t.Fatal(err)
		}
		p.Add(line)
		l.Add("a system with a name", line)
	}
	p.Add(l)
	c := draw.New(vgimg.New(400, 300))
	data := p.DataCanvas(c)
	box := l.GlyphBoxes(p)[0]
	if free := c.Max.X - data.Max.X; free < box.Size().X-.01 || box.Size().X < 100 {
		t.Errorf("%v are free right of the data for labels of %v", free, box.Size().X)
	}
	if l.labels[0].at != .51 || l.labels[2].at != .2 {
		t.Errorf("labels are in the order %v", l.labels)
	}
}
