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
		sc.take(s, l)
		sc.fold(Shelf, first, sc.params.Shelf.fixed())
	}
}

// popular proposes popular recent items of all categories, or of the one that is asked for.
func (sc *scorer) popular(first int) {
	s := &sc.index.shelves.all
	if aisle := sc.index.shelves.of(sc.aisle); aisle != nil && sc.aisle != 0 {
		s = aisle
	}
	sc.take(s, Label{})
	sc.fold(Popular, first, sc.params.Popular.fixed())
}

// take votes for the items on a shelf: by the number of their facts, falling with the time since they were touched, and
// lifted if they are of the brand.
func (sc *scorer) take(s *shelf, l Label) {
	x := sc.index
	s.settle(x)
	void := max(x.floor.at, x.shelves.floorOf(s))
	for _, i := range s.items {
		sc.warm += uint32(x.items.row(i).n) // fetches all before any is waited for
	}
	for at := len(s.items) - 1; at >= 0 && s.touches[at] > void; at-- {
		i := s.items[at]
		e := x.items.row(i)
		vote := int64(e.n) * int64(sc.params.ShelfItems-(len(s.items)-1-at))
		if l.Brand != 0 && x.labelOf(i) == l {
			vote *= 1000 + int64(sc.params.BrandLift)
		} else {
			vote *= 1000
		}
		sc.found.votes[sc.found.index(i)] += vote
	}
}

// floorOf returns the touch at or below which the entries of a shelf do not count.
func (sh *shelves) floorOf(s *shelf) Touch {
	if s == &sh.all {
		return 0
	}
	return sh.floor
}
