package model

import "time"

// floor is the Touch up to which everything was forgotten to respect MaxItems, MaxFacts and Horizon. It only rises,
// and facts at or below it are refused, so that what is kept does not depend on the order in which facts came.
//
// The oldest facts are found through a heap of items by the touch of their oldest fact. A key may be too low, since
// evictions do not update it; it is corrected when it comes to the top. The heap is built when it is first needed.
type floor struct {
	at     Touch
	active bool
	heap   array[floorEntry]
	n      int // entries of heap
}

type floorEntry struct {
	key  Touch
	item int32
}

// enforce raises the floor until the index is within its bounds.
func (x *index) enforce() {
	if h := x.params.Horizon; h > 0 {
		x.raise(x.horizon(h))
	}
	for x.facts > x.params.MaxFacts || x.items.held > x.params.MaxItems {
		x.activate()
		x.raise(x.floor.oldest(x).key)
	}
}

// horizon returns the last Touch that is older than h at the newest fact.
func (x *index) horizon(h time.Duration) Touch {
	if ms := x.newest.Ms() - h.Milliseconds(); ms > 1 {
		return TouchAt(ms) - 1
	}
	return 0
}

// raise lifts the floor to t and forgets every fact at or below it.
func (x *index) raise(t Touch) {
	if t <= x.floor.at {
		return
	}
	x.floor.at = t
	x.activate()
	for x.facts > 0 && x.floor.oldest(x).key <= t {
		i := x.floor.heap.at(0).item
		x.erase(i, 0)
		if x.items.row(i).n == 0 {
			x.floor.pop(x)
			x.items.release(i)
		}
	}
}

// activate builds the heap, once.
func (x *index) activate() {
	if x.floor.active {
		return
	}
	x.floor.active = true
	for i := range int32(x.items.next) {
		if x.items.row(i).n > 0 {
			x.floor.lower(x, i, x.oldestOf(i))
		}
	}
}

// oldestOf returns the touch of an item's oldest fact.
func (x *index) oldestOf(i int32) Touch {
	return x.sessions.touchOf(int32(x.items.posting(i)[0]), i)
}

// nthNewest returns the touch of an item's n-th newest fact, 0 if fewer are kept.
func (x *index) nthNewest(i int32, n int) Touch {
	posting := x.items.posting(i)
	if len(posting) < n {
		return 0
	}
	return x.sessions.touchOf(int32(posting[len(posting)-n]), i)
}

// oldest returns the entry of the item with the oldest fact, its key corrected.
func (f *floor) oldest(x *index) floorEntry {
	for {
		top := *f.heap.at(0)
		t := x.oldestOf(top.item)
		if t == top.key {
			return top
		}
		f.heap.edit(0).key = t
		f.down(x, 0)
	}
}

// lower tells the heap that an item's oldest fact is now at t.
func (f *floor) lower(x *index, i int32, t Touch) {
	if !f.active {
		return
	}
	at := int(x.items.row(i).heap) - 1
	if at < 0 {
		at = f.n
		f.n++
		*f.heap.grow(int32(at)) = floorEntry{item: i}
	} else if f.key(at) <= t {
		return
	}
	f.heap.edit(int32(at)).key = t
	f.up(x, at)
}

func (f *floor) key(at int) Touch { return f.heap.at(int32(at)).key }

// fork returns the same floor, whose heap must be shared. It changes nothing.
func (f *floor) fork() floor { return floor{at: f.at, active: f.active, heap: f.heap.fork(), n: f.n} }

// pop removes the top entry.
func (f *floor) pop(x *index) {
	f.n--
	x.items.editRow(f.heap.at(0).item).heap = 0
	last := *f.heap.at(int32(f.n))
	if f.n > 0 {
		f.set(x, 0, last)
		f.down(x, 0)
	}
}

func (f *floor) set(x *index, at int, e floorEntry) {
	*f.heap.edit(int32(at)) = e
	x.items.editRow(e.item).heap = int32(at) + 1
}

func (f *floor) up(x *index, at int) {
	e := *f.heap.at(int32(at))
	for at > 0 && f.key((at-1)/floorArity) > e.key {
		f.set(x, at, *f.heap.at(int32((at - 1) / floorArity)))
		at = (at - 1) / floorArity
	}
	f.set(x, at, e)
}

// floorArity is the number of children of a heap node.
const floorArity = 4

func (f *floor) down(x *index, at int) {
	e := *f.heap.at(int32(at))
	for {
		child := at
		least := e.key
		for c := floorArity*at + 1; c <= floorArity*at+floorArity && c < f.n; c++ {
			if key := f.key(c); key < least {
				child, least = c, key
			}
		}
		if child == at {
			f.set(x, at, e)
			return
		}
		f.set(x, at, *f.heap.at(int32(child)))
		at = child
	}
}
