package model

// Observe folds a record into the model: its session's visit and the index. It appends to facts the facts that are new,
// became stronger or say something new about their item, which is all that another model needs to see what this one saw, and returns the extended slice.
//
// Records of a session come in order. A record that was observed before makes no facts, and neither does one that is
// more than SessionTTL older than what its session did last.
func (m *Model) Observe(facts []Fact, r Record) []Fact {
	id := LongSessionID(r.Session)
	if id == "" || !namesItem(r.Items) {
		return facts
	}
	p, q := m.fetch(id, &r.Items[0])
	v := &m.visits
	v.clock = max(v.clock, r.ArrivalMs)
	m.expire()
	i := m.visit(p, &r)
	if i < 0 {
		return facts
	}
	for k := range r.Items {
		act, made := &r.Items[k], len(facts)
		if k > 0 {
			q = m.index.items.probe(act.Item)
		}
		if validItem(act.Item) {
			facts = m.step(facts, i, id, m.index.items.find(&q), act, r.ArrivalMs)
		}
		if m.wide != nil {
			m.wide.spread(facts[made:])
		}
	}
	return facts
}

// Advance tells the model that records which arrived until a time have been seen, elsewhere or because there are none. It
// frees the visits that are over; records of a session find the same visits with and without it, but Recommend answers
// from what is kept of a visit, no longer from the open one.
func (m *Model) Advance(arrivalMs int64) {
	m.visits.clock = max(m.visits.clock, arrivalMs)
	m.expire()
}

func validItem(id string) bool { return id != "" && len(id) <= MaxIDBytes }

func namesItem(acts []Interaction) bool {
	for i := range acts {
		if validItem(acts[i].Item) {
			return true
		}
	}
	return false
}

// visit returns the open visit that a record belongs to, new if need be, or -1 if the record is of an earlier one.
func (m *Model) visit(p probe, r *Record) int32 {
	v, ttl := &m.visits, m.params.SessionTTL.Milliseconds()
	i := int32(-1)
	if s := m.index.sessions.openOf(p); s >= 0 {
		i = m.index.sessions.row(s).open - 1
	}
	if i >= 0 && r.ArrivalMs < v.table.at(i).last-ttl {
		return -1
	}
	if i >= 0 && r.ArrivalMs > v.table.at(i).last+ttl {
		m.closeVisit(i)
		i = -1
	}
	if i < 0 {
		i = m.openVisit(p.text, TouchAt(r.ArrivalMs).seconds())
		m.visits.table.at(i).last = r.ArrivalMs
		m.trimVisits()
	} else {
		v.activate(i)
	}
	e := v.table.at(i)
	e.last, e.seen, e.hashKey = max(e.last, r.ArrivalMs), v.clock, r.HashKey
	return i
}

// openVisit begins a visit.
func (m *Model) openVisit(id string, start uint32) int32 {
	se := &m.index.sessions
	s := se.lookupVisit(id, start)
	if s < 0 {
		s = se.create(id, start)
	}
	i := m.visits.open(s)
	se.editRow(s).open = i + 1
	return i
}

// trimVisits ends the least recently active visits while there are too many.
func (m *Model) trimVisits() {
	for m.visits.count > m.params.MaxOpen {
		m.closeVisit(m.visits.oldest - 1)
	}
}

// step folds one interaction, with an item of this number, -1 if it has none, into a visit.
func (m *Model) step(facts []Fact, i int32, id string, item int32, act *Interaction, arrivalMs int64) []Fact {
	v, kind := &m.visits, min(act.Type, Purchase)
	at := -1
	if item >= 0 {
		at = v.find(i, item)
	}
	if at < 0 && v.table.at(i).members < SessionFacts {
		return m.create(facts, i, id, item, act, arrivalMs)
	}
	if at < 0 {
		m.follow(i, m.index.items.intern(act.Item), kind)
		return facts
	}
	member := v.items(i)[at]&visitMember != 0
	if was := v.promote(i, at, kind); member && kind > was {
		return m.strengthen(facts, i, id, item, kind)
	}
	return facts
}

// create makes a fact of an item that is new in the visit.
func (m *Model) create(facts []Fact, i int32, id string, item int32, act *Interaction, arrivalMs int64) []Fact {
	e, kind := m.visits.table.at(i), min(act.Type, Purchase)
	e.touch = max(TouchAt(arrivalMs), e.touch+1)
	e.members++
	f := Fact{
		Session: id, Visit: m.index.sessions.row(e.session).visit, Item: act.Item,
		Touch: e.touch, Type: kind, Label: LabelOf(act.Category, act.Brand),
	}
	item, news := m.keepFact(&f, item, e.session)
	if item < 0 {
		item = m.index.items.intern(act.Item)
	}
	m.index.items.pin(item)
	m.visits.push(i, uint32(item)<<visitItemShift|visitMember|uint32(kind))
	if news {
		facts = append(facts, f)
	}
	return facts
}

// keepFact joins a fact that was just made, unless the model is lean. It returns the number that the item has then, and
// whether others need to know the fact. With an Edition every fact is for others to judge, since what the model itself has
// kept of an item depends on when it was shed.
func (m *Model) keepFact(f *Fact, item, session int32) (int32, bool) {
	if m.lean {
		return item, true
	}
	item, c := m.index.add(f, item, session)
	return item, m.wide != nil || c.news()
}

// strengthen raises the type of a fact that the visit made, if it is still kept. With an Edition that is where to look: another
// shard may have made the fact, before the visit moved here.
func (m *Model) strengthen(facts []Fact, i int32, id string, item int32, kind EventType) []Fact {
	visit := m.index.sessions.row(m.visits.table.at(i).session).visit
	f := Fact{Session: id, Visit: visit, Item: m.index.items.text(item), Type: kind}
	held, ok := m.sight().held(&f)
	if !ok || held.kind >= kind {
		return facts
	}
	f.Touch = held.touch
	if !m.lean {
		m.index.addValid(f)
	}
	return append(facts, f)
}

// follow remembers an item of a visit that makes no more facts.
func (m *Model) follow(i, item int32, kind EventType) {
	v := &m.visits
	if e := v.table.at(i); e.n >= SessionFacts+followed {
		m.index.items.unpin(v.forget(i))
	}
	m.index.items.pin(item)
	v.push(i, uint32(item)<<visitItemShift|uint32(kind))
}

// grace is how long a visit is kept, on the clock of all sessions, after it ended on its own: arrival times are not in
// order, and one session's visits must not depend on another's records.
const graceMs = 60_000

// expire closes the visits that have been silent for long enough.
func (m *Model) expire() {
	v, ttl := &m.visits, m.params.SessionTTL.Milliseconds()
	for v.oldest > 0 && v.table.at(v.oldest-1).seen+ttl+graceMs < v.clock {
		m.closeVisit(v.oldest - 1)
	}
}

// closeVisit forgets a visit and unpins its items.
func (m *Model) closeVisit(i int32) {
	for _, word := range m.visits.items(i) {
		m.index.items.unpin(int32(word >> visitItemShift))
	}
	se, s := &m.index.sessions, m.visits.table.at(i).session
	m.visits.close(i)
	se.editRow(s).open = 0
	se.release(s)
}
