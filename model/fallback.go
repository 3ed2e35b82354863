package model

// remind proposes the session's own items.
func (sc *scorer) remind() {
	sc.lift = sc.query.returns.lift(sc.params)
	for p := 1; p < min(len(sc.query.items), len(sc.reminder)); p++ {
		sc.found.total[p] += mul(sc.reminder[p], sc.lift)
	}
	if sc.trace != nil {
		sc.trace.noteReminders(sc)
	}
}

// stock proposes popular recent items of the category of the session's newest item.
func (sc *scorer) stock(first int) {
	if len(sc.query.items) == 0 || sc.query.items[0] < 0 {
		return
	}
	l := sc.index.labelOf(sc.query.items[0])
	if s := sc.index.shelves.of(l.Category); s != nil && l.Category != 0 {
		sc.take(s, l, false)
		sc.fold(Shelf, first, sc.params.Shelf.fixed())
	}
}

// popular proposes popular recent items of all categories, or of the one that is asked for.
func (sc *scorer) popular(first int) {
	s := &sc.index.shelves.all
	if aisle := sc.index.shelves.of(sc.aisle); aisle != nil && sc.aisle != 0 {
		s = aisle
	}
	sc.take(s, Label{}, true)
	sc.fold(Popular, first, sc.params.Popular.fixed())
}

// take votes for the items on a shelf: by the number of their facts, or by how often they are touched, falling with the time since they were last, and lifted if
// they are of the brand. How often costs a look at a fact of each item.
func (sc *scorer) take(s *shelf, l Label, often bool) {
	x := sc.index
	s.settle(x)
	void := max(x.floor.at, x.shelves.floorOf(s))
	for _, i := range s.items {
		sc.warm += uint32(x.items.row(i).n) // fetches all before any is waited for
	}
	span := int64(0)
	if often {
		span = s.span(x, void)
	}
	for at := len(s.items) - 1; at >= 0 && s.touches[at] > void; at-- {
		i := s.items[at]
		vote := s.popularity(x, i, span) * int64(sc.params.ShelfItems-(len(s.items)-1-at))
		if l.Brand != 0 && x.labelOf(i) == l {
			vote *= 1000 + int64(sc.params.BrandLift)
		} else {
			vote *= 1000
		}
		sc.found.votes[sc.found.index(i)] += vote
	}
}

// span returns the time up to the newest touch of a shelf, in ms, in which all facts of its items above a touch are kept: PerItem of an item that is touched
// often are those of the last hours, or minutes. 0: all facts are.
func (s *shelf) span(x *index, void Touch) (span int64) {
	for at := len(s.items) - 1; at >= 0 && s.touches[at] > void; at-- {
		if i := s.items[at]; int(x.items.row(i).n) == x.params.PerItem && (span == 0 || s.age(x, i) < span) {
			span = s.age(x, i)
		}
	}
	return span
}

// age returns how much older an item's oldest fact is than the newest touch of a shelf, in ms, at least 1.
func (s *shelf) age(x *index, i int32) int64 {
	return max(1, s.touches[len(s.touches)-1].Ms()-x.oldestOf(i).Ms()+1)
}

// popularity returns how often an item has been touched in a span, in eighths: all its facts if they are not older, else the part of them that a steady rate puts there.
func (s *shelf) popularity(x *index, i int32, span int64) int64 {
	n := 8 * int64(x.items.row(i).n)
	if span == 0 || n == 0 {
		return n
	}
	if age := s.age(x, i); age > span {
		return max(1, n*span/age)
	}
	return n
}

// floorOf returns the touch at or below which the entries of a shelf do not count.
func (sh *shelves) floorOf(s *shelf) Touch {
	if s == &sh.all {
		return 0
	}
	return sh.floor
}
