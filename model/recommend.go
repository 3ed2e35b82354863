package model

// Recommend appends the k items that a session is most likely to touch next to dst, best first, and returns the
// extended slice. The session's newest item is not among them; its earlier ones may be. A session that is not open is
// answered from its newest visit that is still kept, one that is not known at all with what is popular.
func (m *Model) Recommend(dst []Scored, session string, k int) []Scored {
	m.askSession(session)
	return m.scorer.list(dst, k)
}

// askSession makes a session the query.
func (m *Model) askSession(session string) {
	x := m.sight()
	q := m.scorer.reset(x)
	id := LongSessionID(session)
	if s := m.index.sessions.lookupOpen(id); s >= 0 {
		m.askVisit(q, x, s)
	} else if s := x.sessions.lookupNewest(id); s >= 0 {
		x.askRecord(q, s)
	}
}

// askVisit makes the open visit of a session the query, in the numbers of x.
func (m *Model) askVisit(q *query, x *index, s int32) {
	e := m.index.sessions.row(s)
	words := m.visits.items(e.open - 1)
	for at := len(words) - 1; at >= 0; at-- {
		item, kind := int32(words[at]>>visitItemShift), EventType(words[at]&visitKind)
		if x == m.index {
			q.add(item, kind)
		} else {
			q.addText(x, m.index.items.text(item), kind)
		}
	}
	if x != m.index {
		s = x.sessions.lookupVisit(m.index.sessions.text(s), e.visit)
	}
	if q.self = uint32(s); s >= 0 { // noSession if x does not know it
		q.returns.note(q, x.sessions.record(s))
	}
}

// askRecord makes what is kept of a visit the query.
func (x *index) askRecord(q *query, s int32) {
	record := x.sessions.record(s)
	n := record.len()
	for at := n - 1; at >= max(0, n-recordView); at-- {
		e := record.at(at)
		q.add(e.item, e.kind)
	}
	q.self = uint32(s)
}

// RecommendItems is Recommend for a session that touched the items, oldest first, and nothing else. Items that the
// model does not know count for nothing, and an item counts at its last mention: earlier ones only say that the session
// goes back to items. Of more than SessionFacts items, the newest count.
func (m *Model) RecommendItems(dst []Scored, items []string, k int) []Scored {
	m.askItems(items)
	return m.scorer.list(dst, k)
}

// askItems makes items, oldest first, the query.
func (m *Model) askItems(items []string) {
	x := m.sight()
	q := m.scorer.reset(x)
	for at := len(items) - 1; at >= 0 && len(q.items) < SessionFacts; at-- {
		if i := x.known(items[at]); i >= 0 && q.position(i) < 0 {
			q.add(i, View)
		}
	}
	q.returns.noteItems(q, x, items)
}

// Similar appends the k items that go best with an item to dst, best first, and returns the extended slice. For an item
// that the model does not know there are none.
func (m *Model) Similar(dst []Scored, item string, k int) []Scored {
	x := m.sight()
	i := x.known(item)
	if i < 0 {
		return dst
	}
	m.scorer.reset(x).add(i, View)
	return m.scorer.list(dst, k)
}

// known returns the number of an item of which facts are kept, or -1.
func (x *index) known(id string) int32 {
	if i := x.items.lookup(id); i >= 0 && x.items.row(i).n > 0 {
		return i
	}
	return -1
}
