package model

// Observe folds a record into the model: its session's visit and the index. It appends to facts the facts that are new
// or became stronger, which is all that another model needs to see what this one saw, and returns the extended slice.
//
// Records of a session come in order. A record that was observed before makes no facts, and neither does one that is
// more than SessionTTL older than what its session did last.
func (m *Model) Observe(facts []Fact, r Record) []Fact {
	id := LongSessionID(r.Session)
	if id == "" || !namesItem(r.Items) {
		return facts
	}
	v := &m.visits
	v.clock = max(v.clock, r.ArrivalMs)
	m.expire()
	i := m.visit(id, &r)
	if i < 0 {
		return facts
	}
	for k := range r.Items {
		if act := &r.Items[k]; validItem(act.Item) {
			facts = m.step(facts, i, id, act, r.ArrivalMs)
		}
	}
	return facts
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
func (m *Model) visit(id string, r *Record) int32 {
	v, ttl := &m.visits, m.params.SessionTTL.Milliseconds()
	i := v.lookup(id)
	if i >= 0 && r.ArrivalMs < v.table.at(i).last-ttl {
		return -1
	}
	if i >= 0 && r.ArrivalMs > v.table.at(i).last+ttl {
		m.closeVisit(i)
		i = -1
	}
	if i < 0 {
		i = v.open(id, TouchAt(r.ArrivalMs).seconds())
		v.table.at(i).last = r.ArrivalMs
		if v.len() > m.params.MaxOpen {
			m.closeVisit(v.oldest - 1)
		}
	} else {
		v.activate(i)
	}
	e := v.table.at(i)
	e.last, e.seen, e.hashKey = max(e.last, r.ArrivalMs), v.clock, r.HashKey
	return i
}

// step folds one interaction into a visit.
func (m *Model) step(facts []Fact, i int32, id string, act *Interaction, arrivalMs int64) []Fact {
	v, kind := &m.visits, min(act.Type, Purchase)
	item := m.index.items.lookup(act.Item)
	if item >= 0 {
		if at := v.find(i, item); at >= 0 {
			member := v.items(i)[at]&visitMember != 0
			if was := v.promote(i, at, kind); member && kind > was {
				return m.strengthen(facts, i, id, item, kind)
			}
			return facts
		}
	}
	if v.table.at(i).members == SessionFacts {
		m.follow(i, item, kind)
		return facts
	}
	return m.create(facts, i, id, act, arrivalMs)
}

// create makes a fact of an item that is new in the visit.
func (m *Model) create(facts []Fact, i int32, id string, act *Interaction, arrivalMs int64) []Fact {
	v, kind := &m.visits, min(act.Type, Purchase)
	e := v.table.at(i)
	t := max(TouchAt(arrivalMs), e.touch+1)
	f := Fact{Session: id, Visit: e.start, Item: act.Item, Touch: t, Type: kind, Label: LabelOf(act.Category, act.Brand)}
	item, c := m.index.add(&f)
	if item < 0 {
		item = m.index.items.intern(act.Item)
	}
	e.touch = t
	e.members++
	m.index.items.pin(item)
	v.push(i, uint32(item)<<visitItemShift|visitMember|uint32(kind))
	if c == refused {
		return facts
	}
	return append(facts, f)
}

// strengthen raises the type of a fact that the visit made, if it is still kept.
func (m *Model) strengthen(facts []Fact, i int32, id string, item int32, kind EventType) []Fact {
	x, start := m.index, m.visits.table.at(i).start
	s := x.sessions.lookupVisit(id, start)
	if s < 0 {
		return facts
	}
	record := x.sessions.record(s)
	at := position(record, item)
	if at < 0 {
		return facts
	}
	held := entryAt(record, at)
	if held.kind >= kind {
		return facts
	}
	held.kind = kind
	held.encode(record, at)
	return append(facts, Fact{Session: id, Visit: start, Item: x.items.text(item), Touch: held.touch, Type: kind})
}

// follow remembers an item of a visit that makes no more facts.
func (m *Model) follow(i, item int32, kind EventType) {
	v := &m.visits
	if item < 0 {
		return // nothing is known about it
	}
	if e := v.table.at(i); e.n == SessionFacts+followed {
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
	m.visits.close(i)
}
