package evaluate

import (
	"crypto/md5"
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/streamrec/streamrec/model"
)

// Sharded is the model of package model cut into shards by the MD5 of session ids, as Kinesis cuts a stream. Each shard
// learns from its own sessions at once, and adopts what the others made StalenessMs ago. The CPU time of its lists has
// that of publishing and adopting in it.
type Sharded struct {
	StalenessMs int64 // 0 merges exactly, Never not at all

	merged  *model.Merged
	shards  []*Streaming
	pending []pendingFact // oldest first
	nowMs   int64
}

// Never is the staleness of shards that learn nothing from each other.
const Never = math.MaxInt64

type pendingFact struct {
	ms   int64
	fact model.Fact
}

// NewSharded returns n ≥ 1 shards.
func NewSharded(p model.Params, n int) *Sharded {
	s := &Sharded{merged: model.NewMerged(p)}
	for range n {
		s.shards = append(s.shards, &Streaming{Model: model.New(p)})
	}
	return s
}

// Restrict makes all shards propose only what sells accepts, see [model.Model.Restrict].
func (s *Sharded) Restrict(sells func(item string) bool) {
	for _, shard := range s.shards {
		shard.Model.Restrict(sells)
	}
}

// of returns the shard that owns a session: the hash range is cut into equal parts.
func (s *Sharded) of(session string) *Streaming {
	sum := md5.Sum([]byte(session))
	at, _ := bits.Mul64(binary.BigEndian.Uint64(sum[:8]), uint64(len(s.shards)))
	return s.shards[at]
}

// Observe implements Recommender.
func (s *Sharded) Observe(e Event) {
	s.nowMs = e.Ms
	shard := s.of(e.Session)
	shard.Observe(e)
	for _, f := range shard.facts {
		s.pending = append(s.pending, pendingFact{e.Ms, f})
	}
}

// merge publishes what is old enough, and lets a shard see it and what time it is.
func (s *Sharded) merge(shard *Streaming) {
	if s.StalenessMs == Never {
		return
	}
	due := 0
	for due < len(s.pending) && s.pending[due].ms <= s.nowMs-s.StalenessMs {
		s.merged.Add(s.pending[due].fact)
		due++
	}
	if due > 0 {
		s.pending = s.pending[due:]
		s.merged.Publish()
	}
	shard.Model.Advance(s.nowMs)
	shard.Model.Adopt(s.merged.Latest())
}

// Recommend implements Recommender.
func (s *Sharded) Recommend(dst []string, session string, k int) []string {
	shard := s.of(session)
	s.merge(shard)
	return shard.Recommend(dst, session, k)
}

// RecommendItems implements Recommender: the first shard is asked.
func (s *Sharded) RecommendItems(dst []string, items []string, k int) []string {
	s.merge(s.shards[0])
	return s.shards[0].RecommendItems(dst, items, k)
}
