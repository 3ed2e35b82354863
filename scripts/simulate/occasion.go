package main

import (
	"strings"

	"github.com/streamrec/streamrec/worker/lease"
)

// occasion is a bad moment for a shard to close, or to be gone. The nemesis waits for none of them; how often they come up is counted.
type occasion int

const (
	unattended     occasion = iota // closed while no worker ran
	unread                         // closed before it was ever read, a child itself
	orphaned                       // closed while its owner was dead and nobody knew it
	hasty                          // closed before all that it follows had ended
	splitAndMerge                  // split, having come from the merge of what was split
	trimmed                        // past retention when its row did not say SHARD_END yet
	unknown                        // past retention when the application began
	expired                        // with records past retention that are in the log
	vanished                       // past retention with all its records, which a replay may want
	readBack                       // read back from the log
	publishedAside                 // of a side replay that readers were shown
	droppedAside                   // of a side replay that was removed
	endedAside                     // ended in an hour that readers are shown from a side replay
	givenUp                        // with a gap that an operator has accepted
	occasions
)

func (o occasion) String() string {
	return [...]string{
		"closed while nobody ran", "closed before it was read", "closed during a failover", "closed before its parents had ended",
		"split after a merge after a split", "trimmed before SHARD_END", "trimmed before the application began", "short of its oldest records", "gone with all its records",
		"read back from the log", "published by a side replay", "dropped by a side replay", "ended in hours of a side replay", "with records given up",
	}[o]
}

// count takes note of an occasion.
func (w *world) count(o occasion, shard string) {
	w.oracle.occasions[o]++
	w.note("nemesis:", shard, "is", o.String())
}

// closing takes note of the occasions on which a shard is about to close, to have so many children.
func (w *world) closing(s *shardLog, split bool) {
	key := s.lease.Key
	if len(w.nodes) > 0 && len(w.living()) == 0 {
		w.count(unattended, key)
	}
	if len(s.parents) > 0 && !s.read {
		w.count(unread, key)
	}
	if w.ownerIsDead(key) {
		w.count(orphaned, key)
	}
	for _, p := range s.parents {
		if !p.endedOnce() {
			w.count(hasty, key)
			break
		}
	}
	if split && len(s.parents) == 2 && (len(s.parents[0].parents) == 1 || len(s.parents[1].parents) == 1) {
		w.count(splitAndMerge, key)
	}
}

// ownerIsDead reports whether the row of a shard names a worker that was killed.
func (w *world) ownerIsDead(shard string) bool {
	name, _, owned := strings.Cut(w.leases()[shard].Owner, "-")
	for _, n := range w.nodes {
		if owned && n.name == name {
			return n.dead
		}
	}
	return false
}

// trim lets retention take a shard away of which nothing is unread, and whose parents are gone. What is unread stops a shard, as it should, and
// nothing would happen any more; and so would a replay of what is gone.
func (w *world) trim() {
	if w.nemesis.replays {
		w.expire()
		return
	}
	for _, s := range w.stream.shards {
		key := s.lease.Key
		if s.gone || !s.endedOnce() || !s.orphan() {
			continue
		}
		if row, ok := w.leases()[key]; ok && !row.Ended() {
			w.count(trimmed, key)
		}
		w.note("nemesis: trim", key)
		s.gone = true
		return
	}
}

// missing reports whether a shard cannot go on: a record is past retention that its chain lacks, or its last one is, and it cannot be read back.
func (w *world) missing(row *lease.Lease) bool {
	s, c := w.stream.byID[row.Key], w.chainOf(row.Key, mapOf(row.Map))
	if next := c.end.Gap.Next; next != "" && c.next == s.oldest {
		return false // it begins there
	}
	return s.oldest > 0 && c.next <= s.oldest && !w.rereadable(row, c)
}

// rereadable reports whether the chain that a shard reads back goes on where its own ends: a link ends there with the same hash, and there is more.
func (w *world) rereadable(row *lease.Lease, own chainState) bool {
	plan := w.rows.Table.Plan()
	if plan.Source == "" || row.Plan != plan.Number || row.TipPlan == row.Plan {
		return false
	}
	m := mapOf(plan.Published)
	past := w.chainOf(row.Key, m)
	if own.next >= past.next && !past.ended || !past.begun {
		return false
	}
	if own.next == 0 {
		return true
	}
	for _, g := range m.Generations() {
		for _, l := range w.stream.byID[row.Key].generation(g).links {
			if l.Last == own.end.Last && l.Hash == own.end.Hash && m.At(l.Hour) == g {
				return true
			}
		}
	}
	return false
}

// orphan reports whether the stream has none of the shard's parents any more.
func (s *shardLog) orphan() bool {
	for _, p := range s.parents {
		if !p.gone {
			return false
		}
	}
	return true
}

// age gives the stream a past that is beyond retention when the application begins.
func (w *world) age() {
	for range 1 + w.rand.IntN(3) {
		w.reshard()
	}
	for _, s := range w.stream.shards {
		if s.closed {
			s.gone, s.past = true, true
			w.count(unknown, s.lease.Key)
		}
	}
}
