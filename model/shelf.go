package model

import (
	"maps"
	"slices"
)

// shelf is a list of the most recently touched items of a category, or of all. Items are in the order of their newest
// touch, oldest first, equal ones by raw id. Touches are collected, in one line or two of the cache, and put to their places a
// few at a time.
type shelf struct {
	category uint32
	items    []int32
	touches  []Touch
	fresh    []placed // touches that settle has yet to put to their places
	shared   bool     // another shelf has the items and touches too
}

// own makes sure that the shelf may be written.
func (s *shelf) own() {
	if s.shared {
		s.items, s.touches, s.shared = slices.Clone(s.items), slices.Clone(s.touches), false
	}
}

// shelves are the shelf of all items and one per category. What is kept is again a function of the set of labelled
// facts: a shelf keeps its ShelfItems newest entries, and when there are more than MaxShelves categories, entries up to
// a floor of their own are forgotten.
type shelves struct {
	all        shelf
	often      shelf // items that were touched a few times lately: see promote
	categories []shelf
	at         map[uint32]int // position in categories
	atShared   bool           // another shelves has the map too
	floor      Touch
	warm       uint64 // what promote has fetched ahead, so that it is
}

func newShelves(p Params) shelves {
	return shelves{at: make(map[uint32]int)}
}

// settle puts all fresh touches to their places.
func (sh *shelves) settle(x *index) {
	sh.settleAll(x)
	for at := range sh.categories {
		sh.categories[at].settle(x)
	}
}

// settleAll is settle for the shelves of all categories.
func (sh *shelves) settleAll(x *index) {
	sh.promote(x)
	sh.all.settle(x)
	sh.often.settle(x)
}

// touched notes that an item was touched.
func (sh *shelves) touched(x *index, i int32, t Touch) {
	if len(sh.all.fresh) == freshTouches {
		sh.promote(x)
	}
	sh.all.put(x, i, t)
}

// oftenTouches is how many facts of an item have to be new for a place on the shelf of what is touched often.
const oftenTouches = 4

// promote puts what was freshly touched on the shelf of what is touched often, which is in the order of the touch of the fourth newest fact:
// between two touches of a popular item more others may be touched than a shelf has room for, but hardly any of them four times. Another
// fact can only raise that touch, and what is forgotten is older, so this shelf too depends on the set of facts alone.
func (sh *shelves) promote(x *index) {
	for _, p := range sh.all.fresh {
		if posting := x.items.posting(p.item); len(posting) >= oftenTouches {
			e := x.sessions.row(int32(posting[len(posting)-oftenTouches]))
			sh.warm += x.sessions.records.load(e.block, int(e.n))
		}
	}
	for _, p := range sh.all.fresh {
		if t := x.nthNewest(p.item, oftenTouches); t > 0 {
			sh.often.put(x, p.item, t)
		}
	}
}

// share makes the shelves, which must be settled, ready to be forked.
func (sh *shelves) share() {
	sh.all.share()
	sh.often.share()
	sh.atShared = true
	for at := range sh.categories {
		sh.categories[at].share()
	}
}

// fork returns the same shelves. It changes nothing.
func (sh *shelves) fork() shelves {
	f := *sh
	f.categories = slices.Clone(sh.categories)
	return f
}

// own makes sure that the map may be written.
func (sh *shelves) own() {
	if sh.atShared {
		sh.at, sh.atShared = maps.Clone(sh.at), false
	}
}

func (s *shelf) share() { s.shared, s.fresh = true, nil }

// of returns the shelf of a category, nil if there is none.
func (sh *shelves) of(category uint32) *shelf {
	if at, ok := sh.at[category]; ok {
		return &sh.categories[at]
	}
	return nil
}

// put notes that an item of a category was touched.
func (sh *shelves) put(x *index, category uint32, i int32, t Touch) {
	if t <= sh.floor {
		return
	}
	at, ok := sh.at[category]
	if !ok {
		sh.own()
		at = len(sh.categories)
		sh.categories = append(sh.categories, shelf{category: category})
		sh.at[category] = at
	}
	sh.categories[at].put(x, i, t)
	if len(sh.categories) > x.params.MaxShelves {
		sh.raise(x, sh.oldest())
	}
}

// oldest returns the newest touch of the category that was touched least recently.
func (sh *shelves) oldest() Touch {
	t := sh.categories[0].newest()
	for at := range sh.categories {
		t = min(t, sh.categories[at].newest())
	}
	return t
}

// raise lifts the floor of the categories to t and removes those that have nothing above it.
func (sh *shelves) raise(x *index, t Touch) {
	if t <= sh.floor {
		return
	}
	sh.floor = t
	for at := len(sh.categories) - 1; at >= 0; at-- {
		s := &sh.categories[at]
		s.settle(x)
		s.trim(x, t)
		if len(s.items) > 0 {
			continue
		}
		sh.own()
		last := len(sh.categories) - 1
		delete(sh.at, s.category)
		if at != last {
			sh.categories[at] = sh.categories[last]
			sh.at[sh.categories[at].category] = at
		}
		sh.categories = sh.categories[:last]
	}
}

// newest returns the newest touch of an item.
func (s *shelf) newest() Touch {
	t := Touch(0)
	if n := len(s.touches); n > 0 {
		t = s.touches[n-1]
	}
	for _, p := range s.fresh {
		t = max(t, p.touch)
	}
	return t
}

// trim removes the entries up to a touch.
func (s *shelf) trim(x *index, t Touch) {
	n := 0
	for n < len(s.touches) && s.touches[n] <= t {
		n++
	}
	s.drop(x, n)
}

// drop removes the n oldest entries.
func (s *shelf) drop(x *index, n int) {
	if n <= 0 {
		return
	}
	s.own()
	for _, i := range s.items[:n] {
		x.items.unpin(i)
	}
	s.items = s.items[:copy(s.items, s.items[n:])]
	s.touches = s.touches[:copy(s.touches, s.touches[n:])]
}
