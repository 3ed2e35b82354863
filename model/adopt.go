package model

// wide is what a model recommends from when it has adopted an Edition: a fork of the Edition's index, and in it what the model
// has made itself and the Edition does not know.
type wide struct {
	edition *Edition
	index   *index
	journal []Fact      // facts of the model that the edition lacked
	texts   arena       // of the journal
	seeded  int         // of those, the first: they came without labels
	labels  []ItemLabel // labels of the model, as long as facts of the seed are in the journal
}

// Adopt makes the model recommend from what an Edition knows together with what it has learnt itself. The lists are those of
// a single model that was given the facts of both. What other models learn is seen when a newer Edition is adopted; calling
// Adopt with the Edition at hand costs nothing, with another one time in proportion to the pages of the Edition and to what the
// model has learnt and the Edition does not know yet. Nil goes back to what the model has learnt itself.
//
// The parameters of the model must be those of the Merged.
func (m *Model) Adopt(v *Edition) {
	switch w := m.wide; {
	case v == nil:
		m.keep()
	case w != nil && w.edition == v:
	case w != nil && w.edition.origin == v.origin && w.edition.version < v.version:
		m.wide = w.rebase(v, w.index.floors())
	case m.lean:
		m.wide = w.rebase(v, m.Floor())
	default:
		m.wide = m.seed(v)
	}
}

// Adopted returns the Edition that was adopted last, nil if there is none.
func (m *Model) Adopted() *Edition {
	if m.wide == nil {
		return nil
	}
	return m.wide.edition
}

// seed returns an Edition with everything that the model has learnt.
func (m *Model) seed(v *Edition) *wide {
	w := &wide{edition: v, index: v.index.fork()}
	w.index.raiseTo(m.Floor())
	for f := range m.Facts() {
		w.add(f)
	}
	w.seeded = len(w.journal)
	for l := range m.Labels() {
		w.addLabel(l)
	}
	return w
}

// rebase returns another Edition with what of the journal it lacks.
func (w *wide) rebase(v *Edition, floor Floor) *wide {
	n := &wide{edition: v, index: v.index.fork()}
	n.index.raiseTo(floor)
	for at, f := range w.journal {
		if n.add(f); at < w.seeded {
			n.seeded = len(n.journal)
		}
	}
	if n.seeded == 0 {
		return n
	}
	for _, l := range w.labels {
		n.addLabel(l)
	}
	return n
}

// add joins a fact of the model. One that does not change the index is known to the Edition, or not worth knowing: no newer
// Edition will lack it.
func (w *wide) add(f Fact) {
	i, s := w.index.lookup(&f)
	if _, c := w.index.add(&f, i, s); c == created || c == strengthened {
		f.Session, f.Item = w.keep(f.Session), w.keep(f.Item)
		w.journal = append(w.journal, f)
	}
}

// keep returns a copy of an id, which may share memory with a whole record or with the texts of another edition.
func (w *wide) keep(id string) string { return w.texts.text(w.texts.put(id)) }

func (w *wide) addLabel(l ItemLabel) {
	w.index.addLabel(l)
	w.labels = append(w.labels, l)
}

// spread joins facts that the model has just made.
func (w *wide) spread(facts []Fact) {
	for _, f := range facts {
		w.add(f)
	}
}

// sight returns the index that the model recommends from.
func (m *Model) sight() *index {
	if m.wide != nil {
		return m.wide.index
	}
	return m.index
}
