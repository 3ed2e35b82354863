package main

import (
	"slices"
	"time"
)

// Retention takes records away here when they are seconds old, and workers believe that it is a day. What they conclude from it has to stay right: where a shard had
// been read to its tip a moment ago, nothing that has come since is past retention; and a reader of records that are nearly a day old looks anew before each read.

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

// takeable is the index before which retention may take records.
func (s *shardLog) takeable(now time.Duration) int {
	last := len(s.records)
	for n, t := range s.tips {
		if !n.dead && now-t.at < tipHolds {
			last = min(last, t.read)
		}
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
	for last := s.takeable(w.now); n > 0 && s.oldest < last; n-- {
		if _, ok := s.hours[s.oldest]; ok {
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
		w.operate(w.request())
	}
}

// remains returns the first shard that the stream has not lost altogether.
func (w *world) remains() *shardLog {
	i := slices.IndexFunc(w.stream.shards, func(s *shardLog) bool { return !s.gone })
	return w.stream.shards[i]
}
