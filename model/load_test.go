package model

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestLoadEqualsAdd loads visits that a model exports, in order, out of order, twice, cut in pieces and over what is there
// already, and compares with adding each fact.
func TestLoadEqualsAdd(t *testing.T) {
	for seed := range uint64(48) {
		rng := rand.New(rand.NewPCG(seed, 7))
		p := [...]Params{DefaultParams(), tight(), fewItems(), tight()}[seed/4%4]
		if seed/4%4 == 3 {
			p.MaxFacts = 150
		}
		from, other := New(DefaultParams()), New(p)
		w := newWorld(seed, 5, 1+rng.IntN(40))
		w.open = w.open[:1+rng.IntN(60)]
		var acts [1]Interaction
		for range 1500 {
			r := w.next(acts[:])
			from.Observe(nil, r)
			if rng.IntN(4) == 0 && seed%2 == 0 {
				other.Observe(nil, r)
			}
		}
		facts, labels := slices.Collect(from.Facts()), slices.Collect(from.Labels())
		visits := visitsOf(facts)
		if seed%4 > 1 {
			rng.Shuffle(len(visits), func(a, b int) { visits[a], visits[b] = visits[b], visits[a] })
			visits = append(visits, visits[:len(visits)/3]...)
			visits = append(visits, visits[0][:1:1], append(visits[1][1:len(visits[1]):len(visits[1])], visits[1]...))
		}
		want, got := NewMerged(p), NewMerged(p)
		for _, g := range []*Merged{want, got} {
			for f := range other.Facts() {
				g.Add(f)
			}
			for l := range other.Labels() {
				g.AddLabel(l)
			}
		}
		l := got.Load()
		number := map[string]int32{"": -1}
		for _, visit := range visits {
			var part []VisitFact
			for _, f := range visit {
				want.Add(f)
				if _, ok := number[f.Item]; !ok || rng.IntN(50) == 0 {
					number[f.Item] = l.Item(f.Item)
				}
				part = append(part, VisitFact{Item: number[f.Item], Touch: f.Touch, Type: f.Type})
			}
			l.Visit(visit[0].Session, visit[0].Visit, part)
		}
		for _, label := range labels {
			want.AddLabel(label)
			l.Label(number[label.Item], label.Touch, label.Label)
		}
		l.Done()
		checkIndex(t, got.index)
		if g, w := exported(got), exported(want); !slices.Equal(g.facts, w.facts) || !slices.Equal(g.labels, w.labels) || !slices.Equal(g.popular, w.popular) || got.Stats() != want.Stats() {
			t.Fatalf("seed %d: loaded %d facts, %d labels, %+v, want %d, %d, %+v", seed,
				len(g.facts), len(g.labels), got.Stats(), len(w.facts), len(w.labels), want.Stats())
		}
	}
}

type export struct {
	facts   []Fact
	labels  []ItemLabel
	popular []Fact // item and touch of what is on the shelves of all categories
}

func exported(g *Merged) export {
	v := g.Publish()
	e := export{facts: slices.Collect(v.Facts()), labels: slices.Collect(v.Labels())}
	for _, s := range []*shelf{&v.index.shelves.all, &v.index.shelves.often} {
		for at, i := range s.items {
			if t := s.touches[at]; t > v.index.floor.at {
				e.popular = append(e.popular, Fact{Item: v.index.items.text(i), Touch: t})
			}
		}
	}
	return e
}

// visitsOf cuts facts where another visit begins.
func visitsOf(facts []Fact) [][]Fact {
	var all [][]Fact
	for k, f := range facts {
		if k == 0 || f.Session != facts[k-1].Session || f.Visit != facts[k-1].Visit {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], f)
	}
	return all
}

// TestLoadIsForAnExclusiveIndex says when there is no loading, and what is ignored.
func TestLoadIsForAnExclusiveIndex(t *testing.T) {
	m := New(tight())
	m.Adopt(NewMerged(tight()).Publish())
	if m.Load() != nil {
		t.Error("a model with an Edition is loaded")
	}
	m.Adopt(nil)
	l := m.Load()
	item := l.Item("item")
	l.Visit("", 1, []VisitFact{{Item: item, Touch: 5}})
	l.Visit("session", 1, []VisitFact{{Item: l.Item(""), Touch: 5}})
	l.Label(-1, 5, Label{Category: 1})
	l.Label(item, 5, Label{Category: 1})
	l.Done()
	if m.Stats() != (Stats{}) || m.index.items.len() != 0 {
		t.Errorf("the model has %+v, %d items", m.Stats(), m.index.items.len())
	}
}
