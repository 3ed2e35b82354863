package main

import (
	"image/color"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/plot/plotter"

	"github.com/streamrec/streamrec/scripts/chart"
)

// plotted is a report of all systems with these hit rates over time, one window in an hour.
func plotted(shards bool, predictions int, rates ...float64) *evaluationReport {
	from := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	r := &evaluationReport{File: "some/folder/clicks.csv", Protocol: prequential, From: from, To: from.Add(time.Duration(len(rates)) * time.Hour)}
	names := []string{"streamrec"}
	if shards {
		names = append(names, "16"+shardsSuffix)
	}
	for _, b := range baselines() {
		names = append(names, b.name)
	}
	for _, name := range names {
		s := systemReport{Name: name}
		for i, rate := range rates {
			s.OverTime = append(s.OverTime, windowReport{from.Add(time.Duration(i) * time.Hour), predictions, rate})
		}
		r.Systems = append(r.Systems, s)
	}
	return r
}

// TestEverySystemHasItsColour wants seven of them, the same with and without shards, and the dashes of the shards on top of the model's broad line.
func TestEverySystemHasItsColour(t *testing.T) {
	colours := map[color.Color]string{}
	for _, shards := range []bool{true, false} {
		r := plotted(shards, 30, .5, .6)
		var lines []*plotter.Line
		for i, s := range r.Systems {
			line, err := systemLine(r, i)
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, line)
			if name, taken := colours[line.Color]; taken && name != s.Name {
				t.Errorf("%s has the colour of %s", s.Name, name)
			}
			colours[line.Color] = s.Name
		}
		if shards && !(layer(lines[1]) > layer(lines[0]) && layer(lines[0]) > layer(lines[2]) && len(lines[1].Dashes) > 0) {
			t.Error("the line of the shards is not dashed and on top")
		}
	}
	if len(colours) != 7 {
		t.Errorf("%d colours for 7 systems", len(colours))
	}
}

func TestPlotOfFewPredictions(t *testing.T) {
	r := plotted(false, 8, 1, 0, .5, .5, 1, 1, 1) // of 56 predictions in all
	xy := points(r.Systems[0].OverTime, float64(r.To.Unix()))
	if len(xy) != 3 || xy[0].Y != .5 || xy[2].Y != 1 || xy[0].X != float64(r.From.Add(90*time.Minute).Unix()) {
		t.Errorf("points are %v", xy)
	}
	for _, r := range []*evaluationReport{plotted(true, 8, 1), plotted(false, 30, 0), plotted(false, 1, .5, .5)} {
		p, err := drawPlot(r)
		if err != nil || p.Y.Min != 0 || p.Y.Max > 1 || !(p.X.Max > p.X.Min) || !strings.Contains(p.Title.Text, ": clicks.csv, prequential") {
			t.Errorf("%q from %v to %v, up to %v; %v", p.Title.Text, p.X.Min, p.X.Max, p.Y.Max, err)
		}
		if err := chart.Save(filepath.Join(t.TempDir(), "hits.svg"), 600, 300, []float64{1}, p); err != nil {
			t.Error(err)
		}
	}
}

func TestPlotTitle(t *testing.T) {
	for file, want := range map[string]string{
		"-": "20: standard input, prequential", "a/b.csv": "20: b.csv, prequential", strings.Repeat("x", 500): "20: …" + strings.Repeat("x", 48) + ", prequential",
	} {
		if got := plotTitle(&evaluationReport{File: file, Protocol: prequential}); !strings.HasSuffix(got, want) {
			t.Errorf("the title is %q, want …%q", got, want)
		}
	}
}
