package model

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// shop observes sessions, each a list of items, a minute apart, and returns the model.
func shop(p Params, sessions ...string) *Model {
	m := New(p)
	for i, items := range sessions {
		m.Observe(nil, Record{Session: fmt.Sprint("old", i), ArrivalMs: noon + int64(i)*60_000, Items: act(strings.Fields(items)...)})
	}
	return m
}

func TestRecommendItems(t *testing.T) {
	plain := DefaultParams()
	plain.Hop, plain.Popular = 0, 0 // neighbours and own items alone
	for _, c := range []struct {
		name     string
		params   Params
		sessions []string
		items    string
		want     string
	}{
		{"what followed comes before what preceded", plain, []string{"before x after"}, "x", "after before"},
		{"the nearer neighbour of an item", plain, []string{"x near far"}, "x", "near far"},
		{"the newer session", plain, []string{"x old", "x new"}, "x", "new old"},
		{"more sessions beat a newer one", plain, []string{"x many", "x many", "x few"}, "x", "many few"},
		{"equal scores are ordered by id", plain, []string{"b1 x", "x", "a1 y", "y"}, "x y", "x a1 b1"},
		{"the newest item counts most", plain, []string{"x of-x", "y of-y"}, "x y", "x of-y of-x"},
		{"the newest item is never proposed", plain, []string{"x y x", "y x y"}, "y x", "y"},
		{"own items are proposed, newest first", plain, []string{"a", "b", "c"}, "a b c", "b a"},
		{"an item counts at its last mention", plain, []string{"a", "b", "c"}, "a b c a", "c b"},
		{"unknown items count for nothing", plain, []string{"x y"}, "x unknown", "y"},
		{"nothing known", plain, []string{"x y"}, "unknown", ""},
		{"the second hop", func() Params { p := plain; p.Hop = 100; return p }(), []string{"x y", "y z"}, "x", "y z"},
		{"nothing known, but some are popular", DefaultParams(), []string{"x y", "x z", "x"}, "", "x z y"},
		{"few are known, the popular follow", DefaultParams(), []string{"x y", "p", "p", "q"}, "x", "y p q"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := shop(c.params, c.sessions...)
			if got := strings.Join(names(m.RecommendItems(nil, strings.Fields(c.items), 20)), " "); got != c.want {
				t.Errorf("recommended %q, want %q", got, c.want)
			}
		})
	}
}

// TestScore works one list out by hand: a single neighbour "x y" of the query x.
func TestScore(t *testing.T) {
	p := DefaultParams()
	p.Hop, p.Popular = 0, 0
	m := shop(p, "x y z")
	y := int64(262144 + one) // kernel 1/4, co-visit 1, one step after x
	z := int64(65536 + one)  // two steps
	sim := inverseRoot(3)
	want := []Scored{{"y", one}, {"z", mul(sim, z) * one / mul(sim, y)}}
	if got := m.Similar(nil, "x", 20); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestRecommendAppends(t *testing.T) {
	m := shop(DefaultParams(), "x a", "x b", "x c")
	have := []Scored{{"kept", 7}}
	for k := -1; k <= 5; k++ {
		for name, list := range map[string][]Scored{
			"items":   m.RecommendItems(slices.Clone(have), []string{"x"}, k),
			"similar": m.Similar(slices.Clone(have), "x", k),
			"session": m.Recommend(slices.Clone(have), "old0", k),
		} {
			if list[0] != have[0] || len(list) != 1+max(0, min(k, 3)) {
				t.Errorf("%s, k = %d: %v", name, k, list)
			}
			if !slices.IsSortedFunc(list[1:], func(a, b Scored) int { return int(b.Score - a.Score) }) {
				t.Errorf("%s, k = %d: not best first: %v", name, k, list)
			}
		}
	}
	if got := m.Similar(have, "unknown", 5); len(got) != 1 {
		t.Errorf("similar to an unknown item: %v", got)
	}
}

// TestNewItemsGetListsFromTheirCategory: no session has the item but the one that asks.
func TestNewItemsGetListsFromTheirCategory(t *testing.T) {
	m := New(DefaultParams())
	n := 0
	observe := func(session, item, category, brand string) {
		n++
		acts := []Interaction{{Item: item, Category: category, Brand: brand}}
		m.Observe(nil, Record{Session: session, ArrivalMs: noon + int64(n)*1000, Items: acts})
	}
	for i := range 30 {
		observe(fmt.Sprint("a", i), "popular phone", "phone", "acme")
		observe(fmt.Sprint("b", i), "popular shoe", "shoe", "acme")
	}
	observe("another", "popular shoe", "shoe", "acme")
	observe("one more", "popular shoe", "shoe", "acme")
	observe("c", "rare phone", "phone", "zeta")
	observe("d", "rare phone of the brand", "phone", "zeta")
	observe("new", "new phone", "phone", "zeta")
	got := names(m.Recommend(nil, "new", 4))
	want := []string{"popular phone", "rare phone of the brand", "rare phone", "popular shoe"}
	if !slices.Equal(got, want) {
		t.Errorf("recommended %q, want the category, with its brand lifted, then the rest: %q", got, want)
	}
	observe("nameless", "new thing", "", "")
	if got := names(m.Recommend(nil, "nameless", 1)); !slices.Equal(got, []string{"popular shoe"}) {
		t.Errorf("recommended %q to an item without a label", got)
	}
	observe("brand only", "new shoe", "", "acme")
	if m.index.labelOf(m.index.known("new shoe")).Category == LabelOf("acme", "").Category {
		t.Error("a brand is taken for the category of its name")
	}
}

// TestLeftOut fills lists with what comes next when items must not be proposed.
func TestLeftOut(t *testing.T) {
	p := DefaultParams()
	p.HidePurchased = true
	m := shop(p, "x a b", "x a", "p q", "p")
	bought := []Interaction{{Item: "a", Type: Purchase}, {Item: "q"}, {Item: "x"}}
	m.Observe(nil, Record{Session: "s", ArrivalMs: noon + 600_000, Items: bought})
	only := func(items string) func(string) bool { return func(i string) bool { return strings.Contains(items, i) } }
	for _, c := range []struct {
		sells func(string) bool
		k     int
		want  string
	}{
		{nil, 20, "q b p"}, {nil, 1, "q"}, {only("abpx"), 20, "b p"}, {only("abpx"), 1, "b"}, {only("z"), 5, ""}, {only("ap"), 1, "p"},
	} {
		m.Restrict(c.sells)
		if got := strings.Join(names(m.Recommend(nil, "s", c.k)), " "); got != c.want {
			t.Errorf("recommended %q, want %q", got, c.want)
		}
	}
	m.Restrict(nil)
	m.scorer.params.HidePurchased = false
	if got := names(m.Recommend(nil, "s", 20)); !slices.Contains(got, "a") {
		t.Errorf("recommended %v, want what was bought too", got)
	}
}

func TestQueryOfManyItems(t *testing.T) {
	m := New(DefaultParams())
	var items []string
	for i := range 300 {
		items = append(items, fmt.Sprintf("i%03d", i))
		m.Observe(nil, Record{Session: fmt.Sprint(i), ArrivalMs: noon + int64(i), Items: act(items[i])})
	}
	list := m.RecommendItems(nil, items, 400)
	if got := names(list[:3]); !slices.Equal(got, []string{"i298", "i297", "i296"}) {
		t.Errorf("recommended first %v", got)
	}
	for _, s := range list {
		if s.Item == "i299" {
			t.Error("the newest item is recommended")
		}
	}
}

// TestManyCandidates has neighbours with so many items that the scratch memory grows in the middle of a query.
func TestManyCandidates(t *testing.T) {
	p := DefaultParams()
	p.CoVisitWindow = SessionFacts - 1
	m, r := New(p), newReference(p)
	for n := range 60 {
		rec := Record{Session: fmt.Sprint(n), ArrivalMs: noon + int64(n), Items: act("shared")}
		for i := range SessionFacts - 1 {
			rec.Items = append(rec.Items, Interaction{Item: fmt.Sprintf("i%d-%d", n, i)})
		}
		m.Observe(nil, rec)
		r.observe(rec)
	}
	got := m.Similar(nil, "shared", 5000)
	if want := 60 * (SessionFacts - 1); len(got) != want {
		t.Errorf("%d items are similar, want %d", len(got), want)
	}
	same(t, "shared", got, r.known().recommendItems([]string{"shared"}, 5000))
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	m := New(DefaultParams())
	w := newWorld(5, 20, 100)
	var acts [1]Interaction
	var facts []Fact
	for range 30_000 {
		facts = m.Observe(facts[:0], w.next(acts[:]))
	}
	sessions := openSessions(m)
	dst := make([]Scored, 0, 20)
	for _, s := range sessions { // grow the scratch memory
		dst = m.Recommend(dst[:0], s, 20)
	}
	i := 0
	if n := testing.AllocsPerRun(1000, func() { dst = m.Recommend(dst[:0], sessions[i%len(sessions)], 20); i++ }); n > 0 {
		t.Errorf("Recommend allocates %v times", n)
	}
	records := make([]Record, 2001)
	for k := range records {
		records[k] = w.next(make([]Interaction, 1))
	}
	i = 0
	if n := testing.AllocsPerRun(2000, func() { facts = m.Observe(facts[:0], records[i]); i++ }); n > 0 {
		t.Errorf("Observe allocates %v times", n)
	}
}

// TestPopularIsWhatIsTouchedOften: what is kept of items that are touched often are the newest facts, as many of each, so that their number tells nothing.
func TestPopularIsWhatIsTouchedOften(t *testing.T) {
	p := DefaultParams()
	p.PerItem, p.Scan, p.HopScan = 20, 20, 20
	m, draw := New(p), rand.New(rand.NewPCG(1, 2))
	touches := map[string]int{}
	for n := range 40_000 {
		item := fmt.Sprint("item-", int(100*math.Pow(draw.Float64(), 3)))
		touches[item]++
		m.Observe(nil, Record{Session: fmt.Sprint(n), ArrivalMs: noon + int64(n)*250, Items: act(item)})
		if n < 39_900 || n%10 > 0 {
			continue
		}
		best := slices.SortedFunc(maps.Keys(touches), func(a, b string) int { return cmp.Or(touches[b]-touches[a], cmp.Compare(a, b)) })
		list := names(m.RecommendItems(nil, nil, 10))
		missed := slices.DeleteFunc(slices.Clone(best[:10]), func(item string) bool { return slices.Contains(list, item) })
		if list[0] != best[0] || len(missed) > 3 {
			t.Errorf("%v; touched most are %v", list, best[:10])
		}
	}
}
