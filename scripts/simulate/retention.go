package main

import (
	"slices"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/replay"
)

// Retention takes records away here when they are seconds old, and workers believe that it is an hour or a day. What they conclude from it has to stay right: where a
// shard had been read to its tip a moment ago, or its row says that it was, nothing that has come since is past retention; and a reader of records that are nearly a
// day old looks anew before each read.

// tip is a page that reached the tip of a shard.
type tip struct {
	at   time.Duration
	read int // the index behind its last record
}

// tipHolds is for how long a reader may rely on its tip: it has read again by then, or stopped.
const tipHolds = 10 * time.Second

// reached notes how far a page of a node goes.
func (s *shardLog) reached(n *node, to int) {
	if to < len(s.records) {
		delete(s.tips, n)
		return
	}
	if s.tips == nil {
		s.tips = map[*node]tip{}
	}
	s.tips[n] = tip{n.now, to}
}

// believed is how long workers believe that records are kept: the Tip of a row is written again in a schedule then, and never too old. Where clocks are wrong by hours it
// is a day.
func (w *world) believed() time.Duration {
	if w.nemesis.clocks {
		return 0
	}
	return time.Hour
}

// tipWritten takes note of what the Tip of a row stands for.
func (s *shardLog) tipWritten(row *lease.Lease) {
	s.tipped = 0
	if i, ok := s.position[row.Checkpoint.Value]; ok {
		s.tipped = i + 1
	}
}

// takeable is the index before which retention may take records.
func (w *world) takeable(s *shardLog) int {
	last := len(s.records)
	for n, t := range s.tips {
		if !n.dead && w.now-t.at < tipHolds {
			last = min(last, t.read)
		}
	}
	if w.leases()[s.lease.Key].Tip > 0 {
		last = min(last, s.tipped)
	}
	return last
}

// overtaken reports whether retention has taken the record at which an iterator stands.
func (s *shardLog) overtaken(from int) bool { return from < s.oldest }

// expire lets retention take the oldest records of a shard away: some that are in the log, in whatever generation.
func (w *world) expire() {
	if !w.nemesis.expires {
		return
	}
	s := w.stream.shards[w.rand.IntN(len(w.stream.shards))]
	n := 1 + w.rand.IntN(10)
	if first := w.remains(); w.nemesis.rereads && first.closed && w.chance(0.8) {
		s, n = first, len(first.records)
	}
	request := w.request()
	if i := s.straggler(); w.nemesis.gaps && i > s.oldest && w.chance(0.8) {
		n, request = i-s.oldest, &replay.Request{From: s.hours[i], Gaps: true, Operator: "somebody"}
	}
	for last := w.takeable(s); n > 0 && s.oldest < last; n-- {
		if _, ok := s.hours[s.oldest]; ok || s.lost[s.oldest] {
			s.oldest++
		}
	}
	if s.oldest == 0 {
		return
	}
	w.count(expired, s.lease.Key)
	if w.nemesis.rereads && s.oldest == len(s.records) && s.endedOnce() && s.orphan() && !s.gone {
		w.count(vanished, s.lease.Key)
		s.gone = true
	}
	if w.chance(0.7) {
		w.operate(request)
	}
}

// straggler is the index of a record that came in the hour before the one in which the log has it; 0: there is none. Behind a gap it may lie in either.
func (s *shardLog) straggler() int {
	for i := range s.records {
		if hour, ok := s.hours[i]; ok && chain.HourOf(s.records[i].Arrival) < hour {
			return i
		}
	}
	return 0
}

// remains returns the first shard that the stream has not lost altogether.
func (w *world) remains() *shardLog {
	i := slices.IndexFunc(w.stream.shards, func(s *shardLog) bool { return !s.gone })
	return w.stream.shards[i]
}
