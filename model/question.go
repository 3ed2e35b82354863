package model

// A Question asks for a list.
type Question struct {
	Session string   // whose list it is; if it is empty, that of a session that
	Items   []string // touched these, oldest first, and nothing else: see [Model.RecommendItems]
	K       int      // length of the list
	// OnlyKnown leaves a list about Items empty when facts are kept of none of them, as Similar does, instead of filling it with what is popular.
	OnlyKnown bool
	Filter
}

// A Filter leaves items out of one list, besides what [Model.Restrict] and Params.HidePurchased leave out of all. The list is filled with what
// comes next, and what is left out still connects others. The zero Filter leaves nothing out.
type Filter struct {
	Seen      bool                   // what the session has touched
	Purchased bool                   // what it has bought
	Category  string                 // everything of which the stream has not said last that it is of this category; empty: nothing
	Keep      func(item string) bool // what it returns false for; nil: nothing. Called for little more than the items of a list
}

func (f *Filter) none() bool { return !f.Seen && !f.Purchased && f.Category == "" && f.Keep == nil }

// category returns the fingerprint of the category, 0 if any will do.
func (f *Filter) category() uint32 {
	if f.Category == "" {
		return 0
	}
	return LabelOf(f.Category, "").Category
}

// Ask appends the list that is asked for to dst, best first, and returns the extended slice. With a category the list is filled from the shelf
// of that category instead of the shelf of all.
func (m *Model) Ask(dst []Scored, q Question) []Scored {
	if m.pose(q); q.Session == "" && q.OnlyKnown && len(m.scorer.query.items) == 0 {
		return dst
	}
	return m.scorer.narrowed(dst, q.K, q.Filter)
}

// pose makes a question the query.
func (m *Model) pose(q Question) {
	if q.Session != "" {
		m.askSession(q.Session)
	} else {
		m.askItems(q.Items)
	}
}

// History appends the items that a list for the session would be made from to dst, newest first, at most n.
func (m *Model) History(dst []string, session string, n int) []string {
	m.askSession(session)
	items := m.scorer.query.items
	for _, item := range items[:min(n, len(items))] {
		dst = append(dst, m.scorer.name(item))
	}
	return dst
}
