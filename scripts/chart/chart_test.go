package chart

import (
	"encoding/xml"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

func TestSave(t *testing.T) {
	upper, lower := New("upper"), New("")
	line, err := Line(plotter.XYs{{X: 0, Y: 1}, {X: 1, Y: 1e6}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	upper.Add(line)
	path := filepath.Join(t.TempDir(), "two.png")
	if err := Save(path, 4*vg.Inch, 3*vg.Inch, []float64{2, 1}, upper, lower); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	picture, err := png.Decode(f)
	if err != nil || picture.Bounds().Dx() != 4*96 || picture.Bounds().Dy() != 3*96 {
		t.Errorf("the picture is %v, %v", picture.Bounds(), err)
	}
	path = filepath.Join(t.TempDir(), "two.svg")
	if err := Save(path, 4*vg.Inch, 3*vg.Inch, []float64{2, 1}, upper, lower); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var drawn struct {
		XMLName xml.Name   `xml:"svg"`
		Paths   []struct{} `xml:"g>path"`
	}
	if err := xml.Unmarshal(text, &drawn); err != nil || len(drawn.Paths) < 4 {
		t.Errorf("the drawing has %d paths, %v", len(drawn.Paths), err)
	}
	if err := Save(filepath.Join(t.TempDir(), "two.gif"), 1, 1, []float64{1}, upper); err == nil {
		t.Error("a picture of a kind that nobody draws was saved")
	}
}

func TestSlim(t *testing.T) {
	const (
		red  = `" style="stroke:#FF0000" />` + "\n"
		blue = `" style="stroke:#0000FF" />` + "\n"
	)
	in := `<path d="M1.26,2.04L3,4` + red + `<path d="M5.96,-0.51` + red + `<path d="M1,1` + blue + "<g>\n" + `<path d="M2,2` + blue + "</g>\n"
	want := `<path d="M1.3,2L3,4M6,-0.5` + red + `<path d="M1,1` + blue + "<g>\n" + `<path d="M2,2` + blue + "</g>\n"
	if got := string(slim([]byte(in))); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
