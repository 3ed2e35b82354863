package model

import (
	"fmt"
	"slices"
	"testing"
)

// tread feeds single steps, one every so many ms, each of a session of its own unless it names one.
type tread struct {
	m      *Model
	n, gap int64
}

func (w *tread) step(item string) { w.steps(item) }

// steps is a visit.
func (w *tread) steps(items ...string) {
	session := fmt.Sprint("session ", w.n)
	for _, item := range items {
		w.n++
		w.m.Observe(nil, Record{Session: session, ArrivalMs: noon + w.n*w.gap, Items: act(item)})
	}
}

// TestPopularOutlastsTheLongTail: between two touches of a popular item more others are touched than a shelf holds.
func TestPopularOutlastsTheLongTail(t *testing.T) {
	p := DefaultParams()
	p.ShelfItems = 16
	w := tread{m: New(p), gap: 1000}
	for round := range 10 {
		w.step("popular")
		w.step("second")
		if round%2 == 0 {
			w.step("third")
		}
		for k := range 50 {
			w.step(fmt.Sprint("rare ", round, k))
		}
	}
	got := names(w.m.RecommendItems(nil, nil, 5))
	if want := []string{"second", "popular", "third"}; !slices.Equal(got[:3], want) || len(got) != 5 {
		t.Errorf("recommended %q, want %q and two that were touched last", got, want)
	}
	checkInvariants(t, w.m)
}

// TestPopularFollowsTheShop: what has been touched often lately comes before what was touched more often, but long ago.
func TestPopularFollowsTheShop(t *testing.T) {
	w := tread{m: New(DefaultParams()), gap: 60_000}
	for range 40 {
		w.step("last year's")
	}
	for k := range 200 {
		w.step(fmt.Sprint("rare ", k))
	}
	for range 20 {
		w.step("new")
	}
	if got := names(w.m.RecommendItems(nil, nil, 2)); !slices.Equal(got, []string{"new", "last year's"}) {
		t.Errorf("recommended %q", got)
	}
}

// TestFirstListsAreWhatVisitsBeginWith: of two items that are touched as often, who has touched nothing wants the one that visits begin with.
func TestFirstListsAreWhatVisitsBeginWith(t *testing.T) {
	w := tread{m: New(DefaultParams()), gap: 1000}
	for range 20 {
		w.steps("phone", "charger")
	}
	if got := names(w.m.RecommendItems(nil, nil, 2)); !slices.Equal(got, []string{"phone", "charger"}) {
		t.Errorf("recommended %q to who has touched nothing", got)
	}
	w.m.Observe(nil, Record{Session: "other", ArrivalMs: noon + 60_000, Items: act("unrelated")})
	if got := names(w.m.Recommend(nil, "other", 2)); !slices.Equal(got, []string{"charger", "phone"}) {
		t.Errorf("recommended %q to who has begun; both are touched as often, charger last", got)
	}
}

// TestPopularOfFewTouches: as long as nothing has been touched often, lists have what was touched most, and of that what was touched last.
func TestPopularOfFewTouches(t *testing.T) {
	w := tread{m: New(DefaultParams()), gap: 1000}
	for _, item := range []string{"a", "twice", "twice", "c", "b"} {
		w.step(item)
	}
	if got := names(w.m.RecommendItems(nil, nil, 9)); !slices.Equal(got, []string{"twice", "b", "c", "a"}) {
		t.Errorf("recommended %q", got)
	}
}

// TestShelfOfACategoryKnowsRates: of items of which as many facts are kept as may be, those count for more that had them in less time.
func TestShelfOfACategoryKnowsRates(t *testing.T) {
	p := DefaultParams()
	p.PerItem, p.Scan, p.HopScan = 10, 10, 10
	m := New(p)
	for n := range 200 {
		item := "fast"
		if n%5 == 0 || n == 199 { // touched last
			item = "slow"
		}
		m.Observe(nil, Record{
			Session: fmt.Sprint(n), ArrivalMs: noon + int64(n)*1000, Items: []Interaction{{Item: item, Category: "shoe"}},
		})
	}
	m.Observe(nil, Record{Session: "new", ArrivalMs: noon + 300_000, Items: []Interaction{{Item: "new", Category: "shoe"}}})
	if got := names(m.Recommend(nil, "new", 2)); !slices.Equal(got, []string{"fast", "slow"}) {
		t.Errorf("recommended %q", got)
	}
}

func TestLogarithm(t *testing.T) {
	for v, want := range map[int64]int64{0: 0, 1: 256, 2: 512, 3: 640, 4: 768, 1 << 40: 41 * 256, 3 << 40: 42*256 + 128} {
		if got := logarithm(v); got != want {
			t.Errorf("of %d it is %d, want %d", v, got, want)
		}
	}
	for v := int64(1); v < 5000; v++ {
		if logarithm(v) < logarithm(v-1) {
			t.Fatalf("it falls at %d", v)
		}
	}
}
