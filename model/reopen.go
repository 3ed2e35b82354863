package model

import "iter"

// A Visit is the state of an open session apart from its facts: what moves when a shard is split or merged.
type Visit struct {
	Session string
	Start   uint32 // see Fact.Visit
	LastMs  int64  // newest arrival of its records
	SeenMs  int64  // newest arrival of all records when it was last active
	Touch   Touch  // of its last fact
	HashKey [2]uint64
	Items   []VisitItem // least recently touched first
}

// A VisitItem is an item that a visit touched. Fact says that it made a fact of it.
type VisitItem struct {
	Item string
	Type EventType
	Fact bool
}

// Visits returns the open visits, the least recently active first.
func (m *Model) Visits() iter.Seq[Visit] {
	return func(yield func(Visit) bool) {
		for i := m.visits.oldest; i > 0; i = m.visits.table.at(i - 1).next {
			if !yield(m.export(i - 1)) {
				return
			}
		}
	}
}

func (m *Model) export(i int32) Visit {
	e := m.visits.table.at(i)
	v := Visit{
		Session: m.index.sessions.text(e.session), Start: m.index.sessions.row(e.session).visit,
		LastMs: e.last, SeenMs: e.seen, Touch: e.touch, HashKey: e.hashKey,
	}
	for _, word := range m.visits.items(i) {
		item := m.index.items.text(int32(word >> visitItemShift))
		v.Items = append(v.Items, VisitItem{Item: item, Type: EventType(word & visitKind), Fact: word&visitMember != 0})
	}
	return v
}

// Reopen opens a visit that another model had open. A session that has an open visit keeps the one that was active
// last. Reopening is fastest in the order of SeenMs.
func (m *Model) Reopen(v Visit) {
	if !validItem(v.Session) {
		return
	}
	if s := m.index.sessions.lookupOpen(v.Session); s >= 0 {
		i := m.index.sessions.row(s).open - 1
		if m.visits.table.at(i).seen >= v.SeenMs {
			return
		}
		m.closeVisit(i)
	}
	m.visits.clock = max(m.visits.clock, v.SeenMs)
	i := m.openVisit(v.Session, v.Start)
	e := m.visits.table.at(i)
	e.last, e.seen, e.touch, e.hashKey = v.LastMs, v.SeenMs, v.Touch, v.HashKey
	m.visits.settle(i)
	for _, it := range v.Items {
		m.restore(i, it)
	}
	m.trimVisits()
	m.expire()
}

// restore puts an item back into a visit, within the bounds of Observe.
func (m *Model) restore(i int32, it VisitItem) {
	e := m.visits.table.at(i)
	if !validItem(it.Item) || int(e.n) >= SessionFacts+followed || it.Fact && e.members == SessionFacts {
		return
	}
	item := m.index.items.intern(it.Item)
	if m.visits.find(i, item) >= 0 {
		return
	}
	word := uint32(item)<<visitItemShift | uint32(min(it.Type, Purchase))
	if it.Fact {
		word |= visitMember
		e.members++
	}
	m.index.items.pin(item)
	m.visits.push(i, word)
}
