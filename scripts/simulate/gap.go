package main

import (
	"slices"
	"strings"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/replay"
)

// A gap is what an operator has given up: records past retention that a replay would have to read, or, when the stream goes on with what comes, those that nobody
// has read. A chain goes over it by its mark, and from then on the sessions of these records have other states than they would have.

// place is where a chain may be: behind a link, or behind gaps that follow it.
type place struct {
	end  chain.End
	next int // index of the first record that is not in it
}

// gapPut checks the mark of a gap, and takes note of what it gives up.
func (w *world) gapPut(g int, m *chain.GapMark) {
	s := w.stream.byID[m.Shard]
	places, to := s.places(m.Prev, true), s.after(m)
	if !w.nemesis.gaps || len(places) == 0 || to < 0 {
		w.fail("a gap of %s from %q to %s is accepted in generation %d", m.Shard, m.Prev, m.Next, g)
	}
	from := slices.MinFunc(places, func(a, b place) int { return a.next - b.next }).next
	for i := from; i < to; i++ {
		if s.oldest <= i && !w.oracle.skips && !s.gone && !s.lost[i] {
			w.fail("record %d of %s is given up, and the stream has it", i, m.Shard)
		}
		s.lost[i] = true
		w.stream.torn[s.rows[i].session] = true
	}
	if s.generation(g).gaps[m.Prev] != nil {
		w.fail("a gap of %s behind %q is accepted twice in generation %d", m.Shard, m.Prev, g)
	}
	s.generation(g).gaps[m.Prev] = m
	w.count(givenUp, m.Shard)
}

// after is the index of the record with which the chain goes on behind a gap; -1: there is none like it.
func (s *shardLog) after(m *chain.GapMark) int {
	if m.Next == chain.GapToEnd {
		return len(s.records)
	}
	if i, ok := s.position[m.Next]; ok {
		return i
	}
	return -1
}

// places are those at which a chain may be whose last record, or when it goes over gaps, the one at which it goes on, is prev.
func (s *shardLog) places(prev string, gaps bool) (at []place) {
	if prev == "" {
		at = append(at, place{})
	}
	for _, g := range s.logs {
		for _, l := range g.links {
			if l.Last == prev {
				at = append(at, place{l.End(), s.position[l.Last] + 1})
			}
		}
		for _, m := range g.gaps {
			if gaps && m.Next == prev && m.Prev != prev {
				for _, p := range s.places(m.Prev, true) {
					at = append(at, p.over(s, m))
				}
			}
		}
	}
	return at
}

// over is the place behind a gap.
func (p place) over(s *shardLog, m *chain.GapMark) place {
	p.end.Gap = chain.Gap{Prev: m.Prev, Next: m.Next, Hour: max(p.end.Hour, p.end.Gap.Hour, m.Hour)}
	p.next = s.after(m)
	return p
}

// before returns the places that a link says it follows.
func (s *shardLog) before(l *chain.Link) (at []place) {
	if !l.Gap {
		return s.places(l.Prev, false)
	}
	for _, g := range s.logs {
		if m := g.gaps[l.Prev]; m != nil && m.Next == l.First {
			for _, p := range s.places(l.Prev, true) {
				at = append(at, p.over(s, m))
			}
		}
	}
	return at
}

// overdue reports whether a request to put a link has been under way for as long as it takes records to pass retention, a day: it never arrives.
func (w *world) overdue(key string) bool {
	if !w.silent || !strings.HasSuffix(key, ".parquet") {
		return false
	}
	_, shard, first, err := layout.In(generationOf(key)).ParseLinkKey(key)
	if err != nil {
		w.fail("%v", err)
	}
	s := w.stream.byID[shard]
	i := s.position[first]
	return i < s.oldest && s.lost[i]
}

// givenUp reports whether all records of a session between two have been given up.
func (st *stream) givenUp(session, after, before int) bool {
	for n := after + 1; n < before; n++ {
		r := st.bySession[session][n-1]
		if !r.shard.lost[r.index] {
			return false
		}
	}
	return true
}

// rescue lets operators give up what a shard that has stopped needs, until none has.
func (w *world) rescue() {
	for _, l := range w.leases() {
		if l.Stopped != "" {
			w.operate(&replay.Request{Resume: true, Gaps: true, Operator: "somebody"})
			w.after(5*time.Second, w.rescue)
			return
		}
	}
}
