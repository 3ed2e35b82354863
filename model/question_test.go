package model

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestFiltersAreRestrictions compares each filter with what a model gives that is restricted alike for good.
func TestFiltersAreRestrictions(t *testing.T) {
	eachBounds(t, func(t *testing.T, p Params) {
		hiding := p
		hiding.HidePurchased = true
		m, hides := New(p), New(hiding)
		for _, r := range newScribe(3).records(600) {
			m.Observe(nil, r)
			hides.Observe(nil, r)
		}
		even := func(item string) bool { return strings.HasSuffix(item, "2") || strings.HasSuffix(item, "4") }
		shorter := 0
		for n := range 25 {
			session := fmt.Sprintf("s%d", n)
			plain := m.Recommend(nil, session, 6)
			seen := m.History(nil, session, 1000)
			ask := func(f Filter) []Scored { return m.Ask(nil, Question{Session: session, K: 6, Filter: f}) }
			restricted := func(sells func(string) bool) []Scored {
				m.Restrict(sells)
				defer m.Restrict(nil)
				return m.Recommend(nil, session, 6)
			}
			same(t, "no filter", ask(Filter{}), plain)
			same(t, "keep", ask(Filter{Keep: even}), restricted(even))
			same(t, "seen", ask(Filter{Seen: true}), restricted(func(i string) bool { return !slices.Contains(seen, i) }))
			same(t, "purchased", ask(Filter{Purchased: true}), hides.Recommend(nil, session, 6))
			same(t, "the filter is gone", m.Recommend(nil, session, 6), plain)
			for _, s := range ask(Filter{Category: "c2", Seen: true}) {
				if i := m.index.items.lookup(s.Item); m.index.labelOf(i).Category != LabelOf("c2", "").Category || slices.Contains(seen, s.Item) {
					t.Errorf("%s: %s is proposed in category c2", session, s.Item)
				}
			}
			if len(ask(Filter{Seen: true})) < len(plain) {
				shorter++
			}
		}
		if shorter == 25 {
			t.Error("no list is filled with what comes next")
		}
	})
}

// TestCategoryIsFilledFromItsShelf asks for a category with which the session has nothing to do.
func TestCategoryIsFilledFromItsShelf(t *testing.T) {
	p := DefaultParams()
	p.ShelfItems = 2
	m := New(p)
	for n, item := range []string{"shoe1", "shoe2", "phone1", "phone2", "phone3"} {
		m.Observe(nil, Record{Session: item, ArrivalMs: noon + int64(n), Items: []Interaction{{Item: item, Category: item[:4]}}})
	}
	list := m.Ask(nil, Question{Session: "phone1", K: 5, Filter: Filter{Category: "shoe"}})
	if got := names(list); !slices.Equal(got, []string{"shoe2", "shoe1"}) {
		t.Errorf("recommended %q: shoes have left the shelf of all, but not their own", got)
	}
}

func TestOnlyKnown(t *testing.T) {
	m := shop(DefaultParams(), "a b")
	for item, want := range map[string]int{"a": 1, "x": 0} {
		q := Question{Items: []string{item}, K: 5, OnlyKnown: true}
		if list, why := m.Ask(nil, q), m.Explain(q); len(list) != want || len(why) != want {
			t.Errorf("%s: %v, explained %v", item, list, why)
		}
		same(t, item, m.Ask(nil, q), m.Similar(nil, item, 5))
	}
}

func TestHistory(t *testing.T) {
	m := shop(DefaultParams(), "a b c a")
	if got := m.History(nil, "old0", 2); !slices.Equal(got, []string{"a", "c"}) {
		t.Errorf("history is %q", got)
	}
	if got := m.History([]string{"x"}, "nobody", 2); !slices.Equal(got, []string{"x"}) {
		t.Errorf("history of nobody is %q", got)
	}
}
