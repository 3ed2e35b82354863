package model

// Recommend appends the k items that a session is most likely to touch next to dst, best first, and returns the
// extended slice. The session's newest item is not among them; its earlier ones may be. A session that is not open is
// answered from its newest visit that is still kept, one that is not known at all with what is popular.
func (m *Model) Recommend(dst []Scored, session string, k int) []Scored {
	q := m.scorer.reset(m.index)
	id := LongSessionID(session)
	if s := m.index.sessions.lookupOpen(id); s >= 0 {
		m.askVisit(q, s)
	} else if s := m.index.sessions.lookupNewest(id); s >= 0 {
		m.askRecord(q, s)
	}
	return m.scorer.list(dst, k)
}

// askVisit makes the open visit of a session the query.
func (m *Model) askVisit(q *query, s int32) {
	words := m.visits.items(m.index.sessions.table.at(s).open - 1)
	for at := len(words) - 1; at >= 0; at-- {
		q.add(int32(words[at]>>visitItemShift), EventType(words[at]&visitKind))
	}
	q.self = uint32(s)
}

// askRecord makes what is kept of a visit the query.
func (m *Model) askRecord(q *query, s int32) {
	record := m.index.sessions.record(s)
	n := len(record) / recordWords
	for at := n - 1; at >= max(0, n-recordView); at-- {
		e := entryAt(record, at)
		q.add(e.item, e.kind)
	}
	q.self = uint32(s)
}

// RecommendItems is Recommend for a session that touched the items, oldest first, and nothing else. Items that the
// model does not know count for nothing, and so does all but the last mention of an item; of more than SessionFacts
// items, the newest count.
func (m *Model) RecommendItems(dst []Scored, items []string, k int) []Scored {
	q := m.scorer.reset(m.index)
	for at := len(items) - 1; at >= 0 && len(q.items) < SessionFacts; at-- {
		if i := m.known(items[at]); i >= 0 && !q.has(i) {
			q.add(i, View)
		}
	}
	return m.scorer.list(dst, k)
}

func (q *query) has(item int32) bool {
	for _, i := range q.items {
		if i == item {
			return true
		}
	}
	return false
}

// Similar appends the k items that go best with an item to dst, best first, and returns the extended slice. For an item
// that the model does not know there are none.
func (m *Model) Similar(dst []Scored, item string, k int) []Scored {
	i := m.known(item)
	if i < 0 {
		return dst
	}
	m.scorer.reset(m.index).add(i, View)
	return m.scorer.list(dst, k)
}

// known returns the number of an item of which facts are kept, or -1.
func (m *Model) known(id string) int32 {
	if i := m.index.items.lookup(id); i >= 0 && m.index.items.table.at(i).n > 0 {
		return i
	}
	return -1
}
