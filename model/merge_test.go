package model

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// made observes records and returns the model and the facts that it made, in order.
func made(p Params, records []Record) (*Model, []Fact) {
	m := New(p)
	var facts []Fact
	for _, r := range records {
		facts = m.Observe(facts, r)
	}
	return m, facts
}

// fill adds facts to a new model.
func fill(p Params, facts []Fact) *Model {
	m := New(p)
	for _, f := range facts {
		m.Add(f)
	}
	return m
}

// sameAs fails the test unless two models hold the same state and recommend the same.
func sameAs(t *testing.T, got, want *Model) {
	t.Helper()
	if g, w := state(got), state(want); g != w {
		t.Fatalf("state differs:\n got %.2000s\nwant %.2000s", g, w)
	}
	lists := views(got)
	for i, w := range views(want) {
		if lists[i] != w {
			t.Fatalf("list differs:\n got %s\nwant %s", lists[i], w)
		}
	}
}

// TestOrderDoesNotMatter adds the facts of a stream in other orders, twice, and merged from parts in random trees.
func TestOrderDoesNotMatter(t *testing.T) {
	eachBounds(t, func(t *testing.T, p Params) {
		for seed := range uint64(6) {
			_, facts := made(p, newScribe(seed).records(500))
			want := fill(p, facts)
			rng := rand.New(rand.NewPCG(seed, 1))
			for range 4 {
				shuffled := slices.Clone(facts)
				rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
				sameAs(t, fill(p, shuffled), want)
				sameAs(t, fill(p, append(shuffled, shuffled[:len(shuffled)/2]...)), want)
				sameAs(t, mergeTree(rng, p, shuffled), want)
			}
		}
	})
}

// mergeTree deals facts to models, some to several, and merges them pair by pair.
func mergeTree(rng *rand.Rand, p Params, facts []Fact) *Model {
	parts := make([]*Model, 1+rng.IntN(7))
	for i := range parts {
		parts[i] = New(p)
	}
	for _, f := range facts {
		parts[rng.IntN(len(parts))].Add(f)
		if rng.IntN(5) == 0 {
			parts[rng.IntN(len(parts))].Add(f)
		}
	}
	for len(parts) > 1 {
		rng.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		parts[0].Merge(parts[len(parts)-1])
		parts = parts[:len(parts)-1]
	}
	return parts[0]
}

// TestShardedEqualsUnsharded lets each of several models see the records of its own sessions only, and merges what
// they made, by way of the facts and by way of the models.
func TestShardedEqualsUnsharded(t *testing.T) {
	eachBounds(t, func(t *testing.T, p Params) {
		for seed := range uint64(6) {
			records := newScribe(seed).records(500)
			want, _ := made(p, records)
			shards := make([]*Model, 4)
			for i := range shards {
				shards[i] = New(p)
			}
			byFacts, byMerge := New(p), New(p)
			for _, r := range records {
				for _, f := range shards[shardOf(r.Session)].Observe(nil, r) {
					byFacts.Add(f)
				}
			}
			for _, s := range shards {
				byMerge.Merge(s)
			}
			for _, s := range shards {
				reopen(byFacts, s)
				reopen(byMerge, s)
			}
			sameAs(t, byFacts, want)
			sameAs(t, byMerge, want)
		}
	})
}

func shardOf(session string) int { return int(fingerprint(fnvBasis, session) % 4) }

func reopen(m, from *Model) {
	for v := range from.Visits() {
		m.Reopen(v)
	}
}

// TestExportRestores moves a model in the middle of a stream, by its exported values, and goes on with both.
func TestExportRestores(t *testing.T) {
	eachBounds(t, func(t *testing.T, p Params) {
		for seed := range uint64(6) {
			records := newScribe(seed).records(500)
			m, _ := made(p, records[:300])
			moved := New(p)
			moved.Merge(m)
			reopen(moved, m)
			sameAs(t, moved, m)
			if got, want := slices.Collect(moved.Visits()), slices.Collect(m.Visits()); !slices.EqualFunc(got, want, equalVisits) {
				t.Fatalf("visits differ:\n got %+v\nwant %+v", got, want)
			}
			for _, r := range records[300:] {
				if got, want := moved.Observe(nil, r), m.Observe(nil, r); !slices.Equal(got, want) {
					t.Fatalf("record %+v makes %+v, want %+v", r, got, want)
				}
			}
			sameAs(t, moved, m)
		}
	})
}

func equalVisits(a, b Visit) bool {
	same := slices.Equal(a.Items, b.Items)
	return same && a.Session == b.Session && a.Start == b.Start && a.LastMs == b.LastMs && a.SeenMs == b.SeenMs &&
		a.Touch == b.Touch && a.HashKey == b.HashKey
}

// TestRunsAreEqual repeats a stream: nothing may depend on the seed of the dictionaries.
func TestRunsAreEqual(t *testing.T) {
	records := newScribe(1).records(2000)
	first, facts := made(tight(), records)
	second, again := made(tight(), records)
	if !slices.Equal(facts, again) {
		t.Fatal("facts differ between two runs")
	}
	sameAs(t, second, first)
}

// TestObserveTwice observes a stream again, as a reader that restarts does: nothing new may come of it.
func TestObserveTwice(t *testing.T) {
	records := newScribe(3).records(800)
	m, _ := made(loose(), records)
	want := state(m)
	for _, r := range records {
		if facts := m.Observe(nil, r); len(facts) > 0 {
			t.Fatalf("record %+v makes %+v the second time", r, facts)
		}
	}
	if got := state(m); got != want {
		t.Fatalf("state changed:\n got %.2000s\nwant %.2000s", got, want)
	}
}

// TestBoundsAreHit makes sure that the bounds of the other tests are not idle: without any one of them, more is known.
func TestBoundsAreHit(t *testing.T) {
	_, facts := made(loose(), newScribe(1).records(500))
	free := DefaultParams()
	for _, c := range []struct {
		name   string
		bounds Params
		lift   func(*Params)
	}{
		{"PerItem", tight(), func(p *Params) { p.PerItem = free.PerItem }},
		{"Horizon", tight(), func(p *Params) { p.Horizon = 0 }},
		{"ShelfItems", tight(), func(p *Params) { p.ShelfItems = free.ShelfItems }},
		{"MaxShelves", tight(), func(p *Params) { p.MaxShelves = free.MaxShelves }},
		{"MaxItems", fewItems(), func(p *Params) { p.MaxItems = free.MaxItems }},
		{"MaxFacts", fewFacts(), func(p *Params) { p.MaxFacts = free.MaxFacts }},
		{"PerItem with few items", fewItems(), func(p *Params) { p.PerItem = free.PerItem }},
		{"PerItem with few facts", fewFacts(), func(p *Params) { p.PerItem = free.PerItem }},
	} {
		t.Run(c.name, func(t *testing.T) {
			lifted := c.bounds
			c.lift(&lifted)
			if state(fill(c.bounds, facts)) == state(fill(lifted, facts)) {
				t.Errorf("%s forgets nothing", c.name)
			}
		})
	}
}
