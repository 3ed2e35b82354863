package chart

import (
	"bytes"
	"image/color"
	"io"
	"os"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Colours are told apart by people who do not tell red from green (Okabe and Ito).
var Colours = []color.RGBA{
	{0, 114, 178, 255},
	{120, 120, 120, 255},
	{230, 159, 0, 255},
	{86, 180, 233, 255},
	{0, 158, 115, 255},
	{204, 121, 167, 255},
	{213, 94, 0, 255},
	{0, 0, 0, 255},
}

// New returns an empty picture with a grid, and room for a legend at the top.
func New(title string) *plot.Plot {
	p := plot.New()
	for _, style := range []*text.Style{&p.Title.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label, &p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.Legend.TextStyle} {
		style.Font.Variant = "Sans"
	}
	p.Title.Text = title
	p.Title.TextStyle.Font.Size = vg.Points(13)
	p.Title.Padding = vg.Points(8)
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Gray{225}, color.Gray{225}
	p.Add(grid)
	p.Legend.Top = true
	p.Legend.XOffs, p.Legend.Padding = -vg.Points(12), vg.Points(2)
	p.Legend.ThumbnailWidth = vg.Points(24)
	return p
}

// Line returns a line in the n-th colour.
func Line(xy plotter.XYs, n int) (*plotter.Line, error) {
	line, err := plotter.NewLine(xy)
	if err != nil {
		return nil, err
	}
	line.Color = Colours[n%len(Colours)]
	line.Width = vg.Points(1.2)
	return line, nil
}

// Save draws pictures below each other, with their axes in line, into a file whose name ends in .png or .svg. Each is as high as its share says.
func Save(path string, width, height vg.Length, shares []float64, plots ...*plot.Plot) error {
	var canvas interface {
		vg.CanvasSizer
		io.WriterTo
	}
	finish := func(picture []byte) []byte { return picture }
	kind, err := extension(path)
	switch {
	case err != nil:
		return err
	case kind == ".svg":
		canvas, finish = vgsvg.New(width, height), slim
	default:
		canvas = vgimg.PngCanvas{Canvas: vgimg.New(width, height)}
	}
	whole := draw.New(canvas)
	whole.SetColor(color.White) // on dark pages, too
	whole.Fill(whole.Rectangle.Path())
	stack(draw.Crop(whole, vg.Points(6), -vg.Points(10), vg.Points(6), -vg.Points(4)), shares, plots)
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return err
	}
	return os.WriteFile(path, finish(b.Bytes()), 0o644)
}

// stack draws pictures below each other.
func stack(c draw.Canvas, shares []float64, plots []*plot.Plot) {
	left, all := vg.Length(0), 0.0
	for i, p := range plots {
		all += shares[i]
		left = max(left, p.DataCanvas(c).Min.X-c.Min.X)
	}
	top := c.Max.Y
	for i, p := range plots {
		part := c
		part.Max.Y = top
		top -= (c.Max.Y - c.Min.Y) * vg.Length(shares[i]/all)
		part.Min.Y = top
		part.Min.X += left - (p.DataCanvas(part).Min.X - part.Min.X)
		p.Draw(part)
	}
}
