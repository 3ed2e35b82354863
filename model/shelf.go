package model

import (
	"maps"
	"slices"
)

// shelf is a list of the most recently touched items of a category, or of all. Items are in the order of their newest
// touch, oldest first, equal ones by raw id.
type shelf struct {
	category uint32
	items    []int32
	touches  []Touch
	shared   bool // another shelf has the items and touches too
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
	categories []shelf
	at         map[uint32]int // position in categories
	atShared   bool           // another shelves has the map too
	floor      Touch
}

func newShelves(p Params) shelves {
	return shelves{at: make(map[uint32]int)}
}

// share makes the shelves ready to be forked.
func (sh *shelves) share() {
	sh.all.shared, sh.atShared = true, true
	for at := range sh.categories {
		sh.categories[at].shared = true
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

// newest returns the touch of the last item.
func (s *shelf) newest() Touch { return s.touches[len(s.touches)-1] }

// put notes that an item was touched at t.
func (s *shelf) put(x *index, i int32, t Touch) {
	s.trim(x, x.floor.at)
	was := s.find(i)
	if was >= 0 && s.touches[was] >= t {
		return
	}
	at := s.place(x, i, t)
	s.own()
	switch {
	case was >= 0:
		s.shift(was, at-1)
		at--
	case len(s.items) < x.params.ShelfItems:
		x.items.pin(i)
		s.items, s.touches = append(s.items, 0), append(s.touches, 0)
		copy(s.items[at+1:], s.items[at:])
		copy(s.touches[at+1:], s.touches[at:])
	case at == 0:
		return
	default:
		x.items.pin(i)
		x.items.unpin(s.items[0])
		s.shift(0, at-1)
		at--
	}
	s.items[at], s.touches[at] = i, t
}

// find returns the position of an item, or -1.
func (s *shelf) find(i int32) int {
	for at := len(s.items) - 1; at >= 0; at-- {
		if s.items[at] == i {
			return at
		}
	}
	return -1
}

// place returns the position before which an item touched at t belongs.
func (s *shelf) place(x *index, i int32, t Touch) int {
	at := len(s.items)
	for at > 0 && (s.touches[at-1] > t || s.touches[at-1] == t && x.items.text(s.items[at-1]) > x.items.text(i)) {
		at--
	}
	return at
}

// shift closes the gap at a position by moving the entries after it, through to, one down.
func (s *shelf) shift(gap, to int) {
	copy(s.items[gap:to], s.items[gap+1:to+1])
	copy(s.touches[gap:to], s.touches[gap+1:to+1])
}

// trim removes the entries up to a touch.
func (s *shelf) trim(x *index, t Touch) {
	n := 0
	for n < len(s.touches) && s.touches[n] <= t {
		x.items.unpin(s.items[n])
		n++
	}
	if n > 0 {
		s.own()
		s.items = s.items[:copy(s.items, s.items[n:])]
		s.touches = s.touches[:copy(s.touches, s.touches[n:])]
	}
}
