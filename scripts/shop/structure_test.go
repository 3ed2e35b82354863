package shop

import (
	"cmp"
	"slices"
	"testing"
)

// counter counts items.
type counter map[string]int

// top is the n items counted most often, without those of skip. Ties break by name.
func (c counter) top(n int, skip map[string]bool) []string {
	best := make([]string, 0, n+1)
	for i := range c {
		if skip[i] {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, i, func(a, b string) int {
			return cmp.Or(cmp.Compare(c[b], c[a]), cmp.Compare(a, b))
		})
		if at < n {
			best = slices.Insert(best, at, i)
			best = best[:min(n, len(best))]
		}
	}
	return best
}

// prequential goes through a stream and, before learning each event, lets two dumb models guess the next new item of the
// session: what followed the last item in other sessions, and what is popular. It returns their hit rates at 10 over the
// second half.
func prequential(events []Event) (coVisit, popular float64) {
	follows, popularity := map[string]counter{}, counter{}
	last, seen := map[string]string{}, map[string]map[string]bool{}
	hits, hitsPopular, n := 0, 0, 0
	for i, e := range events {
		of := seen[e.Session]
		if of == nil {
			of = map[string]bool{}
			seen[e.Session] = of
		}
		if before, ok := last[e.Session]; ok && !of[e.Item] {
			if i > len(events)/2 {
				n++
				if slices.Contains(follows[before].top(10, of), e.Item) {
					hits++
				}
				if slices.Contains(popularity.top(10, of), e.Item) {
					hitsPopular++
				}
			}
			if follows[before] == nil {
				follows[before] = counter{}
			}
			follows[before][e.Item]++
		}
		popularity[e.Item]++
		of[e.Item], last[e.Session] = true, e.Item
	}
	return float64(hits) / float64(n), float64(hitsPopular) / float64(n)
}

func TestShoppersCanBeLearned(t *testing.T) {
	for seed := range uint64(3) {
		coVisit, popular := prequential(watch(t, seed, 500, 20_000, DefaultHabits()))
		t.Logf("seed %d: hit rate at 10: co-visitation %.3f, popularity %.3f", seed, coVisit, popular)
		if coVisit < 0.4 || coVisit < 3*popular {
			t.Errorf("seed %d: co-visitation hits %.3f, popularity %.3f; want at least 0.4 and three times as often", seed, coVisit, popular)
		}
	}
}

// TestStructureComesFromTheOrderOfEvents is the control of the test above: with items dealt to sessions at random, with
// the same popularity, co-visitation has nothing to learn.
func TestStructureComesFromTheOrderOfEvents(t *testing.T) {
	events := watch(t, 1, 500, 20_000, DefaultHabits())
	rnd := New(99).random(0)
	rnd.Shuffle(len(events), func(i, j int) { events[i].Item, events[j].Item = events[j].Item, events[i].Item })
	coVisit, popular := prequential(events)
	if coVisit > 1.2*popular {
		t.Errorf("shuffled: co-visitation hits %.3f, popularity %.3f; want no gain", coVisit, popular)
	}
}

func TestPopularityIsSkewed(t *testing.T) {
	count := counter{}
	events := watch(t, 2, 500, 50_000, Habits{})
	for _, e := range events {
		count[e.Item]++
	}
	top, total := 0, 0
	for _, item := range count.top(len(Catalogue())/10, nil) {
		top += count[item]
	}
	for _, n := range count {
		total += n
	}
	if share := float64(top) / float64(total); share < 0.3 || share > 0.6 {
		t.Errorf("a tenth of the products has %.2f of the events, want 0.3 to 0.6", share)
	}
	if len(count) < len(Catalogue())*8/10 {
		t.Errorf("only %d products are ever seen", len(count))
	}
}

func TestShoppersKeepTheirInterests(t *testing.T) {
	s := New(3)
	category := func(e Event) string { p, _ := s.Product(e.Item); return p.Category }
	first := map[string]string{} // category that a customer's first session began with
	session := map[string]bool{}
	same, n, categories := 0, 0, counter{}
	for _, e := range watch(t, 3, 300, 40_000, DefaultHabits()) {
		if session[e.Session] {
			continue
		}
		session[e.Session] = true
		c := category(e)
		categories[c]++
		customer := decode(t, e).CustomerID.Value
		if before, ok := first[customer]; ok {
			n++
			if before == c {
				same++
			}
		} else {
			first[customer] = c
		}
	}
	chance := 0.0 // that two sessions of anybody begin in the same category
	for _, k := range categories {
		share := float64(k) / float64(len(session))
		chance += share * share
	}
	if got := float64(same) / float64(n); got < 2*chance {
		t.Errorf("%.2f of a customer's sessions begin in the category of the first, by chance %.2f", got, chance)
	}
}

func TestShoppersComeBackToProducts(t *testing.T) {
	seen, earlier := map[string]map[string]bool{}, map[string]map[string]bool{} // items by session, by customer
	within, across, sessions := 0, 0, 0
	events := watch(t, 4, 300, 40_000, DefaultHabits())
	for _, e := range events {
		customer := decode(t, e).CustomerID.Value
		if seen[e.Session] == nil {
			seen[e.Session] = map[string]bool{}
			sessions++
			if earlier[customer][e.Item] {
				across++
			}
		} else if seen[e.Session][e.Item] {
			within++
		}
		seen[e.Session][e.Item] = true
		if earlier[customer] == nil {
			earlier[customer] = map[string]bool{}
		}
		earlier[customer][e.Item] = true
	}
	if within < len(events)/10 {
		t.Errorf("%d of %d events go back within the session, want a tenth", within, len(events))
	}
	if across < sessions/10 {
		t.Errorf("%d of %d sessions begin with a product of an earlier one, want a tenth", across, sessions)
	}
}

func TestDemandDrifts(t *testing.T) {
	const n = 60_000
	drifting, still := watch(t, 5, 400, n, Habits{DriftEvery: 500}), watch(t, 5, 400, n, Habits{})
	if d, s := change(drifting), change(still); d < 1.5*s {
		t.Errorf("popularity changes by %.2f with drift and by %.2f, as sampling does, without; want half as much again", d, s)
	}
	appeared := func(events []Event) int { // products of the last quarter that nobody saw in the first tenth
		first := count(events[:n/10])
		new := 0
		for item := range count(events[n*3/4:]) {
			if first[item] == 0 {
				new++
			}
		}
		return new
	}
	if d, s := appeared(drifting), appeared(still); d < 20 || d < 3*s {
		t.Errorf("%d products appear with drift and %d without, want at least 20 and three times as many", d, s)
	}
}

func count(events []Event) counter {
	c := counter{}
	for _, e := range events {
		c[e.Item]++
	}
	return c
}

// change is how much of the events moves from one product to another between the first and the last quarter, 0 to 1.
func change(events []Event) float64 {
	q := len(events) / 4
	first, last := count(events[:q]), count(events[len(events)-q:])
	moved := 0
	for _, p := range Catalogue() {
		moved += max(first[p.Code]-last[p.Code], 0)
	}
	return float64(moved) / float64(q)
}

func TestDriftBringsEveryProductOnSale(t *testing.T) {
	s := New(6)
	d := newDemand(s.random(streamDemand), len(s.products))
	rnd := s.random(streamEvents)
	original := make([]float64, len(d.weights))
	for i, w := range d.weights {
		original[i] = max(w, -w)
	}
	hidden := len(d.later)
	for n := range 5 * len(d.weights) {
		for _, i := range d.later {
			if d.onSale(i) {
				t.Fatalf("product %d is on sale before its time", i)
			}
		}
		d.drift(rnd)
		if want := max(0, hidden-n-1); len(d.later) != want {
			t.Fatalf("%d products wait after %d changes, want %d", len(d.later), n+1, want)
		}
		if len(d.trending) > trends {
			t.Fatalf("%d products trend", len(d.trending))
		}
	}
	for i, w := range d.weights {
		if ratio := w / original[i]; !slices.Contains(d.trending, item(i)) && (ratio < 0.999 || ratio > 1.001) {
			t.Errorf("product %d ended with %.3f of its weight", i, ratio)
		}
	}
}
