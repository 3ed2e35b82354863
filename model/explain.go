package model

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
)

// ReasonKind says which term of a list a [Reason] belongs to.
type ReasonKind uint8

// The terms, as the package documentation has them.
const (
	Neighbour ReasonKind = iota // a session that shares items with the query
	SecondHop                   // a session that shares items with what the neighbours propose
	Reminder                    // the session's own item
	Shelf                       // popular in the category of the session's newest item
	Popular                     // popular over all, or in the category that is asked for
)

// String returns a name for people and for JSON.
func (k ReasonKind) String() string {
	return [...]string{"neighbour", "second_hop", "reminder", "shelf", "popular"}[min(k, Popular)]
}

// A Reason is a part of an item's score.
type Reason struct {
	Kind    ReasonKind
	Session string   // the id of the Neighbour or SecondHop whose vote it is, else empty
	Items   []string // what it shares with the query, or with what the neighbours propose, oldest first; of a Shelf the newest item of the query
	Score   int64    // with 20 fractional bits, as in Scored; never 0
}

// Why is an item of a list, with the reasons why it is there. Their scores sum up to its own.
type Why struct {
	Scored
	Reasons []Reason // in the order of the terms, within a term the largest first
}

// Explain returns the list that Ask returns, with reasons. It changes nothing, and takes some ten times as long.
func (m *Model) Explain(q Question) []Why {
	list := m.Ask(nil, q)
	if len(list) == 0 {
		return nil
	}
	t := &trace{at: map[int32]int{}, found: make([]Why, len(list))}
	for at, r := range m.scorer.best[:len(list)] { // the candidates of the list: asked again they have the same numbers
		t.at[r.index], t.found[at].Scored = at, list[at]
	}
	m.scorer.trace = t
	defer func() { m.scorer.trace = nil }()
	m.Ask(list[:0], q)
	for _, w := range t.found {
		slices.SortFunc(w.Reasons, compareReasons)
	}
	return t.found
}

func compareReasons(a, b Reason) int {
	if a.Kind != b.Kind {
		return int(a.Kind) - int(b.Kind)
	}
	if a.Score != b.Score {
		return cmp.Compare(b.Score, a.Score)
	}
	return strings.Compare(a.Session, b.Session)
}

// trace follows a query and takes down what the items of a list get from whom.
type trace struct {
	at    map[int32]int // place in found, by candidate
	found []Why
}

// vote is what one neighbour gives to a candidate.
type vote struct {
	Reason
	votes int64
}

// note is told of a pass before its votes are added to the totals.
func (t *trace) note(sc *scorer, kind ReasonKind, first int, weight int64) {
	best := int64(0)
	for c := first; c < len(sc.found.votes); c++ {
		best = max(best, sc.found.votes[c])
	}
	var cast map[int32][]vote
	if kind == Neighbour || kind == SecondHop {
		cast = t.ballots(sc, kind)
	}
	for c, at := range t.at {
		if int(c) < first || int(c) >= len(sc.found.votes) || sc.found.votes[c] == 0 {
			continue
		}
		votes, ok := cast[c]
		if !ok {
			votes = []vote{{Reason{Kind: kind, Items: sc.shelfOf(kind)}, sc.found.votes[c]}}
		}
		t.found[at].Reasons = apportion(t.found[at].Reasons, votes, share(sc.found.votes[c], best, weight))
	}
}

// shelfOf returns the item whose category chose the shelf.
func (sc *scorer) shelfOf(kind ReasonKind) []string {
	if kind != Shelf {
		return nil
	}
	return []string{sc.name(sc.query.items[0])}
}

// noteReminders is told when the session's own items have been proposed.
func (t *trace) noteReminders(sc *scorer) {
	for p := 1; p < min(len(sc.query.items), len(sc.reminder)); p++ {
		if at, ok := t.at[int32(p)]; ok && mul(sc.reminder[p], sc.lift) > 0 {
			r := Reason{Kind: Reminder, Items: []string{sc.name(sc.query.items[p])}, Score: mul(sc.reminder[p], sc.lift)}
			t.found[at].Reasons = append(t.found[at].Reasons, r)
		}
	}
}

// ballots returns the votes of the neighbours at hand, by candidate. It looks at them as vote and cast do.
func (t *trace) ballots(sc *scorer, kind ReasonKind) map[int32][]vote {
	cast := map[int32][]vote{}
	for k, session := range sc.near.session {
		record := sc.near.record(&sc.index.sessions, k)
		columns := sc.columns[:len(record)]
		if sc.match(record, columns); len(sc.shared) == 0 {
			continue
		}
		sim := mul(sc.near.sim[k], sc.norm[len(record)])
		r := Reason{Kind: kind}
		for column, c := range columns {
			if _, ok := t.at[c]; !ok {
				continue
			}
			if r.Session == "" { // most neighbours have nothing of the list
				r.Session, r.Items = sc.index.sessions.text(int32(session)), sc.sharedItems(kind)
			}
			if v := mul(sim, sc.weightOf(column, int(sc.near.first[k]))); v > 0 {
				cast[c] = append(cast[c], vote{r, v})
			}
		}
	}
	return cast
}

// weightOf is the weight that the neighbour at hand has for its item in a column: see cast.
func (sc *scorer) weightOf(column, first int) int64 {
	last := sc.shared[len(sc.shared)-1]
	at := recordView - last.column + column
	if len(sc.shared) == 1 {
		return sc.single[last.place][at]
	}
	return sc.kernel[first][at] + sc.covisits(column)
}

// sharedItems returns the ids of what the neighbour at hand shares.
func (sc *scorer) sharedItems(kind ReasonKind) []string {
	items := make([]string, len(sc.shared))
	for i, s := range sc.shared {
		if kind == SecondHop {
			items[i] = sc.text(sc.best[s.place])
		} else {
			items[i] = sc.name(sc.query.items[s.place])
		}
	}
	return items
}

// apportion appends the reasons of votes that a total is divided among. What rounding leaves over goes to the next one, so that their sum is
// the total.
func apportion(reasons []Reason, votes []vote, total int64) []Reason {
	sum, given := uint64(0), uint64(0)
	for _, v := range votes {
		sum += uint64(v.votes)
	}
	upTo := uint64(0)
	for _, v := range votes {
		upTo += uint64(v.votes)
		high, low := bits.Mul64(uint64(total), upTo)
		share, _ := bits.Div64(high, low, sum)
		if v.Score = int64(share - given); v.Score > 0 {
			reasons = append(reasons, v.Reason)
		}
		given = share
	}
	return reasons
}
