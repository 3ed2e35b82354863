package lease_test

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// figures collects a quantity over seeds.
type figures []int

func (f figures) String() string {
	s := slices.Sorted(slices.Values(f))
	return fmt.Sprintf("p50 %d max %d", s[len(s)/2], s[len(s)-1])
}

var histories = flag.Uint64("histories", 0, "how many histories each scenario of the planner has")

// seeds is how many histories a scenario has; large fleets have fewer.
func seeds(leases int) uint64 {
	switch {
	case *histories > 0:
		return *histories
	case leases > 100 || testing.Short():
		return 1
	}
	return 5
}

// long skips a test that has no goroutines, and so nothing for the race detector, but many rounds.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("long, and without goroutines")
	}
}

// TestScenarios brings fleets out of balance in the ways that happen, and prints what it takes to get back.
func TestScenarios(t *testing.T) {
	long(t)
	fleet := func(shards []float64, workers int) func(w *rounds) {
		return func(w *rounds) {
			w.shards(shards...)
			ids := names("w", workers)
			w.join(ids...)
			w.seat(func(i int) string { return ids[i%workers] })
			w.settle(4000)
		}
	}
	alone := func(shards []float64) func(w *rounds) { return fleet(shards, 1) }
	join := func(n int) func(w *rounds) { return func(w *rounds) { w.join(names("new", n)...) } }
	kill := func(n int) func(w *rounds) {
		return func(w *rounds) {
			for _, id := range names("w", n) {
				w.kill(id)
			}
		}
	}
	for _, c := range []struct {
		name   string
		before func(w *rounds)
		change func(w *rounds)
		even   bool // numbers have to be within one
		moves  int  // that nobody may exceed
		limit  int  // rounds
	}{
		{"cold start, 64 shards on 4", func(w *rounds) { w.shards(same(64, 0)...); w.join(names("w", 4)...) }, nil, true, 0, 3},
		{"cold start, 1000 shards on 20", func(w *rounds) { w.shards(same(1000, 0)...); w.join(names("w", 20)...) }, nil, true, 0, 3},
		{"idle, 64 shards on 1, 3 join", alone(same(64, 0)), join(3), true, 48, 200},
		{"busy, 64 shards on 1, 3 join", alone(same(64, 100)), join(3), true, 48, 200},
		{"64 shards on 4, 2 leave", fleet(same(64, 100), 4), func(w *rounds) { w.leave("w000"); w.leave("w001") }, true, 32, 10},
		{"64 shards on 4, 1 dies", fleet(same(64, 100), 4), kill(1), true, 16, 400},
		{"1000 shards on 20, 1 dies", fleet(same(1000, 100), 20), kill(1), true, 50, 400},
		{"1000 shards on 20, 5 die", fleet(same(1000, 100), 20), kill(5), true, 150, 400},
		{"1000 shards on 20, 1 joins", fleet(same(1000, 100), 20), join(1), true, 55, 200},
		{"1000 shards on 10, 10 join", fleet(same(1000, 100), 10), join(10), true, 550, 400},
		{"1000 skewed shards on 20, 1 dies", func(w *rounds) { fleet(skewed(w.r, 1000), 20)(w) }, kill(1), false, 50, 600},
		{"1000 skewed shards on 20, 1 joins", func(w *rounds) { fleet(skewed(w.r, 1000), 20)(w) }, join(1), false, 60, 600},
		{"a hot shard of half the load", func(w *rounds) { fleet(append(same(199, 100), 20000), 10)(w) }, nil, false, 25, 400},
		{"5 shards on 1, 9 join", alone(same(5, 100)), join(9), true, 4, 50},
	} {
		t.Run(c.name, func(t *testing.T) {
			var took, moves, conflicts, taken figures
			runs := uint64(1)
			for seed := uint64(0); seed < runs; seed++ {
				w := newRounds(t, seed)
				c.before(w)
				runs = seeds(len(w.rows))
				if c.change != nil {
					w.moves, w.takes, w.conflicts = 0, 0, 0
					c.change(w)
				}
				n := w.settle(4000)
				took, moves, conflicts, taken = append(took, n), append(moves, w.moves), append(conflicts, w.conflicts), append(taken, w.takes)
				w.checkOwned()
				if least, most := spans(w.counts()); c.even && most-least > 1 {
					t.Errorf("seed %d: numbers of leases are uneven: %v", seed, w.counts())
				}
				w.checkShares(1)
				if n > c.limit || w.moves > c.moves {
					t.Errorf("seed %d: %d rounds, %d moves", seed, n, w.moves)
				}
			}
			t.Logf("rounds %v, moves %v, takes %v, conflicts %v", took, moves, taken, conflicts)
		})
	}
}

// checkOwned requires that every lease has an owner that works.
func (w *rounds) checkOwned() {
	w.t.Helper()
	alive := w.alive()
	for k, l := range w.rows {
		if !slices.Contains(alive, l.Owner) {
			w.t.Errorf("%s belongs to %q, who does not work", k, l.Owner)
		}
	}
}

// checkShares requires that nobody has more than another by more than a lease, unless measurements could not tell: that is by 100
// records/s, by a tenth, or by what 20 % of noise in every rate amounts to. What has been measured with noise needs some slack.
func (w *rounds) checkShares(slack float64) {
	w.t.Helper()
	s := w.sums()
	for a, x := range s {
		for b, y := range s {
			doubt := min(0.4*(x.rates+y.rates), 0.6*math.Sqrt(x.squares+y.squares))
			if d := x.load - y.load; x.lightest < d && d > slack*max(x.heaviest, 100, x.load/10, doubt) {
				w.t.Errorf("%s has %+v and %s has %+v; doubt %.0f", a, x, b, y, doubt)
			}
		}
	}
}

// TestNoiseMovesNothing lets every rate waver by 20 % for a quarter of an hour after the fleet has come to rest. Where leases are
// nearly alike it may settle a difference in numbers late.
func TestNoiseMovesNothing(t *testing.T) {
	long(t)
	for _, c := range []struct {
		name    string
		workers int
		rates   func(r *rand.Rand) []float64
		late    int
	}{
		{"equal", 4, func(*rand.Rand) []float64 { return same(64, 100) }, 0},
		{"idle but for noise", 4, func(*rand.Rand) []float64 { return same(30, 3) }, 0},
		{"within a quarter", 4, func(r *rand.Rand) []float64 { return uneven(r, 64, 25) }, 10},
		{"within a half", 4, func(r *rand.Rand) []float64 { return uneven(r, 64, 50) }, 10},
		{"skewed", 4, func(r *rand.Rand) []float64 { return skewed(r, 64) }, 0},
		{"few and skewed", 3, func(r *rand.Rand) []float64 { return skewed(r, 8) }, 0},
		{"a hot shard", 4, func(*rand.Rand) []float64 { return append(same(30, 100), 3000) }, 0},
		{"many", 12, func(r *rand.Rand) []float64 { return skewed(r, 200) }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var moves figures
			for seed := range seeds(c.workers * 10) {
				w := newRounds(t, seed)
				w.shards(c.rates(w.r)...)
				w.join(names("w", c.workers)...)
				w.settle(4000)
				w.noise = 0.2
				before := w.moves
				for range 1800 {
					w.step()
				}
				n := w.moves - before
				if moves = append(moves, n); n > c.late {
					t.Errorf("seed %d: %d leases moved for nothing", seed, n)
				}
			}
			t.Logf("moves in 15 minutes: %v", moves)
		})
	}
}

// TestChangingRates lets the load wander to other shards, so that the fleet has to follow, and counts the moves.
func TestChangingRates(t *testing.T) {
	long(t)
	var moves figures
	for seed := range seeds(64) {
		w := newRounds(t, seed)
		w.shards(same(64, 100)...)
		w.join(names("w", 4)...)
		w.settle(4000)
		w.noise = 0.2
		before := w.moves
		for range 8 { // a quarter of the shards become ten times as busy, for five minutes
			for _, k := range w.keys {
				w.truth[k] = 100
				if w.r.IntN(4) == 0 {
					w.truth[k] = 1000
				}
			}
			for range 600 {
				w.step()
			}
			w.checkShares(1.5)
		}
		moves = append(moves, w.moves-before)
		if w.moves-before > 8*24 {
			t.Errorf("seed %d: %d moves", seed, w.moves-before)
		}
	}
	t.Logf("moves for 8 changes: %v", moves)
}

// TestLateStarterDelaysNobody is a worker that starts after another's crash, before anybody can know of it: it holds the dead one for
// alive, so nobody may wait for it. All that the dead worker had is taken in the round in which its death is seen.
func TestLateStarterDelaysNobody(t *testing.T) {
	for _, after := range []int{0, 1, 2, 4, 6, 8} {
		for seed := range seeds(64) {
			w := newRounds(t, seed)
			w.shards(same(64, 100)...)
			w.join(names("w", 4)...)
			w.settle(4000)
			w.kill("w000")
			for range after {
				w.step()
			}
			w.join("late")
			first, last := 0, 0
			for w.takes = 0; last == 0; w.step() {
				orphans := w.counts()["w000"]
				if orphans < 16 && first == 0 {
					first = w.now
				}
				if orphans == 0 {
					last = w.now
				}
				if w.now > 4000 {
					t.Fatalf("start after %d rounds: %d leases are still the dead worker's", after, orphans)
				}
			}
			if last-first > 1 {
				t.Errorf("start after %d rounds, seed %d: the last lease was taken %d rounds after the first", after, seed, last-first)
			}
		}
	}
}

// uneven returns rates of 100 give or take so many per cent.
func uneven(r *rand.Rand, n int, percent float64) (rates []float64) {
	for range n {
		rates = append(rates, 100+percent*(2*r.Float64()-1))
	}
	return rates
}

func skewed(r *rand.Rand, n int) (rates []float64) {
	for range n {
		rates = append(rates, 100*r.ExpFloat64())
	}
	return rates
}
