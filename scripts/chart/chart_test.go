package chart

import (
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
	defer f.Close()
	picture, err := png.Decode(f)
	if err != nil || picture.Bounds().Dx() != 4*96 || picture.Bounds().Dy() != 3*96 {
		t.Errorf("the picture is %v, %v", picture.Bounds(), err)
	}
	if err := Save(filepath.Join(t.TempDir(), "two.gif"), 1, 1, []float64{1}, upper); err == nil {
		t.Error("a picture of a kind that nobody draws was saved")
	}
}
