package model

// Shed lets go of the facts that the adopted Edition has, and makes the model keep from here on, besides its open visits, only
// those facts of its own that the Edition at hand lacks. Lists, and the facts that Observe returns, are those of a model that
// keeps everything, as long as each Edition that is adopted is newer and of the same Merged. [Model.Facts], [Model.Labels],
// [Model.Stats] and [Model.Merge] show what is kept.
//
// The first call takes time in proportion to the open visits, all others none. Without an Edition there is nothing to let go
// of. Adopt(nil) ends it: the model goes on with the facts that the Edition lacked.
func (m *Model) Shed() {
	if m.wide == nil || m.lean {
		return
	}
	n := &Model{params: m.params, index: newIndex(m.params)}
	n.index.raiseTo(m.Floor())
	for v := range m.Visits() {
		n.Reopen(v)
	}
	n.visits.clock = m.visits.clock
	m.index, m.visits, m.lean = n.index, n.visits, true
}

// own returns the index of the facts that the model has made or was given and keeps. That of a lean model is computed.
func (m *Model) own() *index {
	if !m.lean {
		return m.index
	}
	x := newIndex(m.params)
	x.raiseTo(m.Floor())
	m.wide.tell(x)
	return x
}

// tell adds what the Edition lacks to an index.
func (w *wide) tell(x *index) {
	for _, f := range w.journal {
		x.addValid(f)
	}
	for _, l := range w.labels {
		x.addLabel(l)
	}
}

// keep goes back from an Edition to the facts that the model has of its own.
func (m *Model) keep() {
	if m.lean {
		m.wide.tell(m.index)
	}
	m.wide, m.lean = nil, false
}
