package audit

import (
	"context"
	"fmt"
	"slices"

	"github.com/streamrec/streamrec/processor/chain"
)

// gap is a chain.GapMark with the end of the chain at which it lies.
type gap struct {
	prev  number // zero: the beginning
	next  number // unless toEnd
	toEnd bool
	after number     // the last committed record before it, known when the walk has passed it
	hour  chain.Hour // no link after it lies in an earlier one

	generation int // in which the mark lies
}

// key is that of its mark.
func (g *gap) key(layout chain.Layout, shard string) string {
	prev := ""
	if !g.prev.isZero() {
		prev = g.prev.String()
	}
	return layout.In(g.generation).GapKey(shard, prev)
}

// has reports whether a record lies in the gap.
func (g *gap) has(n number) bool { return n.compare(g.after) > 0 && (g.toEnd || n.compare(g.next) < 0) }

// until names its end for people.
func (g *gap) until() string {
	if g.toEnd {
		return "the end of the shard"
	}
	return g.next.String()
}

// AcceptedGap is a hole in a chain that somebody has accepted. It is no anomaly.
type AcceptedGap struct {
	Shard string `json:"shard"`
	Key   string `json:"key"`
	After string `json:"after,omitempty"` // the last committed record before it, empty at the beginning of a chain
	Next  string `json:"next"`            // the record with which the chain goes on, or "end"
	// InStream is how many records the stream still has in it: they could have been committed.
	InStream int64 `json:"inStream,omitempty"`
}

// inGap reports whether a record lies in an accepted gap.
func (s *shard) inGap(n number) bool {
	return slices.ContainsFunc(s.passed, func(g gap) bool { return g.has(n) })
}

func (s *shard) acceptedGaps(layout chain.Layout) (out []AcceptedGap) {
	for i := range s.passed {
		g := &s.passed[i]
		a := AcceptedGap{Shard: s.id, Key: g.key(layout, s.id), Next: chain.GapToEnd}
		if !g.toEnd {
			a.Next = g.next.String()
		}
		if !g.after.isZero() {
			a.After = g.after.String()
		}
		if s.stream != nil {
			a.InStream = s.stream.inGaps[i]
		}
		out = append(out, a)
	}
	return out
}

// readGap reads a gap mark, whose key has been taken apart.
func (a *auditor) readGap(ctx context.Context, layout chain.Layout, id, prev string) error {
	g := gap{generation: layout.Generation}
	mark, err := readMark(ctx, a, id, layout.GapKey(id, prev), func(m *chain.GapMark) (_ string, err error) {
		if g.hour = m.Hour; m.Prev != prev {
			return m.Shard, fmt.Errorf("it begins behind %q", m.Prev)
		}
		if g.prev, err = parseNumber(m.Prev); err != nil || m.Next == chain.GapToEnd {
			g.toEnd = true
			return m.Shard, err
		}
		if g.next, err = parseNumber(m.Next); err == nil && g.next.compare(g.prev) <= 0 {
			err = fmt.Errorf("it ends at %q", m.Next)
		}
		return m.Shard, err
	})
	if err == nil && mark != nil {
		a.edit(id, func(s *shard) {
			s.gaps = append(s.gaps, g)
			slices.SortFunc(s.gaps, func(a, b gap) int { return a.prev.compare(b.prev) })
		})
	}
	return err
}

// passGaps goes over the gaps that have been accepted at the end of the chain, unless a link follows the end itself: that one was put by a
// writer that had the records.
func (w *walk) passGaps() {
	for at := w.place.last; len(w.candidates()) == 0; {
		g, ok := w.gapBehind(at)
		if !ok {
			return
		}
		g.after = w.place.last
		w.place.gap, w.place.hour = &g, max(w.place.hour, g.hour)
		w.passed = append(w.passed, g)
		if g.toEnd {
			return
		}
		at = g.next
	}
}

// gapBehind returns the gap that counts behind a record: one that lies in the generation to which its hour belongs.
func (w *walk) gapBehind(n number) (gap, bool) {
	marks := w.layout.Marks()
	i := slices.IndexFunc(w.shard.gaps, func(g gap) bool { return g.prev == n && marks.GenerationAt(g.hour) == g.generation })
	if i < 0 {
		return gap{}, false
	}
	return w.shard.gaps[i], true
}

// candidates are the links that continue the chain from here.
func (w *walk) candidates() (out []int) {
	from := w.place.last
	if w.place.gap != nil {
		from = w.place.gap.prev
	}
	for _, i := range w.followers(from) {
		if w.place.continues(&w.links[i]) {
			out = append(out, i)
		}
	}
	return out
}

// continues reports whether a link follows this place.
func (p place) continues(l *link) bool {
	if p.gap != nil && l.afterGap {
		return l.prev == p.gap.prev && !p.gap.toEnd && l.first == p.gap.next
	}
	return l.prev == p.last && !l.afterGap
}

// judgeGaps names the marks that are on no chain, and a chain that ends before the record with which a gap ends. Where one generation has replaced
// another, a mark may have been replaced as well; and so may the generation that one was made for whose hour is later than that of the chain there.
func (w *walk) judgeGaps() {
	for i := range w.shard.gaps {
		g := &w.shard.gaps[i]
		if w.layout.Earlier == "" && !w.early(g) && !slices.ContainsFunc(w.passed, func(p gap) bool { return p.prev == g.prev }) {
			w.add(Mark, g.key(w.layout, w.shard.id), "It accepts a gap from %s to %s, but the chain does not end there, or goes on without it.", orStart(g.prev), g.until())
		}
	}
	if g := w.place.gap; g != nil && !g.toEnd && w.shard.end != nil {
		w.add(EndMismatch, w.layout.EndKey(w.shard.id), "The chain goes on at %s after an accepted gap, and no link begins there.", g.next)
	}
}

// early reports whether the chain goes on, behind the record at which a gap begins, in an hour before that of its mark.
func (w *walk) early(g *gap) bool {
	for i, l := range w.chain {
		if l.prev == g.prev && !l.afterGap {
			return i > 0 && w.chain[i-1].hour < g.hour
		}
	}
	return false
}
