package model

// session is a visit as neighbours see it: the facts that are kept of it, in touch order. Its number is reused when it
// has no facts and is not open.
type session struct {
	visit uint32   // see Fact.Visit
	open  int32    // 1 + number of the visit if it may go on, else 0
	block blockRef // item and type of each fact, timed
	n     uint16
}

const (
	typeBits = 2

	// maxRecord is the longest record. Observe never makes more than SessionFacts facts per visit; facts beyond
	// maxRecord that others made are dropped.
	maxRecord = 320
)

// sessions are the visits of an index, and their records.
type sessions struct {
	dict[session]
	records slab
	held    int // sessions with facts
}

// entry is one fact of a record.
type entry struct {
	item  int32
	kind  EventType
	touch Touch
}

// lookupVisit returns the number of a visit, or -1.
func (se *sessions) lookupVisit(id string, visit uint32) int32 {
	p := se.probe(id)
	for s := se.find(&p); s >= 0; s = se.find(&p) {
		if se.row(s).visit == visit {
			return s
		}
	}
	return -1
}

// lookupOpen returns the number of a session's open visit, or -1.
func (se *sessions) lookupOpen(id string) int32 { return se.openOf(se.probe(id)) }

// openOf returns the number of the open visit of a probe's session, or -1.
func (se *sessions) openOf(p probe) int32 {
	for s := se.find(&p); s >= 0; s = se.find(&p) {
		if se.row(s).open > 0 {
			return s
		}
	}
	return -1
}

// lookupNewest returns the number of a session's newest visit, or -1.
func (se *sessions) lookupNewest(id string) int32 {
	newest := int32(-1)
	p := se.probe(id)
	for s := se.find(&p); s >= 0; s = se.find(&p) {
		if newest < 0 || se.row(s).visit > se.row(newest).visit {
			newest = s
		}
	}
	return newest
}

// create adds a visit without facts. The caller puts one in or opens it.
func (se *sessions) create(id string, visit uint32) int32 {
	return se.add(id, session{visit: visit})
}

// share makes the visits ready to be forked.
func (se *sessions) share() {
	se.dict.share()
	se.records.share()
}

// fork returns the same visits. It changes nothing.
func (se *sessions) fork() sessions {
	return sessions{dict: se.dict.fork(), records: se.records.fork(), held: se.held}
}

// release forgets a visit that has no facts and is not open.
func (se *sessions) release(s int32) {
	if e := se.row(s); e.n == 0 && e.open == 0 {
		se.dict.remove(s)
	}
}

// A record is the facts of a visit in touch order: item and type of each, and their touches beside them.
type record struct {
	words   []uint32
	touches []Touch
}

// record returns the facts of a visit.
func (se *sessions) record(s int32) record {
	e := se.row(s)
	if e.n == 0 {
		return record{}
	}
	return record{se.records.words(e.block, int(e.n)), se.records.touches(e.block, int(e.n))}
}

// edit returns the first n facts of a block for writing.
func (se *sessions) edit(block blockRef, n int) record {
	return record{se.records.edit(block, n), se.records.touches(block, n)}
}

func (r record) len() int { return len(r.words) }

// position returns where in a record an item is, or -1.
func (r record) position(item int32) int {
	for at, word := range r.words {
		if int32(word>>typeBits) == item {
			return at
		}
	}
	return -1
}

// at returns the fact at a position.
func (r record) at(at int) entry {
	w := r.words[at]
	return entry{item: int32(w >> typeBits), kind: EventType(w & (1<<typeBits - 1)), touch: r.touches[at]}
}

// set puts a fact at a position.
func (r record) set(at int, e entry) {
	r.words[at], r.touches[at] = uint32(e.item)<<typeBits|uint32(e.kind), e.touch
}

// touchOf returns the Touch of an item in a visit that has it.
func (se *sessions) touchOf(s, item int32) Touch {
	r := se.record(s)
	return r.touches[r.position(item)]
}

// put puts a fact at a position of a record.
func (se *sessions) put(s int32, at int, e entry) {
	t := se.editRow(s)
	n := int(t.n)
	if n == 0 {
		t.block = se.records.alloc(1)
		se.held++
	} else {
		t.block = se.records.resize(t.block, n, n+1)
	}
	t.n++
	r := se.edit(t.block, n+1)
	copy(r.words[at+1:], r.words[at:n])
	copy(r.touches[at+1:], r.touches[at:n])
	r.set(at, e)
}

// fill makes facts, in touch order, the record of a visit that has none.
func (se *sessions) fill(s int32, facts []VisitFact) {
	n := len(facts)
	t := se.editRow(s)
	t.block, t.n = se.records.alloc(n), uint16(n)
	se.held++
	r := se.edit(t.block, n)
	for at, f := range facts {
		r.set(at, entry{item: f.Item, kind: min(f.Type, Purchase), touch: f.Touch})
	}
}

// cut takes the fact at a position out of a record, and forgets a visit that has no other and is not open.
func (se *sessions) cut(s int32, at int) {
	t := se.editRow(s)
	n := int(t.n)
	r := se.edit(t.block, n)
	copy(r.words[at:], r.words[at+1:])
	copy(r.touches[at:], r.touches[at+1:])
	t.n--
	if n > 1 {
		t.block = se.records.resize(t.block, n, n-1)
		return
	}
	se.records.free(t.block, 1)
	se.held--
	se.release(s)
}
