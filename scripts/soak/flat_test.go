package main

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// life is an hour of samples, one every five seconds, with noise and some outliers. Visits come and go as shards do, and become more.
func life(value func(hours, visits float64) float64) (samples []sample) {
	random := rand.New(rand.NewPCG(1, 1))
	for n := range 720 {
		at := time.Duration(n) * 5 * time.Second
		visits := at.Hours() * 300_000 * float64(random.IntN(4)) / 4
		v := value(at.Hours(), visits) * (0.95 + 0.1*random.Float64())
		if random.IntN(20) == 0 {
			v *= 3
		}
		samples = append(samples, sample{At: at, Visits: visits, Goroutines: v})
	}
	return samples
}

func TestTrends(t *testing.T) {
	for _, c := range []struct {
		name     string
		value    func(hours, visits float64) float64
		perVisit bool
		flat     bool
	}{
		{"level", func(float64, float64) float64 { return 100 }, false, true},
		{"grows by a third in half an hour", func(h, _ float64) float64 { return 75 + 75*h }, false, false},
		{"grew until it was full", func(h, _ float64) float64 { return 100 * min(1, 2*h) }, false, true},
		{"shrinks", func(h, _ float64) float64 { return 200 - 100*h }, false, true},
		{"grows with visits, of which nobody knows", func(_, v float64) float64 { return 20 + v/1000 }, false, false},
		{"grows with visits", func(_, v float64) float64 { return 20 + v/1000 }, true, true},
		{"grows with visits, and leaks", func(h, v float64) float64 { return 20 + v/1000 + 80*h }, true, false},
	} {
		j, ok := judge(c.name, "", life(c.value), goroutines, 1, c.perVisit)
		if !ok || j.Flat != c.flat {
			t.Errorf("%s: judged %t, %+v, want flat: %t", c.name, ok, j, c.flat)
		}
		if c.perVisit && math.Abs(j.PerVisit*1000-1) > 0.15 {
			t.Errorf("%s: %.5f per visit, want 0.001", c.name, j.PerVisit)
		}
	}
	if _, ok := judge("short", "", life(func(float64, float64) float64 { return 1 })[:100], goroutines, 1, false); ok {
		t.Error("eight minutes say nothing about trends")
	}
}
