package model

// session is a visit as neighbours see it: the facts that are kept of it, in touch order. Its number is reused when it
// has no facts and is not open.
type session struct {
	visit uint32   // see Fact.Visit
	block blockRef // entries of recordWords words: item and type, high and low half of the Touch
	open  int32    // 1 + number of the visit if it may go on, else 0
	n     uint16
}

const (
	recordWords = 3
	typeBits    = 2

	// maxRecord is the longest record. Observe never makes more than SessionFacts facts per visit; facts beyond
	// maxRecord that others made are dropped.
	maxRecord = 320
)

// sessions are the visits of an index, and their records.
type sessions struct {
	dict
	table   array[session]
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
		if se.table.at(s).visit == visit {
			return s
		}
	}
	return -1
}

// lookupOpen returns the number of a session's open visit, or -1.
func (se *sessions) lookupOpen(id string) int32 {
	p := se.probe(id)
	for s := se.find(&p); s >= 0; s = se.find(&p) {
		if se.table.at(s).open > 0 {
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
		if newest < 0 || se.table.at(s).visit > se.table.at(newest).visit {
			newest = s
		}
	}
	return newest
}

// create adds a visit without facts. The caller puts one in or opens it.
func (se *sessions) create(id string, visit uint32) int32 {
	s := se.add(id)
	*se.table.grow(s) = session{visit: visit}
	return s
}

// share makes the visits ready to be forked.
func (se *sessions) share() {
	se.dict.share()
	se.table.share()
	se.records.share()
}

// fork returns the same visits. It changes nothing.
func (se *sessions) fork() sessions {
	return sessions{dict: se.dict.fork(), table: se.table.fork(), records: se.records.fork(), held: se.held}
}

// release forgets a visit that has no facts and is not open.
func (se *sessions) release(s int32) {
	if e := se.table.at(s); e.n == 0 && e.open == 0 {
		se.dict.remove(s)
	}
}

// edit returns the words of a visit's facts, of which there must be one, for writing.
func (se *sessions) edit(s int32) []uint32 {
	e := se.table.at(s)
	return se.records.edit(e.block, int(e.n))
}

// record returns the words of a visit's facts.
func (se *sessions) record(s int32) []uint32 {
	e := se.table.at(s)
	if e.n == 0 {
		return nil
	}
	return se.records.words(e.block, int(e.n))
}

// position returns where in a record an item is, or -1.
func position(record []uint32, item int32) int {
	for at := 0; at < len(record); at += recordWords {
		if int32(record[at]>>typeBits) == item {
			return at / recordWords
		}
	}
	return -1
}

// entryAt decodes the fact at a position of a record.
func entryAt(record []uint32, at int) entry {
	w := record[at*recordWords : at*recordWords+recordWords]
	return entry{item: int32(w[0] >> typeBits), kind: EventType(w[0] & (1<<typeBits - 1)), touch: Touch(w[1])<<32 | Touch(w[2])}
}

// encode is the inverse of entryAt.
func (e entry) encode(record []uint32, at int) {
	w := record[at*recordWords : at*recordWords+recordWords]
	w[0], w[1], w[2] = uint32(e.item)<<typeBits|uint32(e.kind), uint32(e.touch>>32), uint32(e.touch)
}

// touchOf returns the Touch of an item in a visit that has it.
func (se *sessions) touchOf(s, item int32) Touch {
	record := se.record(s)
	return entryAt(record, position(record, item)).touch
}

// put puts a fact at a position of a record.
func (se *sessions) put(s int32, at int, e entry) {
	t := se.table.edit(s)
	n := int(t.n)
	if n == 0 {
		t.block = se.records.alloc(1)
		se.held++
	} else {
		t.block = se.records.resize(t.block, n, n+1)
	}
	t.n++
	w := se.records.edit(t.block, n+1)
	copy(w[(at+1)*recordWords:], w[at*recordWords:n*recordWords])
	e.encode(w, at)
}

// cut takes the fact at a position out of a record, and forgets a visit that has no other and is not open.
func (se *sessions) cut(s int32, at int) {
	t := se.table.edit(s)
	n := int(t.n)
	w := se.records.edit(t.block, n)
	copy(w[at*recordWords:], w[(at+1)*recordWords:])
	t.n--
	if n > 1 {
		t.block = se.records.resize(t.block, n, n-1)
		return
	}
	se.records.free(t.block, 1)
	se.held--
	se.release(s)
}
