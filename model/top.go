package model

// A Scored is a recommended item. Score is a fixed-point number with 20 fractional bits: 1<<20 is what the best
// candidate of the neighbours gets for that alone.
type Scored struct {
	Item  string
	Score int64
}

// ranked is a candidate in a list of the best.
type ranked struct {
	index int32 // position among the candidates
	total int64
}

// leaders collects the HopItems best candidates from position first on, also those that must not be proposed.
func (sc *scorer) leaders(first int) { sc.collect(first, sc.params.HopItems, nil) }

// collect puts the k best candidates from position first on into best, best first: by total, then by raw id. Those
// without a total are left out, and those that may refuses; nil refuses none.
func (sc *scorer) collect(first, k int, may func(ranked) bool) {
	sc.best = sc.best[:0]
	for i := first; i < len(sc.found.total); i++ {
		r := ranked{int32(i), sc.found.total[i]}
		if r.total == 0 || len(sc.best) == k && !sc.better(r, sc.best[k-1]) {
			continue
		}
		if may != nil && !may(r) {
			continue
		}
		if len(sc.best) < k {
			sc.best = append(sc.best, r)
		}
		at := len(sc.best) - 1
		for ; at > 0 && sc.better(r, sc.best[at-1]); at-- {
			sc.best[at] = sc.best[at-1]
		}
		sc.best[at] = r
	}
}

// better is the order of lists.
func (sc *scorer) better(a, b ranked) bool {
	if a.total != b.total {
		return a.total > b.total
	}
	return sc.text(a) < sc.text(b)
}

func (sc *scorer) text(r ranked) string {
	return sc.name(sc.found.items[r.index])
}

// name returns the id of an item of the query or of a candidate.
func (sc *scorer) name(item int32) string {
	if item < 0 {
		return sc.query.strange[noItem-1-item]
	}
	return sc.index.items.text(item)
}

// list appends the k best candidates of the query to dst.
func (sc *scorer) list(dst []Scored, k int) []Scored {
	if k <= 0 {
		return dst
	}
	first := min(1, len(sc.query.items)) // the newest item is never proposed
	sc.score(first)
	sc.collect(first, k, sc.may)
	if len(sc.best) < k {
		sc.popular(first)
		sc.collect(first, k, sc.may)
	}
	for _, r := range sc.best {
		dst = append(dst, Scored{sc.text(r), r.total})
	}
	return dst
}

// narrowed is list with a filter besides those of the model.
func (sc *scorer) narrowed(dst []Scored, k int, f Filter) []Scored {
	usual := sc.may
	sc.may, sc.aisle = sc.filter(f), f.category()
	defer func() { sc.may, sc.aisle = usual, 0 }()
	return sc.list(dst, k)
}

// Restrict makes the model propose only items for which sells returns true; nil lifts the restriction. Restricted items
// still connect others. sells is called by Recommend and its kin for little more than the items of a list, and must be
// fast. Two models give the same lists only if their restrictions are equal.
func (m *Model) Restrict(sells func(item string) bool) {
	m.scorer.sells = sells
	m.scorer.may = m.scorer.filter(Filter{})
}

// filter returns what refuses candidates, nil if nothing does.
func (sc *scorer) filter(f Filter) func(ranked) bool {
	if sc.sells == nil && !sc.params.HidePurchased && f.none() {
		return nil
	}
	category := f.category()
	return func(r ranked) bool {
		bought := f.Purchased || sc.params.HidePurchased
		if own := int(r.index) < len(sc.query.kinds); own && (f.Seen || bought && sc.query.kinds[r.index] == Purchase) {
			return false // the first candidates are the session's own items, in the order of the query
		}
		if category != 0 && sc.categoryOf(r) != category {
			return false
		}
		return (sc.sells == nil || sc.sells(sc.text(r))) && (f.Keep == nil || f.Keep(sc.text(r)))
	}
}

// categoryOf returns the fingerprint of a candidate's category, 0 when it is not known.
func (sc *scorer) categoryOf(r ranked) uint32 {
	if i := sc.found.items[r.index]; i >= 0 {
		return sc.index.labelOf(i).Category
	}
	return 0
}
