package model

// item is what the index knows about one item. Its number is reused when nothing refers to it any more.
type item struct {
	posting  blockRef // numbers of the sessions that touched it, oldest first
	n        uint16   // their number; 0 while the item is only pinned
	brand    uint16   // label, see LabelOf
	category uint32
	labelled uint32 // seconds of the Touch that brought the label
	pins     uint32 // references from shelves and open sessions
	heap     int32  // 1 + position in the heap of oldest facts, 0 if not in it
}

// items are the items of an index, and their postings.
type items struct {
	dict[item]
	postings slab
	held     int // items with facts
}

// intern returns the number of an item, new if need be.
func (it *items) intern(id string) int32 {
	if i := it.lookup(id); i >= 0 {
		return i
	}
	return it.create(id)
}

// create gives an item that has no number one.
func (it *items) create(id string) int32 {
	return it.add(id, item{})
}

// posting returns the sessions that touched an item, oldest first.
func (it *items) posting(i int32) []uint32 {
	e := it.row(i)
	if e.n == 0 {
		return nil
	}
	return it.postings.words(e.posting, int(e.n))
}

// share makes the items ready to be forked.
func (it *items) share() {
	it.dict.share()
	it.postings.share()
}

// fork returns the same items. It changes nothing.
func (it *items) fork() items {
	return items{dict: it.dict.fork(), postings: it.postings.fork(), held: it.held}
}

// link puts a session at a position of an item's posting.
func (it *items) link(i int32, at int, session int32) {
	e := it.editRow(i)
	n := int(e.n)
	if n == 0 {
		e.posting = it.postings.alloc(1)
		it.held++
	} else {
		e.posting = it.postings.resize(e.posting, n, n+1)
	}
	e.n++
	w := it.postings.edit(e.posting, n+1)
	copy(w[at+1:], w[at:n])
	w[at] = uint32(session)
}

// unlink takes the session at a position out of an item's posting.
func (it *items) unlink(i int32, at int) {
	e := it.editRow(i)
	n := int(e.n)
	w := it.postings.edit(e.posting, n)
	copy(w[at:], w[at+1:])
	e.n--
	if n == 1 {
		it.postings.free(e.posting, 1)
		it.held--
	} else {
		e.posting = it.postings.resize(e.posting, n, n-1)
	}
}

// pin keeps an item's number until the matching unpin.
func (it *items) pin(i int32) { it.editRow(i).pins++ }

// unpin takes back a pin.
func (it *items) unpin(i int32) {
	it.editRow(i).pins--
	it.release(i)
}

// release forgets an item that nothing refers to.
func (it *items) release(i int32) {
	if it.forgotten(i) {
		it.dict.remove(i)
	}
}

// forgotten reports whether a number that was in use has been released.
func (it *items) forgotten(i int32) bool {
	e := it.row(i)
	return e.n == 0 && e.pins == 0
}
