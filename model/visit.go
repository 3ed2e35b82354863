package model

// visit is an open session: what the model must remember of it, besides its facts, to make more of them and to
// recommend.
type visit struct {
	session int32
	n       uint16 // entries of block
	members uint16 // items that it made facts of, at most SessionFacts
	block   blockRef
	last    int64 // newest arrival of its records
	seen    int64 // the clock at its last record
	touch   Touch // of its last fact
	hashKey [2]uint64
	prev    int32 // 1 + the visit that was active before this one, 0 if none
	next    int32
}

// Entries of a visit: item number, whether the visit made a fact of it, and the strongest type.
const (
	visitItemShift = 3
	visitMember    = 1 << 2
	visitKind      = 1<<2 - 1
)

// visits are the open sessions, in the order of their last activity.
type visits struct {
	table  array[visit]
	blocks slab
	spare  []int32 // numbers to reuse
	count  int
	oldest int32 // 1 + number, 0 if there is none
	newest int32
	finger int32 // where settle has put the last one
	clock  int64 // newest arrival seen
}

// items returns what a visit did, least recently touched item first.
func (v *visits) items(i int32) []uint32 {
	e := v.table.at(i)
	if e.n == 0 {
		return nil
	}
	return v.blocks.words(e.block, int(e.n))
}

// open begins a visit and makes it the most recently active.
func (v *visits) open(session int32) int32 {
	i := int32(v.table.n)
	if k := len(v.spare); k > 0 {
		i, v.spare = v.spare[k-1], v.spare[:k-1]
	}
	v.count++
	*v.table.grow(i) = visit{session: session}
	v.link(i)
	return i
}

// close forgets a visit; the caller has unpinned its items.
func (v *visits) close(i int32) {
	if e := v.table.at(i); e.n > 0 {
		v.blocks.free(e.block, room(int(e.n)))
	}
	v.unlink(i)
	v.spare = append(v.spare, i)
	v.count--
}

// activate makes a visit the most recently active.
func (v *visits) activate(i int32) {
	v.unlink(i)
	v.link(i)
}

// settle moves a visit, which is the last in the order of activity, to where its seen time belongs: behind all that were active no later. It begins
// where the one before was put, so settling the visits of several shards, each in order, passes each of them once. It returns how many it has passed.
func (v *visits) settle(i int32) (passed int) {
	e := v.table.at(i)
	if e.prev == 0 || v.table.at(e.prev-1).seen <= e.seen {
		v.finger = i + 1
		return 0
	}
	after := e.prev
	if v.finger > 0 && v.finger != i+1 {
		after = v.finger
	}
	for ; after > 0 && v.table.at(after-1).seen > e.seen; passed++ {
		after = v.table.at(after - 1).prev
	}
	for ; v.follower(after).seen <= e.seen; passed++ { // ends before the last but one, which was active later
		after = v.next(after)
	}
	v.unlink(i)
	v.insert(i, after)
	v.finger = i + 1
	return passed
}

// next is 1 + the visit behind one, or the first one behind 0.
func (v *visits) next(after int32) int32 {
	if after == 0 {
		return v.oldest
	}
	return v.table.at(after - 1).next
}

func (v *visits) follower(after int32) *visit { return v.table.at(v.next(after) - 1) }

// insert links a visit behind one that is not the last, or before all others if that is 0.
func (v *visits) insert(i, after int32) {
	e := v.table.at(i)
	e.prev, e.next = after, v.next(after)
	if after > 0 {
		v.table.at(after - 1).next = i + 1
	} else {
		v.oldest = i + 1
	}
	v.table.at(e.next - 1).prev = i + 1
}

// link makes a visit the last in the order of activity.
func (v *visits) link(i int32) {
	e := v.table.at(i)
	e.prev, e.next = v.newest, 0
	if v.newest > 0 {
		v.table.at(v.newest - 1).next = i + 1
	} else {
		v.oldest = i + 1
	}
	v.newest = i + 1
}

func (v *visits) unlink(i int32) {
	e := v.table.at(i)
	if v.finger == i+1 {
		v.finger = e.prev
	}
	if e.prev > 0 {
		v.table.at(e.prev - 1).next = e.next
	} else {
		v.oldest = e.next
	}
	if e.next > 0 {
		v.table.at(e.next - 1).prev = e.prev
	} else {
		v.newest = e.prev
	}
}

// find returns the position of an item in a visit, or -1, looking at the most recent first.
func (v *visits) find(i, item int32) int {
	words := v.items(i)
	for at := len(words) - 1; at >= 0; at-- {
		if int32(words[at]>>visitItemShift) == item {
			return at
		}
	}
	return -1
}

// room is the size of the block of a visit with n ≥ 1 entries: most entries come without a new block.
func room(n int) int { return (n + 3) &^ 3 }

// push appends an entry, the most recent.
func (v *visits) push(i int32, word uint32) {
	e := v.table.at(i)
	n := int(e.n)
	if n == 0 {
		e.block = v.blocks.alloc(room(1))
	} else {
		e.block = v.blocks.resize(e.block, room(n), room(n+1))
	}
	e.n++
	v.blocks.words(e.block, n+1)[n] = word
}

// promote makes the entry at a position the most recent, with a type at least kind. It returns the entry's old type.
func (v *visits) promote(i int32, at int, kind EventType) EventType {
	words := v.items(i)
	word := words[at]
	was := EventType(word & visitKind)
	copy(words[at:], words[at+1:])
	words[len(words)-1] = word&^visitKind | uint32(max(was, kind))
	return was
}

// forget removes the least recent entry that is no fact and returns its item.
func (v *visits) forget(i int32) int32 {
	words := v.items(i)
	at := 0
	for words[at]&visitMember != 0 {
		at++
	}
	item := int32(words[at] >> visitItemShift)
	copy(words[at:], words[at+1:])
	e := v.table.at(i)
	e.block = v.blocks.resize(e.block, room(int(e.n)), room(int(e.n)-1))
	e.n--
	return item
}
