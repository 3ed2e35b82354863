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
// model has learnt since the one at hand: see [Model.Prepare]. Nil goes back to what the model has learnt itself.
//
// The parameters of the model must be those of the Merged.
func (m *Model) Adopt(v *Edition) {
	switch {
	case v == nil:
		m.keep()
	case m.wide != nil && m.wide.edition == v:
	case m.wide != nil && (m.lean || m.wide.older(v)):
		m.Complete(m.Prepare(v))
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

// older reports whether an Edition has all that the one at hand has.
func (w *wide) older(v *Edition) bool {
	return w.edition.origin == v.origin && w.edition.version < v.version
}

// Adoption is an Edition on its way into a model, which recommends from the one before meanwhile. It is void when another one is adopted.
type Adoption struct {
	edition *Edition
	from    *wide // what the model had when it was prepared
	to      *wide // nil: nothing can be done before Complete
	next    int   // of the journal of from
}

// Prepare begins to adopt an Edition. It, and Step, may be called while other goroutines ask the model. What they ask and what the model observes before
// Complete is by the Edition at hand.
func (m *Model) Prepare(v *Edition) *Adoption {
	a := &Adoption{edition: v, from: m.wide}
	if w := m.wide; w != nil && v != nil && w.edition != v && (m.lean || w.older(v)) {
		a.to = &wide{edition: v, index: v.index.fork()}
		a.to.index.raiseTo(m.forgets(v))
	}
	return a
}

// forgets returns how far the model has forgotten when it adopts an Edition that follows on the one at hand, or another one.
func (m *Model) forgets(v *Edition) Floor {
	if m.wide.older(v) {
		return m.wide.index.floors()
	}
	return m.Floor()
}

// Step looks at up to n facts that the model has learnt since the Edition at hand, and joins those which the other one lacks; it reports whether none is
// left. A fact takes a few microseconds.
func (a *Adoption) Step(n int) (done bool) {
	if a.to == nil {
		return true
	}
	facts := a.from.journal[a.next:min(a.next+n, len(a.from.journal))]
	for _, f := range facts {
		if a.to.add(f); a.next < a.from.seeded {
			a.to.seeded = len(a.to.journal)
		}
		a.next++
	}
	return a.next == len(a.from.journal)
}

// Complete makes the model recommend from the Edition, as Adopt does, whatever has been done of the work.
func (m *Model) Complete(a *Adoption) {
	if a.from != m.wide {
		return
	}
	if a.to == nil {
		m.Adopt(a.edition)
		return
	}
	a.Step(len(a.from.journal))
	a.to.index.raiseTo(m.forgets(a.edition))
	if a.to.seeded > 0 {
		for _, l := range a.from.labels {
			a.to.addLabel(l)
		}
	}
	m.wide = a.to
}

// add joins a fact of the model. One that does not change the index is known to the Edition, or not worth knowing: no newer
// Edition will lack it.
func (w *wide) add(f Fact) {
	i, s := w.index.lookup(&f)
	if _, c := w.index.add(&f, i, s); c.news() {
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
