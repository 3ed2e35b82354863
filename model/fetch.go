package model

// fetch loads what a step of a session will look at into the caches. By themselves these loads wait for each other: the slots
// of the session and then of the item, their texts, the visit, the posting, the record. Here those that do not need each
// other are issued together, round by round, and so wait together: a branch that waits for one of them comes as late as it can. It changes
// nothing, and returns the probes of the session and the item.
func (m *Model) fetch(session string, act *Interaction) (p, q probe) {
	p, q, warm := m.index.probes(session, act)
	if m.wide != nil { // to which the fact will be spread
		s, i, more := m.wide.index.probes(session, act)
		_, rows := m.wide.index.fetch(&s, &i)
		warm += more + rows
	}
	open, rows := m.index.fetch(&p, &q)
	if warm += rows; open > 0 {
		warm += m.visits.load(open - 1)
	}
	m.warm += warm
	return p, q
}

// probes begins to look for the session and the item of a step, and loads where.
func (x *index) probes(session string, act *Interaction) (p, q probe, warm uint64) {
	p, q = x.sessions.probe(session), x.items.probe(act.Item)
	return p, q, p.load() + q.load() + x.shelves.load(LabelOf(act.Category, act.Brand).Category)
}

// fetch loads what is known of the session and the item, and returns what the session has in session.open.
func (x *index) fetch(p, q *probe) (open int32, warm uint64) {
	s, i := p.candidate(), q.candidate()
	if i >= 0 {
		e := x.items.row(i)
		warm += x.items.peek(i) + x.items.postings.load(e.posting, int(e.n))
		if int(e.n) == x.params.PerItem { // one more, and the oldest goes
			oldest := x.sessions.row(int32(x.items.posting(i)[0]))
			warm += x.sessions.records.load(oldest.block, int(oldest.n))
		}
	}
	if s >= 0 {
		e := x.sessions.row(s)
		open = e.open
		warm += x.sessions.peek(s) + x.sessions.records.load(e.block, int(e.n))
	}
	return open, warm
}

// load fetches the slot where a probe begins.
func (p *probe) load() uint64 {
	if len(p.segment.slots) == 0 {
		return 0
	}
	return p.segment.slots[p.slot]
}

// candidate returns the first number whose hash is that of the probe's text, or -1.
func (p *probe) candidate() int32 {
	s := p.segment
	if len(s.slots) == 0 {
		return -1
	}
	slot := p.slot
	for v := s.slots[slot]; v != 0; v = s.slots[slot] {
		if uint32(v>>32) == p.hash {
			return int32(uint32(v)) - 1
		}
		slot = s.after(slot)
	}
	return -1
}

// peek fetches the text of a number.
func (d *dict[R]) peek(id int32) uint64 {
	chunk, at := d.texts.locate(d.rows.at(id).text)
	return uint64(d.texts.chunks[chunk][at])
}

// load fetches the end of a block of n words, and the account of its page.
func (s *slab) load(ref blockRef, n int) uint64 {
	if n == 0 {
		return 0
	}
	warm := uint64(s.words(ref, n)[n-1]) + uint64(s.meta.at(ref.page()).live)
	if s.timed {
		warm += uint64(s.touches(ref, n)[n-1])
	}
	return warm
}

// load fetches a visit, what it did, and those that were active before and after it.
func (v *visits) load(i int32) uint64 {
	e := v.table.at(i)
	warm := uint64(0)
	if e.n > 0 {
		warm = v.blocks.load(e.block, int(e.n))
	}
	if e.prev > 0 {
		warm += uint64(v.table.at(e.prev - 1).next)
	}
	if e.next > 0 {
		warm += uint64(v.table.at(e.next - 1).prev)
	}
	return warm
}

// load fetches where the next touch on the shelf of a category is collected.
func (sh *shelves) load(category uint32) uint64 {
	s := sh.of(category)
	if s == nil || len(s.fresh) == 0 {
		return 0
	}
	return uint64(s.fresh[len(s.fresh)-1].touch)
}
