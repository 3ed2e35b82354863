package model

// scorer computes lists from an index. It holds the tables of the weights, and the scratch memory of one query.
type scorer struct {
	params Params
	*tables
	found candidates
	near  neighbours
	query query
	index *index
	warm  uint32 // see neighbours.load

	sells func(item string) bool // see Model.Restrict
	may   func(ranked) bool      // see filter
	aisle uint32                 // fingerprint of the category that is asked for; 0: any
	trace *trace                 // nil unless somebody asks why

	lift    int64             // of the reminders: see returns
	columns [recordView]int32 // candidate of each item of the neighbour at hand
	shared  []sharedItem      // its items that are in the query
	best    []ranked
}

// query is what is asked: the items of a session, newest first.
type query struct {
	items   []int32 // numbers, or below noItem for what the index does not know
	kinds   []EventType
	self    uint32 // session that is no neighbour, noSession if there is none
	returns returns
	strange []string // what the index does not know
}

const (
	noSession = ^uint32(0)
	noItem    = -1
)

// sharedItem is an item that a neighbour has in common with the query.
type sharedItem struct {
	column int // position in the neighbour's record
	place  int // position in the query
}

func newScorer(p Params) *scorer {
	sc := &scorer{params: p, tables: newTables(p), near: newNeighbours(p.Neighbours)}
	sc.may = sc.filter(Filter{})
	return sc
}

// reset begins a query.
func (sc *scorer) reset(x *index) *query {
	sc.index = x
	sc.found.reset()
	sc.query = query{items: sc.query.items[:0], kinds: sc.query.kinds[:0], self: noSession, strange: sc.query.strange[:0]}
	return &sc.query
}

// add appends an item to the query, older than those before.
func (q *query) add(item int32, kind EventType) {
	q.items, q.kinds = append(q.items, item), append(q.kinds, kind)
}

// addText is add for an item that the index may not know: nothing but a reminder comes of it then.
func (q *query) addText(x *index, text string, kind EventType) {
	i := x.items.lookup(text)
	if i < 0 {
		q.strange = append(q.strange, text)
		i = noItem - int32(len(q.strange))
	}
	q.add(i, kind)
}

// score computes the totals of the candidates of the query from position first on.
func (sc *scorer) score(first int) {
	for _, item := range sc.query.items {
		sc.found.index(item)
	}
	sc.lookUp(sc.params.QueryItems)
	if sc.fold(Neighbour, first, one) < sc.params.HopBelow && sc.params.Hop > 0 {
		sc.hop(first)
	}
	sc.remind()
	sc.stock(first)
}

// lookUp lets the neighbours of the newest items of the query vote.
func (sc *scorer) lookUp(limit int) {
	sc.near.reset()
	for p, item := range sc.query.items[:min(limit, len(sc.query.items))] {
		weight := mul(sc.recency[p], sc.kind[sc.query.kinds[p]])
		sc.found.place[p] = uint8(p + 1)
		if item < 0 {
			continue
		}
		sc.near.scan(sc.index.items.posting(item), sc.query.self, uint8(p), weight, sc.rank[:sc.params.Scan])
	}
	sc.vote()
}

// hop looks up the best candidates as if they were a query, and adds what it finds beyond the session's own items.
func (sc *scorer) hop(first int) {
	clear(sc.found.place)
	sc.near.reset()
	sc.leaders(first)
	for p, c := range sc.best {
		sc.found.place[c.index] = uint8(p + 1)
		posting := sc.index.items.posting(sc.found.items[c.index])
		weight := mul(sc.recency[p], sc.kind[View])
		sc.near.scan(posting, sc.query.self, uint8(p), weight, sc.rank[:sc.params.HopScan])
	}
	sc.vote()
	own := len(sc.query.items)
	sc.fold(SecondHop, own, sc.params.Hop.fixed())
}

// fold adds the votes of a pass to the totals of the candidates from position first on.
func (sc *scorer) fold(kind ReasonKind, first int, weight int64) int {
	if sc.trace != nil {
		sc.trace.note(sc, kind, first, weight)
	}
	return sc.found.fold(first, weight)
}

// vote adds the votes of all neighbours.
func (sc *scorer) vote() {
	sessions := &sc.index.sessions
	sc.warm += sc.near.load(sessions)
	for k := range sc.near.session {
		record := sc.near.record(sessions, k)
		columns := sc.columns[:len(record)]
		sc.match(record, columns)
		sc.cast(mul(sc.near.sim[k], sc.norm[len(record)]), int(sc.near.first[k]), columns)
	}
}

// match finds the candidates of a record's items, and which of them are in the query.
func (sc *scorer) match(record []uint32, columns []int32) {
	found, shared := &sc.found, sc.shared[:0]
	columns = columns[:len(record)]
	for column, word := range record {
		c := found.index(int32(word >> typeBits))
		columns[column] = c
		if p := found.place[c]; p > 0 {
			shared = append(shared, sharedItem{column, int(p - 1)})
		}
	}
	sc.shared = shared
}

// cast adds the votes of one neighbour. One that shares a single item, as most do, needs one table.
func (sc *scorer) cast(sim int64, first int, columns []int32) {
	if len(sc.shared) == 0 {
		return // what it shares is older than the part of its record that is looked at
	}
	votes := sc.found.votes
	last := sc.shared[len(sc.shared)-1]
	if len(sc.shared) == 1 {
		weights := sc.single[last.place][recordView-last.column:][:len(columns)]
		for column, w := range weights {
			votes[columns[column]] += mul(sim, w)
		}
		return
	}
	weights := sc.kernel[first][recordView-last.column:][:len(columns)]
	for column, w := range weights {
		votes[columns[column]] += mul(sim, w+sc.covisits(column))
	}
}

// covisits sums the co-visitation votes of all shared items for the item in a column.
func (sc *scorer) covisits(column int) int64 {
	w := int64(0)
	for _, s := range sc.shared {
		w += sc.covisit[s.place][recordView+column-s.column]
	}
	return w
}
