package audit

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/streamrec/streamrec/processor/chain"
)

// walk follows one shard's chain from its start mark to its end. It gets over whatever is broken, blames one object for each
// break, and goes on behind it.
type walk struct {
	layout chain.Layout
	shard  *shard
	links  []link // by first
	byPrev []int  // indexes of links by prev
	used   []bool

	place  place
	chain  []link
	passed []gap
	found  []Anomaly
}

func newWalk(layout chain.Layout, s *shard) *walk {
	w := &walk{layout: layout, shard: s, links: s.links, used: make([]bool, len(s.links)), byPrev: make([]int, len(s.links))}
	slices.SortFunc(w.links, byFirst)
	for i := range w.byPrev {
		w.byPrev[i] = i
	}
	slices.SortFunc(w.byPrev, func(a, b int) int {
		return cmp.Or(w.links[a].prev.compare(w.links[b].prev), cmp.Compare(a, b))
	})
	w.chain = make([]link, 0, len(s.links))
	w.place = place{hour: s.parentsHour, hourKnown: s.parentsKnown}
	return w
}

// run walks. What it found is in chain and found.
func (w *walk) run() {
	w.judgeStart()
	for {
		w.passGaps()
		next, ok := w.next()
		if !ok {
			break
		}
		w.take(next)
	}
	w.judgeRest()
	w.judgeGaps()
	w.judgeEnd()
}

func (w *walk) add(kind Kind, key, format string, args ...any) {
	w.found = append(w.found, Anomaly{Kind: kind, Shard: w.shard.id, Key: key, Meaning: fmt.Sprintf(format, args...)})
}

func (w *walk) key(l *link) string { return linkKey(w.layout, w.shard.id, l.hour, l.first) }

// next returns the link that continues the chain, else the nearest one after its end.
func (w *walk) next() (next int, ok bool) {
	candidates := w.candidates()
	if len(candidates) > 0 {
		return w.choose(candidates), true
	}
	i, _ := slices.BinarySearchFunc(w.links, w.place.last, func(l link, n number) int { return l.first.compare(n) })
	for ; i < len(w.links); i++ {
		if !w.used[i] && w.links[i].first.compare(w.place.last) > 0 && !w.detached(&w.links[i]) {
			return i, true
		}
	}
	return 0, false
}

// detached reports whether a link continues from somewhere inside of the chain and nothing else ties it to the chain's end: neither
// its totals nor a link after it.
func (w *walk) detached(l *link) bool {
	total := counts{l.totalRecords, l.totalRows}
	tied := total == w.place.claimed.plus(l) || total == w.place.derived.plus(l)
	return l.prev.compare(w.place.last) < 0 && !tied && !w.followed(l)
}

// followers returns the links whose prev is n.
func (w *walk) followers(n number) []int {
	byPrev := func(i int, n number) int { return w.links[i].prev.compare(n) }
	from, _ := slices.BinarySearchFunc(w.byPrev, n, byPrev)
	to := from
	for to < len(w.byPrev) && w.links[w.byPrev[to]].prev == n {
		to++
	}
	return w.byPrev[from:to]
}

// choose returns the one of several links with the same prev that fits best: a sound chain has one only.
func (w *walk) choose(candidates []int) int {
	if len(candidates) == 1 {
		return candidates[0]
	}
	return slices.MinFunc(candidates, func(a, b int) int {
		return cmp.Or(cmp.Compare(w.misfits(a), w.misfits(b)), cmp.Compare(a, b))
	})
}

// misfits weighs what speaks against a link: that nothing follows it, and what is wrong with it.
func (w *walk) misfits(i int) int {
	n := 2 * len(w.place.judge(&w.links[i], true))
	if !w.followed(&w.links[i]) {
		n++
	}
	if start := w.shard.start; start != nil && len(w.chain) == 0 && w.key(&w.links[i]) != w.startLink() {
		n += 2
	}
	return n
}

// followed reports whether a link or the end mark continues from the end of a link.
func (w *walk) followed(l *link) bool {
	if len(w.followers(l.last)) > 0 {
		return true
	}
	end := w.shard.end
	return end != nil && chain.Compare(end.Last, l.last.String()) == 0
}

// take makes a link the end of the chain.
func (w *walk) take(i int) {
	w.used[i] = true
	l := w.links[i]
	l.follows = w.place.continues(&l)
	if !l.follows {
		w.judgeBreak(&l)
	}
	problems := w.place.judge(&l, l.follows)
	for _, p := range problems {
		w.add(p.kind, w.key(&l), "%s", p.meaning)
	}
	if l.follows && len(w.chain) == 0 && len(problems) == 0 {
		w.judgeFirst(&l)
	}
	w.place = w.place.after(&l, l.follows)
	w.chain = append(w.chain, l)
}

// judgeBreak says why a link does not continue the chain.
func (w *walk) judgeBreak(l *link) {
	start := w.shard.start
	switch {
	case l.afterGap && (w.place.gap == nil || w.place.gap.prev != l.prev):
		w.add(Gap, w.key(l), "It says that it continues after the mark of an accepted gap behind %s, and no such mark is at the end of the chain.", orStart(l.prev))
	case l.afterGap:
		w.add(Misfit, w.key(l), "It says that it continues after an accepted gap, and the mark of that says that the chain goes on at %s.", w.place.gap.until())
	case len(w.chain) == 0 && start != nil && start.First != "" && w.startLink() != w.key(l):
		w.add(MissingLink, w.startLink(), "The start mark says that the chain begins with this object, and it is not there: its records are lost to readers.")
	case l.prev.compare(w.place.last) > 0:
		w.add(Gap, w.key(l), "The link before it, which ends at %s, is not there: the records after %s%s are in no link.", l.prev,
			orStart(w.place.last), w.missing(l))
	default:
		w.add(Misfit, w.key(l), "It says that it continues from %s, the link before it ends at %s.", orStart(l.prev), orStart(w.place.last))
	}
}

// missing says how many records lie in a gap, if the totals tell.
func (w *walk) missing(l *link) string {
	if n := l.totalRecords - l.records - w.place.claimed.records; n > 0 {
		return fmt.Sprintf(", %d of them,", n)
	}
	return ""
}

// startLink is the key of the link that the start mark promises.
func (w *walk) startLink() string {
	first, _ := parseNumber(w.shard.start.First) // validated when it was read
	return linkKey(w.layout, w.shard.id, w.shard.start.Hour, first)
}

func (w *walk) judgeStart() {
	s := w.shard
	if s.startFound || len(s.links) == 0 && !s.endFound {
		return
	}
	w.add(MissingStart, w.layout.StartKey(s.id), "The shard has %s and no start mark, so that nobody can tell whether its first link is the first.", w.has())
}

func (w *walk) has() string {
	if len(w.shard.links) == 0 {
		return "an end mark"
	}
	return fmt.Sprintf("%d links", len(w.shard.links))
}

// judgeFirst compares the chain's first link with the start mark.
func (w *walk) judgeFirst(l *link) {
	start := w.shard.start
	if start == nil || w.startLink() == w.key(l) || l.afterGap && start.First != "" {
		return // the first records may have been lost and given up
	}
	promised := "that the shard ended without a record"
	if start.First != "" {
		promised = fmt.Sprintf("that the chain begins with %s in the hour %s", start.First, start.Hour)
	}
	w.add(StartMismatch, w.layout.StartKey(w.shard.id), "It says %s, but the first link is %s.", promised, w.key(l))
}

// judgeRest names the links that are on no chain.
func (w *walk) judgeRest() {
	for i := range w.links {
		if w.used[i] {
			continue
		}
		l := &w.links[i]
		a := Anomaly{Kind: Fork, Shard: w.shard.id, Key: w.key(l), Stray: true}
		a.Meaning = fmt.Sprintf("It continues from %s and no link of the chain leads to it: readers see rows that were never committed.", orStart(l.prev))
		if with, ok := w.overlapped(l); ok {
			a.Kind = Overlap
			a.Meaning = fmt.Sprintf("Its records are also in %s, which is on the chain: readers see them twice.", w.key(with))
		}
		w.found = append(w.found, a)
	}
}

// overlapped returns a link of the chain with records in the range of l.
func (w *walk) overlapped(l *link) (*link, bool) {
	i, _ := slices.BinarySearchFunc(w.chain, l.first, func(c link, n number) int { return c.last.compare(n) })
	if i < len(w.chain) && w.chain[i].first.compare(l.last) <= 0 {
		return &w.chain[i], true
	}
	return nil, false
}

// judgeEnd compares the end of the chain with the end mark.
func (w *walk) judgeEnd() {
	s := w.shard
	if s.end == nil {
		return
	}
	key := w.layout.EndKey(s.id)
	last, _ := parseNumber(s.end.Last) // validated when it was read
	if s.endedLate {
		if last.compare(w.place.last) < 0 {
			w.add(EndMismatch, key, "It was written while the audit ran and says that the chain ends at %s, but there is a link that ends at %s.", orStart(last), w.place.last)
		}
		return
	}
	hash := ""
	switch {
	case len(w.chain) > 0:
		hash = w.chain[len(w.chain)-1].hashText()
	case s.start != nil && s.start.First != "" && len(w.passed) > 0:
	case s.start != nil && s.start.First != "":
		w.add(MissingLink, w.startLink(), "The start mark says that the chain begins with this object, and it is not there: its records are lost to readers.")
		return
	case s.start != nil:
		w.place.hour = s.start.Hour
	default:
		w.place.hour = s.end.Hour
	}
	if wrong := w.place.judgeEnd(s.end, last, hash); wrong != "" {
		w.add(EndMismatch, key, "It contradicts the last link: %s.", wrong)
	}
}
