package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
)

// TestDemoIsCleanOnFakeTime plays the whole demo, with the real KCL and the real SDK clients, on the clock of a bubble.
func TestDemoIsCleanOnFakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out, errs bytes.Buffer
		code := run(t.Context(), []string{"demo", "--duration", "40s", "--rate", "60", "--headless", "-o", "json"}, streams{strings.NewReader(""), &out, &errs})
		if code != exitDone {
			t.Fatalf("exit code %d\n%s\n%s", code, errs.String(), out.String())
		}
		var r demoReport
		if err := json.Unmarshal(out.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		if !r.Clean || r.Records < 2000 || r.Rows != r.Records || r.Shards < 7 || len(r.FailoverMs) == 0 {
			t.Fatalf("report %+v", r)
		}
		if r.Quality.HitRate < 1.5*r.Quality.Popularity {
			t.Errorf("hit rate %.3f, most popular products %.3f: nothing was learned", r.Quality.HitRate, r.Quality.Popularity)
		}
		for _, want := range []string{"crashes", "deployed anew", "is split", "are merged"} {
			if !strings.Contains(errs.String(), want) {
				t.Errorf("the story does not tell that something %s:\n%s", want, errs.String())
			}
		}
	})
}

// TestDemoIsInterruptedOnce, whatever ends with it.
func TestDemoIsInterruptedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		code, out, errs := interrupted(t, "crashes", "demo", "--duration", "40s", "--rate", "60", "--headless")
		if code != exitFailed || out != "" || strings.Count(errs, "interrupt signal received") != 1 {
			t.Errorf("exit code %d\n%s%s", code, out, errs)
		}
	})
}
