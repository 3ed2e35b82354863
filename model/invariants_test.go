package model

import (
	"slices"
	"testing"
)

// checkInvariants fails the test if the parts of a model disagree, or if it holds on to what nothing refers to.
func checkInvariants(t *testing.T, m *Model) {
	t.Helper()
	x := m.index
	pins := map[int32]uint32{}
	checkShelves(t, x, pins)
	open := checkVisits(t, m, pins)
	checkParts(t, x, pins, open)
}

// checkIndex is checkInvariants for an index that no visits are open in.
func checkIndex(t *testing.T, x *index) {
	t.Helper()
	pins := map[int32]uint32{}
	checkShelves(t, x, pins)
	checkParts(t, x, pins, nil)
}

func checkShelves(t *testing.T, x *index, pins map[int32]uint32) {
	t.Helper()
	x.shelves.settle(x)
	checkShelf(t, x, &x.shelves.all, pins)
	checkShelf(t, x, &x.shelves.often, pins)
	for k := range x.shelves.categories {
		s := &x.shelves.categories[k]
		checkShelf(t, x, s, pins)
		if x.shelves.at[s.category] != k {
			t.Errorf("category %d is said to be at %d, is at %d", s.category, x.shelves.at[s.category], k)
		}
	}
}

func checkParts(t *testing.T, x *index, pins map[int32]uint32, open map[int32]bool) {
	t.Helper()
	checkItems(t, x, pins)
	checkSessions(t, x, open)
	checkHeap(t, x)
}

func checkShelf(t *testing.T, x *index, s *shelf, pins map[int32]uint32) {
	t.Helper()
	if len(s.items) > x.params.ShelfItems || !slices.IsSorted(s.touches) {
		t.Errorf("shelf has %d items, touched %v", len(s.items), s.touches)
	}
	for _, i := range s.items {
		pins[i]++
	}
}

func checkVisits(t *testing.T, m *Model, pins map[int32]uint32) (open map[int32]bool) {
	t.Helper()
	open = map[int32]bool{}
	before := int32(0)
	for i := m.visits.oldest; i > 0; i = m.visits.table.at(i - 1).next {
		e := m.visits.table.at(i - 1)
		if e.prev != before || m.index.sessions.row(e.session).open != i {
			t.Errorf("visit %d comes after %d, says after %d", i, before, e.prev)
		}
		before = i
		open[e.session] = true
		for _, word := range m.visits.items(i - 1) {
			pins[int32(word>>visitItemShift)]++
		}
	}
	if before != m.visits.newest || len(open) != m.visits.count {
		t.Errorf("%d visits are open, %d are counted", len(open), m.visits.count)
	}
	return open
}

// checkItems compares the items in use with the pins, and each posting with the records.
func checkItems(t *testing.T, x *index, pins map[int32]uint32) {
	t.Helper()
	used, held, facts := 0, 0, 0
	for i := range int32(x.items.next) {
		e := x.items.row(i)
		if slices.Contains(x.items.spare, i) {
			continue
		}
		used++
		if e.pins != pins[i] || e.n == 0 && e.pins == 0 {
			t.Errorf("item %s has %d facts and %d pins, want %d pins", x.items.text(i), e.n, e.pins, pins[i])
		}
		if e.n > 0 {
			held++
		}
		facts += int(e.n)
		for _, s := range x.items.posting(i) {
			if x.sessions.record(int32(s)).position(i) < 0 {
				t.Errorf("item %s lists a visit that does not have it", x.items.text(i))
			}
		}
	}
	if used != x.items.len() || held != x.items.held || facts != x.facts {
		t.Errorf("%d items, %d with facts, %d facts; counted %d, %d, %d", used, held, facts, x.items.len(), x.items.held, x.facts)
	}
}

func checkSessions(t *testing.T, x *index, open map[int32]bool) {
	t.Helper()
	held, facts := 0, 0
	for s := range int32(x.sessions.next) {
		if slices.Contains(x.sessions.spare, s) {
			continue
		}
		e := x.sessions.row(s)
		if e.n == 0 && !open[s] || e.open > 0 != open[s] {
			t.Errorf("session %s has %d facts, open %d", x.sessions.text(s), e.n, e.open)
		}
		if e.n > 0 {
			held++
		}
		facts += int(e.n)
	}
	if held != x.sessions.held || facts != x.facts {
		t.Errorf("%d visits with %d facts; counted %d, %d", held, facts, x.sessions.held, x.facts)
	}
}

func checkHeap(t *testing.T, x *index) {
	t.Helper()
	if x.floor.active && x.floor.n != x.items.held {
		t.Errorf("heap has %d items, want %d", x.floor.n, x.items.held)
	}
	for at := range x.floor.n {
		e := *x.floor.heap.at(int32(at))
		if x.items.row(e.item).heap != int32(at)+1 || e.key > x.oldestOf(e.item) || at > 0 && x.floor.key((at-1)/floorArity) > e.key {
			t.Errorf("heap entry %d of item %s is wrong", at, x.items.text(e.item))
		}
	}
}

// TestMemoryIsBounded lets sessions and items come and go for long: what is in use must not grow.
func TestMemoryIsBounded(t *testing.T) {
	p := tight()
	m := New(p)
	w := newWorld(9, 50, 50)
	var acts [1]Interaction
	sizes := func() [5]int {
		return [5]int{
			len(m.index.items.postings.pages), len(m.index.sessions.records.pages), len(m.visits.blocks.pages),
			int(m.index.items.next), len(m.index.sessions.texts.chunks),
		}
	}
	var early [5]int
	for step := range 200_000 {
		r := w.next(acts[:])
		r.ArrivalMs += int64(step) * 500 // 2000 open shoppers, most of whom are silent for half an hour
		m.Observe(nil, r)
		if step == 80_000 {
			early = sizes()
		}
	}
	checkInvariants(t, m)
	for k, late := range sizes() {
		if late > early[k]+early[k]/4+1 {
			t.Errorf("sizes grew from %v to %v", early, sizes())
		}
	}
}
