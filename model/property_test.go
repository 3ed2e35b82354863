package model

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// tight are bounds that a few hundred records hit: on facts per item, shelves, time and scoring. The bounds on items and
// on facts cut off everything before some moment and would hide the others, so they have parameters of their own.
func tight() Params {
	p := DefaultParams()
	p.PerItem, p.ShelfItems, p.MaxShelves = 4, 2, 6
	p.SessionTTL, p.Horizon = 30*time.Minute, 24*time.Hour
	p.QueryItems, p.Scan, p.Neighbours, p.HopScan, p.HopBelow, p.HopItems = 3, 4, 9, 3, 8, 2
	p.Reminders, p.CoVisitWindow = 5, 3
	return p
}

func fewItems() Params {
	p := tight()
	p.MaxItems = 22
	return p
}

func fewFacts() Params {
	p := tight()
	p.MaxFacts = 72
	return p
}

// loose are the defaults with a few small scoring bounds: nothing is forgotten.
func loose() Params {
	p := DefaultParams()
	p.QueryItems, p.Scan, p.Neighbours, p.HopBelow = 4, 6, 20, 12
	return p
}

// scribe makes records of a small world: few items and categories, sessions that come back, arrival times that
// stutter, stall, jump and sometimes go back.
type scribe struct {
	rng *rand.Rand
	now int64
}

func newScribe(seed uint64) *scribe {
	return &scribe{rng: rand.New(rand.NewPCG(seed, 7)), now: 1_700_000_000_000}
}

func (s *scribe) record() Record {
	switch s.rng.IntN(40) {
	case 0:
		s.now += int64(s.rng.IntN(3 * 3600 * 1000))
	case 1, 2, 3:
		s.now += int64(s.rng.IntN(600 * 1000))
	default:
		s.now += int64(s.rng.IntN(3))
	}
	r := Record{Session: fmt.Sprintf("s%d", s.rng.IntN(25)), ArrivalMs: s.now - int64(s.rng.IntN(2)*s.rng.IntN(40_000))}
	for range 1 + s.rng.IntN(3)*s.rng.IntN(3) {
		r.Items = append(r.Items, s.interaction())
	}
	return r
}

func (s *scribe) interaction() Interaction {
	n := s.rng.IntN(24)
	act := Interaction{Item: fmt.Sprintf("i%d", n), Type: EventType(s.rng.IntN(8) / 6), Brand: []string{"", "x", "y"}[n%3]}
	if s.rng.IntN(3) > 0 {
		act.Category = fmt.Sprintf("c%d", (n+s.rng.IntN(10)/9)%5) // a few items change category
	}
	return act
}

func (s *scribe) records(n int) []Record {
	all := make([]Record, n)
	for i := range all {
		all[i] = s.record()
	}
	return all
}

// views are all the lists that a small world can ask for.
func views(m *Model) []string {
	var v []string
	for n := range 25 {
		v = append(v, fmt.Sprint("session ", n, m.Recommend(nil, fmt.Sprintf("s%d", n), 20)))
	}
	for n := range 24 {
		item := fmt.Sprintf("i%d", n)
		v = append(v, fmt.Sprint("similar ", item, m.Similar(nil, item, 7)))
		items := []string{"i3", item, "nothing", fmt.Sprintf("i%d", n*5%24), item}
		v = append(v, fmt.Sprint("items ", items, m.RecommendItems(nil, items, 20)))
	}
	return append(v, fmt.Sprint("cold ", m.RecommendItems(nil, nil, 20)))
}

// state is everything that a model holds of facts and labels.
func state(m *Model) string {
	return fmt.Sprint(slices.Collect(m.Facts()), slices.Collect(m.Labels()), m.Floor())
}

func eachBounds(t *testing.T, f func(t *testing.T, p Params)) {
	t.Run("tight", func(t *testing.T) { f(t, tight()) })
	t.Run("few items", func(t *testing.T) { f(t, fewItems()) })
	t.Run("few facts", func(t *testing.T) { f(t, fewFacts()) })
	t.Run("loose", func(t *testing.T) { f(t, loose()) })
}

func TestModelEqualsReference(t *testing.T) {
	eachBounds(t, func(t *testing.T, p Params) {
		for seed := range uint64(6) {
			s, m, r := newScribe(seed), New(p), newReference(p)
			for step := range 300 {
				rec := s.record()
				m.Observe(nil, rec)
				r.observe(rec)
				if step%23 == 0 || step == 299 {
					compare(t, m, r)
				}
				if t.Failed() {
					t.Fatalf("seed %d, record %d", seed, step)
				}
			}
		}
	})
}

// compare fails the test unless a model knows, and recommends, what the reference does.
func compare(t *testing.T, m *Model, r *reference) {
	t.Helper()
	k := r.known()
	compareFacts(t, m, r, k)
	for n := range 25 {
		session := fmt.Sprintf("s%d", n)
		same(t, session, m.Recommend(nil, session, 20), r.recommend(k, session, 20))
	}
	for n := range 24 {
		items := []string{"i3", fmt.Sprintf("i%d", n), "nothing", fmt.Sprintf("i%d", n*5%24), fmt.Sprintf("i%d", n)}
		same(t, fmt.Sprint(items), m.RecommendItems(nil, items, 20), k.recommendItems(items, 20))
		if item := items[1]; k.postings[item] != nil {
			same(t, "similar "+item, m.Similar(nil, item, 7), k.recommendItems([]string{item}, 7))
		} else {
			same(t, "similar "+item, m.Similar(nil, item, 7), nil)
		}
	}
	same(t, "cold", m.RecommendItems(nil, nil, 20), k.recommendItems(nil, 20))
}

func compareFacts(t *testing.T, m *Model, r *reference, k *known) {
	t.Helper()
	checkInvariants(t, m)
	want := map[Fact]bool{}
	for _, f := range r.kept(k.floor) {
		want[f] = true
	}
	n := 0
	for f := range m.Facts() {
		if n++; !want[f] {
			t.Errorf("fact %+v is kept, want it forgotten", f)
		}
	}
	if n != len(want) {
		t.Errorf("%d facts are kept, want %d", n, len(want))
	}
	if s := m.Stats(); s.Facts != len(want) || s.Items != len(k.postings) || s.Visits != len(k.records) || s.Open != len(r.visits) {
		t.Errorf("stats are %+v, want %d facts, %d items, %d visits, %d open", s, len(want), len(k.postings), len(k.records), len(r.visits))
	}
}

func same(t *testing.T, what string, got, want []Scored) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}
