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

// take votes for the items on the shelf of a category: by how often they were touched, falling with the time since they last were, and
// lifted if they are of the brand.
func (sc *scorer) take(s *shelf, l Label) {
	x := sc.index
	s.settle(x)
	void := max(x.floor.at, x.shelves.floor)
	for _, i := range s.items {
		sc.warm += uint32(x.items.row(i).n) // fetches all before any is waited for
	}
	span := s.span(x, void)
	for at := len(s.items) - 1; at >= 0 && s.touches[at] > void; at-- {
		i := s.items[at]
		vote := s.within(x, i, span) * int64(sc.params.ShelfItems-(len(s.items)-1-at))
		if l.Brand != 0 && x.labelOf(i) == l {
			vote *= 1000 + int64(sc.params.BrandLift)
		} else {
			vote *= 1000
		}
		sc.found.votes[sc.found.index(i)] += vote
	}
}

// span returns how far back, from the newest touch of a shelf, the facts go of that full item whose facts go back furthest, in ms; 0 if
// none is full. An item is full when PerItem facts are kept of it: what came before has been forgotten.
func (s *shelf) span(x *index, void Touch) (span int64) {
	for at := len(s.items) - 1; at >= 0 && s.touches[at] > void; at-- {
		if i := s.items[at]; int(x.items.row(i).n) == x.params.PerItem {
			span = max(span, s.age(x, i))
		}
	}
	return span
}

// age returns how much older an item's oldest fact is than the newest touch of a shelf, in ms, at least 1.
func (s *shelf) age(x *index, i int32) int64 {
	return max(1, s.touches[len(s.touches)-1].Ms()-x.oldestOf(i).Ms()+1)
}

// maxTouches is what a full item counts for at most.
const maxTouches = 1 << 30

// within returns how many touches an item had: the facts that are kept, and of a full one what its rate puts into the span. Only full ones
// cost a look at a fact.
func (s *shelf) within(x *index, i int32, span int64) int64 {
	n := int64(x.items.row(i).n)
	if int(n) < x.params.PerItem {
		return n
	}
	return min(n*span/s.age(x, i), maxTouches)
}
