package model

import "cmp"

// index is the set of facts that a model keeps, arranged for scoring. It is a function of the set of facts that it was
// given, in whatever order: see the package documentation for why the caps preserve that.
type index struct {
	params   Params
	items    items
	sessions sessions
	shelves  shelves
	floor    floor
	facts    int
	newest   Touch // of all facts that were offered
}

func newIndex(p Params) *index {
	x := &index{params: p, shelves: newShelves(p)}
	x.items.init()
	x.sessions.init()
	x.sessions.records.timed = true
	return x
}

// share makes the index ready to be forked.
func (x *index) share() {
	x.shelves.settle(x)
	x.items.share()
	x.sessions.share()
	x.shelves.share()
	x.floor.heap.share()
}

// fork returns an index of the same facts, in the same memory until one of the two writes to it; the original must have
// been shared since it was last changed. A fork is shared itself. While an index is not changed, any number of goroutines
// may read and fork it.
func (x *index) fork() *index {
	return &index{
		params: x.params, items: x.items.fork(), sessions: x.sessions.fork(), shelves: x.shelves.fork(), floor: x.floor.fork(),
		facts: x.facts, newest: x.newest,
	}
}

// lookup returns the numbers of a fact's item and visit, -1 for what is not known.
func (x *index) lookup(f *Fact) (i, s int32) {
	return x.items.lookup(f.Item), x.sessions.lookupVisit(f.Session, f.Visit)
}

// held returns the entry that is kept for the item and visit of a fact.
func (x *index) held(f *Fact) (entry, bool) {
	i, s := x.lookup(f)
	if i < 0 || s < 0 {
		return entry{}, false
	}
	record := x.sessions.record(s)
	at := record.position(i)
	if at < 0 {
		return entry{}, false
	}
	return record.at(at), true
}

// addValid joins a fact that comes from elsewhere, if its ids are valid.
func (x *index) addValid(f Fact) {
	if f.named() {
		f.Type = min(f.Type, Purchase)
		i, s := x.lookup(&f)
		x.add(&f, i, s)
	}
}

// add joins a fact, whose item and visit have the numbers i and s, -1 for what is not known. It returns the number that
// the item has then, -1 if none.
func (x *index) add(f *Fact, i, s int32) (int32, change) {
	if f.Touch <= x.floor.at {
		return i, refused
	}
	ahead := f.Touch > x.newest // of every fact: no need to look where it goes
	x.newest = max(x.newest, f.Touch)
	at := -1
	if i >= 0 && s >= 0 {
		at = x.sessions.record(s).position(i)
	}
	c := refused
	if at >= 0 {
		c = x.join(i, s, at, f)
	} else if x.admits(i, s, f, ahead) {
		i, c = x.insert(i, s, f, f.Type, ahead), created
	}
	if x.label(i, f.Touch, f.Label) && c != created && c != strengthened {
		c = labelled
	}
	x.enforce()
	if f.Touch <= x.floor.at {
		c = refused // it was forgotten at once
	}
	if i >= 0 && x.items.forgotten(i) {
		return -1, refused
	}
	return i, c
}

// join merges a fact with the one that is kept for its item and visit: earlier touch, stronger type.
func (x *index) join(i, s int32, at int, f *Fact) change {
	record := x.sessions.record(s)
	held := record.at(at)
	kind := max(held.kind, f.Type)
	if f.Touch < held.touch {
		x.erase(i, x.postingAt(i, s))
		x.insert(i, x.sessions.lookupVisit(f.Session, f.Visit), f, kind, false)
		return strengthened
	}
	if kind == held.kind {
		return unchanged
	}
	held.kind = kind
	t := x.sessions.row(s)
	x.sessions.edit(t.block, int(t.n)).set(at, held)
	return strengthened
}

// admits reports whether a new fact would be kept: there is room, or it is newer than the oldest of its item.
func (x *index) admits(i, s int32, f *Fact, ahead bool) bool {
	if s >= 0 && x.sessions.row(s).n == maxRecord {
		return false
	}
	if ahead || i < 0 || int(x.items.row(i).n) < x.params.PerItem {
		return true
	}
	return x.older(x.items.posting(i)[0], i, f)
}

// older reports whether the fact that a visit has of an item is before f in the total order.
func (x *index) older(s uint32, i int32, f *Fact) bool {
	if c := cmp.Compare(x.sessions.touchOf(int32(s), i), f.Touch); c != 0 {
		return c < 0
	}
	if c := cmp.Compare(x.sessions.text(int32(s)), f.Session); c != 0 {
		return c < 0
	}
	return x.sessions.row(int32(s)).visit < f.Visit
}

// insert keeps a new fact. It returns the number of its item.
func (x *index) insert(i, s int32, f *Fact, kind EventType, ahead bool) int32 {
	if i < 0 {
		i = x.items.create(f.Item)
	}
	if s < 0 {
		s = x.sessions.create(f.Session, f.Visit)
	}
	n := int(x.items.row(i).n)
	at := n
	if !ahead {
		at = x.postingPosition(i, f)
	}
	x.sessions.put(s, x.recordPosition(s, f), entry{item: i, kind: kind, touch: f.Touch})
	x.facts++
	x.post(i, at, s, f.Touch)
	x.shelves.touched(x, i, f.Touch)
	return i
}

// post puts a visit, whose record has the fact, at a position of an item's posting.
func (x *index) post(i int32, at int, s int32, t Touch) {
	x.items.link(i, at, s)
	if at == 0 {
		x.floor.lower(x, i, t)
	}
	if int(x.items.row(i).n) > x.params.PerItem {
		x.erase(i, 0)
	}
}

// postingPosition returns where a new fact goes in the posting of its item: at the end, unless facts come out of order.
func (x *index) postingPosition(i int32, f *Fact) int {
	posting := x.items.posting(i)
	low, high := 0, len(posting)
	for mid := high - 1; low < high; mid = (low + high) / 2 {
		if x.older(posting[mid], i, f) {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// recordPosition returns where a new fact goes in the record of its visit: touch order, then raw item id.
func (x *index) recordPosition(s int32, f *Fact) int {
	record := x.sessions.record(s)
	at := record.len()
	for ; at > 0; at-- {
		e := record.at(at - 1)
		if e.touch < f.Touch || e.touch == f.Touch && x.items.text(e.item) < f.Item {
			break
		}
	}
	return at
}

// postingAt returns where in an item's posting a visit is that must be there.
func (x *index) postingAt(i, s int32) int {
	posting := x.items.posting(i)
	at := len(posting) - 1
	for posting[at] != uint32(s) {
		at--
	}
	return at
}

// erase forgets the fact at a position of an item's posting, and its visit if that has no other. The item's number
// stays; the caller releases it.
func (x *index) erase(i int32, at int) {
	s := int32(x.items.posting(i)[at])
	x.items.unlink(i, at)
	x.sessions.cut(s, x.sessions.record(s).position(i))
	x.facts--
}

// label joins what a fact at a touch says about its item, and reports whether it says something else than what is known.
func (x *index) label(i int32, t Touch, l Label) (news bool) {
	if i < 0 || l == (Label{}) {
		return false
	}
	e := x.items.row(i)
	held := Label{e.category, e.brand}
	if c := cmp.Compare(e.labelled, t.seconds()); c < 0 || c == 0 && held.before(l) {
		e, news = x.items.editRow(i), true
		e.labelled, e.category, e.brand = t.seconds(), l.Category, l.Brand
	}
	x.shelves.put(x, l.Category, i, t)
	return news
}

// labelOf returns the label of an item, zero if it has none or only one from below the floor.
func (x *index) labelOf(i int32) Label {
	e := x.items.row(i)
	if x.floor.at > 0 && e.labelled <= x.floor.at.seconds() {
		return Label{}
	}
	return Label{e.category, e.brand}
}
