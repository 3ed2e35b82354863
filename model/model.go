package model

// Model is a live recommendation model. It is owned by one goroutine: no method may run concurrently with another,
// since also the ones that only read share scratch memory.
type Model struct {
	params Params
	index  *index // the facts, unless the model is lean, and the items and sessions of the open visits
	visits visits
	scorer *scorer
	wide   *wide  // nil until an Edition is adopted
	lean   bool   // only wide has facts; see Shed
	warm   uint64 // what fetch has loaded, so that it is
}

// New returns an empty model. It panics if the parameters are not valid: see [Params.Validate].
func New(p Params) *Model {
	if err := p.Validate(); err != nil {
		panic("model: New: " + err.Error())
	}
	return &Model{params: p, index: newIndex(p), scorer: newScorer(p)}
}

// Add joins a fact that another model made. Facts may come in any order and any number of times. A fact whose ids are
// empty or longer than MaxIDBytes (a session's digest is not) is ignored.
func (m *Model) Add(f Fact) {
	if !f.named() {
		return
	}
	if !m.lean {
		m.index.addValid(f)
	}
	if m.wide != nil {
		m.wide.spread([]Fact{f})
	}
}

// Stats are the sizes of a model's state.
type Stats struct {
	Facts, Items, Visits int // kept
	Open                 int // visits that may go on
	Categories           int // with a shelf
	Floor                Touch
	Newest               Touch
}

// OpenVisits returns how many visits may go on.
func (m *Model) OpenVisits() int { return m.visits.count }

// Stats returns the sizes of what the model has learnt itself and keeps. That of a lean model takes as long as learning it again.
func (m *Model) Stats() Stats {
	s := m.own().stats()
	s.Open = m.visits.count
	return s
}

func (x *index) stats() Stats {
	return Stats{
		Facts: x.facts, Items: x.items.held, Visits: x.sessions.held,
		Categories: len(x.shelves.categories), Floor: x.floor.at, Newest: x.newest,
	}
}
