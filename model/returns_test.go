package model

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestReturns reads sessions as letters, each a touch.
func TestReturns(t *testing.T) {
	for _, c := range []struct {
		session string
		want    returns
	}{
		{"", returns{}},
		{"a", returns{items: 1}},
		{"aa", returns{items: 1}},
		{"ab", returns{items: 2, least: 1}},
		{"abcd", returns{items: 4, least: 3}},
		{"aba", returns{items: 2, least: 1, count: newestReturn}},
		{"abac", returns{items: 3, least: 2, count: 1}},
		{"abca", returns{items: 3, least: 2, count: newestReturn}},
		{"abcab", returns{items: 3, least: 2, count: 1 + newestReturn}},
		{"abacada", returns{items: 4, least: 3, count: newestReturn}}, // the orders tell of the last return to an item
		{"abab", returns{items: 2, least: 1}},                         // and of none when they are equal again
	} {
		m := New(DefaultParams())
		items := strings.Split(c.session, "")
		for i, item := range items {
			if item != "" {
				m.Observe(nil, Record{Session: "s", ArrivalMs: noon + int64(i)*1000, Items: act(item)})
			}
		}
		if m.askSession("s"); m.scorer.query.returns != c.want {
			t.Errorf("%q: %+v of the session, want %+v", c.session, m.scorer.query.returns, c.want)
		}
		if m.askItems(items); m.scorer.query.returns != c.want {
			t.Errorf("%q: %+v of the list, want %+v", c.session, m.scorer.query.returns, c.want)
		}
	}
}

// TestReturnsOfAClosedVisit are not known: facts tell of first touches.
func TestReturnsOfAClosedVisit(t *testing.T) {
	m := New(DefaultParams())
	for i, item := range strings.Split("abcb", "") {
		m.Observe(nil, Record{Session: "s", ArrivalMs: noon + int64(i)*1000, Items: act(item)})
	}
	m.Advance(noon + 48*3600_000)
	if m.askSession("s"); len(m.scorer.query.items) != 3 || m.scorer.query.returns != (returns{}) {
		t.Errorf("%v: %+v", m.scorer.query.items, m.scorer.query.returns)
	}
}

func TestLift(t *testing.T) {
	p := DefaultParams()
	p.ReturnSteps, p.Return = 2, 4000
	for _, c := range []struct {
		r    returns
		want int64
	}{
		{returns{}, one},
		{returns{items: 2}, one},
		{returns{items: 3}, one * 2 / 3},
		{returns{items: 6}, one / 3},
		{returns{items: 2, count: 1}, one * 6 / 3},
		{returns{items: 4, count: 4}, one * 18 / 8},
	} {
		if got := c.r.lift(p); got != c.want {
			t.Errorf("%+v lifts by %d, want %d", c.r, got, c.want)
		}
	}
	p.ReturnSteps = 0
	if got := (&returns{items: 9, count: 3}).lift(p); got != one {
		t.Errorf("lifts by %d without ReturnSteps", got)
	}
}

// TestRemindersFollowTheSession: one that goes back is reminded first, one that never did sees what is new to it.
func TestRemindersFollowTheSession(t *testing.T) {
	p := DefaultParams()
	p.Hop, p.Popular = 0, 0
	m := shop(p, "x next", "x next", "a", "b", "c", "d", "e", "f")
	list := func(items string) []string { return names(m.RecommendItems(nil, strings.Fields(items), 3)) }
	if got := list("a b c d e f x"); got[0] != "next" {
		t.Errorf("a session of new items sees %q first", got)
	}
	if got := list("a b a c b a d c e d f e x"); slices.Contains(got, "next") {
		t.Errorf("a session that goes back sees %q", got)
	}
}

// TestReturnsInOtherNumbers: a model that answers from an edition, in whose numbers items are, sees the same returns.
func TestReturnsInOtherNumbers(t *testing.T) {
	alone, shard, merged := New(loose()), New(loose()), NewMerged(loose())
	other := New(loose())
	for i := range 20 {
		for _, f := range other.Observe(nil, Record{Session: "o", ArrivalMs: noon + int64(i), Items: act(fmt.Sprint("i", 20-i))}) {
			merged.Add(f)
			alone.Add(f)
		}
	}
	shard.Adopt(merged.Publish())
	for i, item := range []string{"i3", "new", "i7", "i3", "i9", "new"} {
		r := Record{Session: "s", ArrivalMs: noon + 1000 + int64(i), Items: act(item)}
		alone.Observe(nil, r)
		shard.Observe(nil, r)
		same(t, item, shard.Recommend(nil, "s", 20), alone.Recommend(nil, "s", 20))
		if got, want := shard.scorer.query.returns, alone.scorer.query.returns; got != want {
			t.Errorf("after %s: %+v, want %+v", item, got, want)
		}
	}
}
