package worker

import (
	"math"
	"testing"
	"time"
)

// TestMeanAfterAResume drains what has piled up in the first second, and then reads 106 records a second.
func TestMeanAfterAResume(t *testing.T) {
	var r rate
	at := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	r.begin(at)
	for tick := range 5 * 600 {
		n := 10.6
		if tick < 10 {
			n = 480
		}
		at = at.Add(100 * time.Millisecond)
		r.add(at, int(math.Round(n)))
		if shown := r.perSecond(at); shown > 600 {
			t.Fatalf("%.0f records/s are shown after %s", shown, at.Sub(r.since))
		}
	}
	if shown := r.perSecond(at); math.Abs(shown-110) > 3 {
		t.Errorf("%.1f records/s are shown of a steady 110", shown)
	}
}

func TestSteadyMean(t *testing.T) {
	var r rate
	at := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	r.begin(at)
	for range 20 {
		at = at.Add(time.Second)
		r.add(at, 106)
	}
	if shown := r.perSecond(at); math.Abs(shown-106) > 0.1 {
		t.Errorf("%.1f records/s after twenty seconds of 106", shown)
	}
	if shown := r.perSecond(at.Add(5 * time.Minute)); shown > 1 {
		t.Errorf("%.1f records/s five minutes after the last one", shown)
	}
}
