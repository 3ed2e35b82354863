package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/model/evaluate"
)

// evaluateFile runs the command on a file and returns its report.
func evaluateFile(t *testing.T, args ...string) map[string]systemReport {
	t.Helper()
	var out, errs bytes.Buffer
	args = append([]string{"evaluate", "-o", "json"}, args...)
	if code := run(t.Context(), args, streams{strings.NewReader(""), &out, &errs}); code != exitDone {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	var r evaluationReport
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	by := map[string]systemReport{}
	for _, s := range r.Systems {
		by[s.Name] = s
		t.Logf("%-14s all %+v new %+v revisits %+v", s.Name, s.All, s.New, s.Revisit)
	}
	return by
}

// dataFile names a file of the folder that STREAMREC_DATA names.
func dataFile(t *testing.T, name string) string {
	t.Helper()
	folder := os.Getenv("STREAMREC_DATA")
	if folder == "" {
		t.Skip("STREAMREC_DATA names no folder with event files")
	}
	return filepath.Join(folder, name)
}

// TestEvaluateREES46 replays a month of an electronics shop. The parameters were tuned on the first half, the second is
// reported.
func TestEvaluateREES46(t *testing.T) {
	by := evaluateFile(t, "--file", dataFile(t, "rees46-2021-01.csv.gz"))
	ours, vstan := by["streamrec"], by["VSTAN"]
	if ours.All.Predictions != 20052 || ours.Unseen != 3368 || ours.Short > 0 {
		t.Errorf("%d predictions, %d of unseen items, %d short lists: the protocol differs from the published figures",
			ours.All.Predictions, ours.Unseen, ours.Short)
	}
	atLeast(t, "HR@20", ours.All.HR20, .530)
	atLeast(t, "MRR@20", ours.All.MRR20, .238)
	atLeast(t, "HR@20 of new items", ours.New.HR20, .420)
	near(t, "HR@20 of VSTAN", vstan.All.HR20, .4695, .003)
	near(t, "MRR@20 of VSTAN", vstan.All.MRR20, .2204, .003)
	for name, least := range map[string]float64{"VMIS-kNN long": .45, "co-visitation": .46, "popularity": .14} {
		atLeast(t, "HR@20 of "+name, by[name].All.HR20, least)
	}
}

// TestEvaluateSerenade repeats the published figures of VMIS-kNN on Serenade's sample.
func TestEvaluateSerenade(t *testing.T) {
	by := evaluateFile(t, "--file", dataFile(t, "serenade-toy.csv.gz"), "--protocol", "offline")
	vmis, ours := by["VMIS-kNN"], by["streamrec"]
	if vmis.All.Predictions != 931 {
		t.Errorf("%d predictions, want 931", vmis.All.Predictions)
	}
	near(t, "HR@20 of VMIS-kNN", vmis.All.HR20, .6402, .003)
	near(t, "MRR@20 of VMIS-kNN", vmis.All.MRR20, .3277, .003)
	atLeast(t, "HR@20", ours.All.HR20, .69)
	atLeast(t, "MRR@20", ours.All.MRR20, .376)
}

func atLeast(t *testing.T, what string, got, want float64) {
	t.Helper()
	if got < want {
		t.Errorf("%s is %.4f, want at least %.4f", what, got, want)
	}
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if math.Abs(got-want) > within {
		t.Errorf("%s is %.4f, want %.4f within %.3f", what, got, want, within)
	}
}

// follows writes a file in which b follows a, in every session, and gives its name.
func follows(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("ts_ms,session,event,item,part\n")
	for i := range 200 {
		part := []string{"train", "test"}[i/150]
		fmt.Fprintf(&b, "%d,s%d,view,a,%s\n%d,s%d,cart,b,%s\n", i*3_600_000, i, part, i*3_600_000+1000, i, part)
	}
	return writeFile(t, "follows.csv", b.String())
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEvaluateWritesATableAndAPicture(t *testing.T) {
	picture := filepath.Join(t.TempDir(), "hits.png")
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"evaluate", "--file", follows(t), "--plot", picture}, streams{strings.NewReader(""), &out, &errs})
	if code != exitDone || errs.Len() > 0 {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	for _, want := range []string{
		"400 events of 200 sessions with 2 items", "100 predictions after the first 200 events", "cart (100) HR@20", "VSTAN", "update p50",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table does not tell %q:\n%s", want, out.String())
		}
	}
	f, err := os.Open(picture)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	if c, err := png.DecodeConfig(f); err != nil || c.Width < 600 {
		t.Errorf("the picture is %+v, %v", c, err)
	}
}

func TestEvaluateProtocols(t *testing.T) {
	file := follows(t)
	for _, c := range []struct {
		args        []string
		predictions int
	}{
		{nil, 100},
		{[]string{"--warmup", "0"}, 200},
		{[]string{"--warmup", "0.25", "--until", "0.5"}, 50},
		{[]string{"--protocol", "offline"}, 50},
		{[]string{"--protocol", "offline", "--test-days", "1"}, 24},
	} {
		for name, s := range evaluateFile(t, append(c.args, "--file", file)...) {
			if s.All.Predictions != c.predictions || s.All.HR5 < .99 && c.args == nil || s.ByType["cart"].Predictions != c.predictions {
				t.Errorf("%v: %s has %+v, want %d predictions", c.args, name, s.All, c.predictions)
			}
			sum := 0
			for _, w := range s.OverTime {
				sum += w.Predictions
			}
			if sum != c.predictions {
				t.Errorf("%v: windows of %s have %d predictions", c.args, name, sum)
			}
		}
	}
}

func TestEvaluateShards(t *testing.T) {
	file := follows(t)
	by := evaluateFile(t, "--file", file, "--baselines=false", "--shards", "4")
	if s := by["4 shards"]; s.SameLists != 100 || s.All != by["streamrec"].All {
		t.Errorf("4 shards: %+v", s)
	}
	by = evaluateFile(t, "--file", file, "--baselines=false", "--shards", "64", "--staleness", "never")
	if s := by["64 shards"]; s.SameLists == 100 || s.All.HR20 >= by["streamrec"].All.HR20 {
		t.Errorf("64 shards that learn nothing from each other: %+v", s)
	}
}

func TestEvaluateWithACatalogue(t *testing.T) {
	file := follows(t)
	for text, want := range map[string]float64{"item,in_stock\na,1\nb,1\n": 1, "item,in_stock\na,1\nb,0\n": 0, "item\na\n": 0} {
		by := evaluateFile(t, "--file", file, "--baselines=false", "--catalogue", writeFile(t, "c.csv", text), "--shards", "2", "--params", "HidePurchased=true")
		for name, s := range by {
			if s.All.HR20 != want {
				t.Errorf("%s with %q: %+v, want %v", name, text, s.All, want)
			}
		}
	}
}

func TestEvaluateParams(t *testing.T) {
	by := evaluateFile(t, "--file", follows(t), "--baselines=false", "--params", "reminder=0,TypeWeight=1/2/3", "--params", "SessionTTL=1h")
	if s := by["streamrec"]; len(by) != 1 || s.Parameters != "reminder=0, TypeWeight=1/2/3, SessionTTL=1h" {
		t.Errorf("systems are %+v", by)
	}
	p, err := modelParams([]string{"reminder=7", "typeweight=1/2/3", "sessionttl=1h"})
	if want := [3]model.Permille{1, 2, 3}; err != nil || p.Reminder != 7 || p.TypeWeight != want || p.SessionTTL != time.Hour {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestEvaluateSkipsMalformedLines(t *testing.T) {
	text := "ts_ms,session,event,item\n1,s,view,a\nx,s,view,a\n2,s,view,b\n3,s,look,c\n"
	var out, errs bytes.Buffer
	args := []string{"evaluate", "--file", "-", "--malformed", "skip", "--warmup", "0"}
	if code := run(t.Context(), args, streams{strings.NewReader(text), &out, &errs}); code != exitDone {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	if !strings.Contains(errs.String(), "2 malformed lines") || !strings.Contains(out.String(), "2 events of 1 sessions") {
		t.Errorf("%s\n%s", errs.String(), out.String())
	}
}

func TestOverTime(t *testing.T) {
	var outcomes []evaluate.Outcome
	for i := range int64(600) {
		outcomes = append(outcomes, evaluate.Outcome{Ms: i * 1000, Place: int(i%2) - 1})
	}
	all := overTime(outcomes)
	if len(all) != windows {
		t.Fatalf("%d windows", len(all))
	}
	for _, w := range all {
		if w.Predictions != 20 || w.HR20 != .5 {
			t.Errorf("%+v", w)
		}
	}
	if got := overTime(append(outcomes[:1:1], outcomes[500:]...)); got[0].Predictions < 2 {
		t.Errorf("a window has %d predictions", got[0].Predictions)
	}
}
