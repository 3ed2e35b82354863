package model

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// footprint counts what a model holds on to, in entries and pages.
func footprint(m *Model) map[string]int {
	x := m.index
	return map[string]int{
		"facts": x.facts, "items": x.items.len(), "sessions": x.sessions.len(), "open": m.visits.count,
		"text chunks": chunksInUse(&x.items.texts) + chunksInUse(&x.sessions.texts), "shelves": len(x.shelves.categories),
		"pages": len(x.items.postings.pages) + len(x.sessions.records.pages) + len(m.visits.blocks.pages),
	}
}

func chunksInUse(a *arena) int {
	n := 0
	for _, c := range a.chunks {
		if c != nil {
			n++
		}
	}
	return n
}

// hostile are producers that make up what they like.
var hostile = map[string]func(rng *rand.Rand, step int) Record{
	"new items": func(_ *rand.Rand, step int) Record {
		return Record{Session: fmt.Sprint(step / 5), Items: act(fmt.Sprint("invented ", step))}
	},
	"new sessions": func(rng *rand.Rand, step int) Record {
		return Record{Session: fmt.Sprint("invented ", step), Items: act(fmt.Sprint(rng.IntN(50)))}
	},
	"a robot": func(_ *rand.Rand, step int) Record {
		return Record{Session: "robot", Items: act(fmt.Sprint(step))}
	},
	"long histories": func(_ *rand.Rand, step int) Record {
		r := Record{Session: fmt.Sprint(step / 3)}
		for i := range 400 {
			r.Items = append(r.Items, act(fmt.Sprint(step*100+i))...)
		}
		return r
	},
	"new categories": func(rng *rand.Rand, step int) Record {
		return Record{Session: fmt.Sprint(step / 4), Items: []Interaction{{Item: fmt.Sprint(rng.IntN(300)), Category: fmt.Sprint(step), Brand: fmt.Sprint(step)}}}
	},
	"long ids": func(rng *rand.Rand, step int) Record {
		return Record{Session: strings.Repeat("s", rng.IntN(5000)) + fmt.Sprint(step), Items: act(strings.Repeat("i", rng.IntN(200)) + fmt.Sprint(step))}
	},
}

// TestHostileProducersAreBounded feeds each twice as long as it takes to fill the bounds: what is held must not go on
// growing, and stays within what the parameters say.
func TestHostileProducersAreBounded(t *testing.T) {
	p := DefaultParams()
	p.PerItem, p.Scan, p.HopScan, p.MaxItems, p.MaxFacts, p.MaxOpen, p.ShelfItems, p.MaxShelves = 20, 20, 20, 500, 2000, 100, 16, 40
	for name, next := range hostile {
		t.Run(name, func(t *testing.T) {
			m := New(p)
			rng := rand.New(rand.NewPCG(1, 1))
			const steps = 6_000
			var half map[string]int
			for step := range steps {
				r := next(rng, step)
				r.ArrivalMs = noon + int64(step)
				m.Observe(nil, r)
				m.Recommend(nil, r.Session, 20)
				if step == steps/2 {
					half = footprint(m)
				}
			}
			end := footprint(m)
			for what, n := range end {
				if n > half[what]+half[what]/4+2 {
					t.Errorf("%s grew from %d to %d in the second half", what, half[what], n)
				}
			}
			remembered := p.MaxOpen * (SessionFacts + followed)
			if end["facts"] > p.MaxFacts || end["items"] > p.MaxItems+remembered+p.MaxShelves*p.ShelfItems || end["open"] > p.MaxOpen ||
				end["shelves"] > p.MaxShelves || end["sessions"] > p.MaxFacts+p.MaxOpen {
				t.Errorf("holds %v, more than the parameters allow", end)
			}
			checkInvariants(t, m)
		})
	}
}

// TestOneRecordEqualsItsSteps: a history in one record makes the facts and the lists of its steps one by one, however
// often products are repeated.
func TestOneRecordEqualsItsSteps(t *testing.T) {
	for seed := range uint64(20) {
		s := newScribe(seed)
		whole, steps, grown := New(loose()), New(loose()), New(loose())
		for n := range 30 {
			session, ms := fmt.Sprint("s", n%25), noon+int64(n)*1000
			var acts []Interaction
			for range 1 + s.rng.IntN(80) {
				acts = append(acts, s.interaction())
			}
			want := made1(whole.Observe(nil, Record{Session: session, ArrivalMs: ms, Items: acts}))
			var facts, again []Fact
			for i := range acts {
				facts = steps.Observe(facts, Record{Session: session, ArrivalMs: ms, Items: acts[i : i+1]})
				again = grown.Observe(again, Record{Session: session, ArrivalMs: ms, Items: acts[:i+1]})
			}
			if got := made1(facts); got != want {
				t.Fatalf("steps make\n%s, want\n%s", got, want)
			}
			if len(again) != len(facts) {
				t.Fatalf("histories that grow make %d facts, want %d", len(again), len(facts))
			}
		}
		sameAs(t, steps, whole)
		if g, w := state(grown), state(whole); g != w {
			t.Fatalf("histories that grow lead to\n%.500s, want\n%.500s", g, w)
		}
	}
}

// TestLargestPerItem fills a posting to the greatest bound that Validate accepts, and one more.
func TestLargestPerItem(t *testing.T) {
	p := DefaultParams()
	p.PerItem = 1000
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	m := New(p)
	for i := range 1100 {
		m.Add(Fact{Session: fmt.Sprint(i), Item: "a", Touch: TouchAt(noon + int64(i))})
	}
	if s := m.Stats(); s.Facts != 1000 || s.Visits != 1000 {
		t.Errorf("%+v", s)
	}
	p.PerItem++
	if p.Validate() == nil {
		t.Error("a greater bound is accepted")
	}
}
