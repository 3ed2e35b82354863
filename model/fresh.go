package model

import (
	"cmp"
	"slices"
)

// placed is an item on a shelf.
type placed struct {
	item  int32
	touch Touch
}

// freshTouches is how many touches a shelf collects. Each holds a pin.
const freshTouches = 16

// put notes that an item was touched at t.
func (s *shelf) put(x *index, i int32, t Touch) {
	if len(s.fresh) == freshTouches {
		s.settle(x)
		s.trim(x, x.floor.at)
	}
	if s.fresh == nil {
		s.fresh = make([]placed, 0, freshTouches)
	}
	x.items.pin(i)
	s.fresh = append(s.fresh, placed{i, t})
}

// settle puts the fresh touches to their places. Whoever reads items and touches calls it first.
func (s *shelf) settle(x *index) {
	if len(s.fresh) == 0 {
		return
	}
	s.room(len(s.fresh), x.params.ShelfItems)
	slices.SortFunc(s.fresh, func(a, b placed) int { return x.compare(a, b) })
	s.merge(x, s.unite(x, s.single(x)))
	s.drop(x, len(s.items)-x.params.ShelfItems)
	s.fresh = s.fresh[:0]
}

// compare orders the entries of a shelf.
func (x *index) compare(a, b placed) int {
	if a.touch != b.touch || a.item == b.item {
		return cmp.Compare(a.touch, b.touch)
	}
	return cmp.Compare(x.items.text(a.item), x.items.text(b.item))
}

// room makes sure that the shelf may be written and that more entries fit.
func (s *shelf) room(more, bound int) {
	n := len(s.items)
	if !s.shared && n+more <= cap(s.items) {
		return
	}
	size := max(n+more, min(2*n, bound+freshTouches))
	s.items = append(make([]int32, 0, size), s.items...)
	s.touches = append(make([]Touch, 0, size), s.touches...)
	s.shared = false
}

// single returns the newest fresh touch of each item, in order, in the memory of fresh.
func (s *shelf) single(x *index) []placed {
	n := len(s.fresh)
	for at := n - 1; at >= 0; at-- {
		if p := s.fresh[at]; indexOf(s.fresh[n:], p.item) >= 0 {
			x.items.unpin(p.item)
		} else {
			n--
			s.fresh[n] = p
		}
	}
	return s.fresh[n:]
}

func indexOf(list []placed, item int32) int {
	for at := range list {
		if list[at].item == item {
			return at
		}
	}
	return -1
}

// unite lets go of the older touch of items that are both on the shelf and fresh. It returns the fresh ones that remain.
func (s *shelf) unite(x *index, fresh []placed) []placed {
	var seen [4]uint64 // a bit per fresh item, to pass over nearly all others quickly
	for _, p := range fresh {
		seen[p.item>>6&3] |= 1 << (p.item & 63)
	}
	n := 0
	for at, i := range s.items {
		if seen[i>>6&3]>>(i&63)&1 != 0 {
			if k := indexOf(fresh, i); k >= 0 {
				x.items.unpin(i)
				if s.touches[at] < fresh[k].touch {
					continue
				}
				fresh = slices.Delete(fresh, k, k+1)
			}
		}
		s.items[n], s.touches[n] = i, s.touches[at]
		n++
	}
	s.items, s.touches = s.items[:n], s.touches[:n]
	return fresh
}

// merge puts fresh entries between those on the shelf, which has room for them.
func (s *shelf) merge(x *index, fresh []placed) {
	from := len(s.items) - 1
	to := from + len(fresh)
	s.items, s.touches = s.items[:to+1], s.touches[:to+1]
	for k := len(fresh) - 1; k >= 0; to-- {
		p := fresh[k]
		if from >= 0 {
			if q := (placed{s.items[from], s.touches[from]}); x.compare(q, p) > 0 {
				p = q
			}
		}
		s.items[to], s.touches[to] = p.item, p.touch
		if p == fresh[k] {
			k--
		} else {
			from--
		}
	}
}
