package kinesis

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// shardState is what a stream knows of one shard apart from its records.
type shardState struct {
	Index   uint32    `json:"index"`
	Parents []uint32  `json:"parents,omitempty"` // one after a split, two after a merge: the parent, then the adjacent one
	Range   hashRange `json:"range"`
	Opened  stamp     `json:"opened"`
	Closed  *stamp    `json:"closed,omitempty"` // nil while the shard is open
}

// stamp is a position in a stream together with the time at which it was taken.
type stamp struct {
	Counter uint64 `json:"counter"`
	Millis  int64  `json:"millis"`
}

func (s shardState) open() bool { return s.Closed == nil }

func (s shardState) compareIndex(index uint32) int { return cmp.Compare(s.Index, index) }

// shardID formats an index the way Kinesis names shards.
func shardID(index uint32) string { return fmt.Sprintf("shardId-%012d", index) }

// parseShardID reads what shardID wrote.
func parseShardID(id string) (uint32, bool) {
	digits, found := strings.CutPrefix(id, "shardId-")
	if !found || len(digits) != 12 {
		return 0, false
	}
	index, err := strconv.ParseUint(digits, 10, 32)
	return uint32(index), err == nil && shardID(uint32(index)) == id // ParseUint was given 32 bits
}

// topology is the set of shards of a stream, by ascending index. Closed shards stay until they are past retention. A change
// is made on a clone, which replaces the original once it is saved.
type topology struct {
	Next   uint32       `json:"next"` // index of the next shard; never used twice
	Shards []shardState `json:"shards"`
}

// newTopology divides the hash space among count shards.
func newTopology(count int, tick func() stamp) topology {
	var t topology
	for _, keys := range uniformRanges(count) {
		t.add(shardState{Range: keys, Opened: tick()})
	}
	return t
}

func (t *topology) clone() topology {
	return topology{Next: t.Next, Shards: slices.Clone(t.Shards)}
}

// add appends a shard, gives it the next index and returns that.
func (t *topology) add(shard shardState) uint32 {
	shard.Index = t.Next
	t.Next++
	t.Shards = append(t.Shards, shard)
	return shard.Index
}

// find returns the shard with this index, or nil.
func (t *topology) find(index uint32) *shardState {
	at, found := slices.BinarySearchFunc(t.Shards, index, shardState.compareIndex)
	if !found {
		return nil
	}
	return &t.Shards[at]
}

// openShards lists the open shards by ascending hash key. Together they always cover the whole space.
func (t *topology) openShards() []shardState {
	open := slices.DeleteFunc(slices.Clone(t.Shards), func(s shardState) bool { return !s.open() })
	slices.SortFunc(open, func(a, b shardState) int { return a.Range.Start.compare(b.Range.Start) })
	return open
}

func (t *topology) openCount() int {
	count := 0
	for _, s := range t.Shards {
		if s.open() {
			count++
		}
	}
	return count
}

// children lists the shards that a split or merge made out of this one.
func (t *topology) children(index uint32) []shardState {
	var children []shardState
	for _, s := range t.Shards {
		if slices.Contains(s.Parents, index) {
			children = append(children, s)
		}
	}
	return children
}

// close closes an open shard.
func (t *topology) close(index uint32, at stamp) { t.find(index).Closed = &at }

// split replaces an open shard by two and returns the index of the second, which begins at the key. The key must lie inside
// the range, but not at its start.
func (t *topology) split(index uint32, key hashKey, tick func() stamp) uint32 {
	keys := t.find(index).Range
	t.close(index, tick())
	t.add(shardState{Parents: []uint32{index}, Range: hashRange{keys.Start, key.prev()}, Opened: tick()})
	return t.add(shardState{Parents: []uint32{index}, Range: hashRange{key, keys.End}, Opened: tick()})
}

// merge replaces two open shards with adjacent ranges by one and returns its index.
func (t *topology) merge(index, adjacent uint32, tick func() stamp) uint32 {
	a, b := t.find(index).Range, t.find(adjacent).Range
	if b.Start.compare(a.Start) < 0 {
		a, b = b, a
	}
	t.close(index, tick())
	t.close(adjacent, tick())
	return t.add(shardState{Parents: []uint32{index, adjacent}, Range: hashRange{a.Start, b.End}, Opened: tick()})
}

// expire drops the shards that were closed before the cutoff: none of their records can be younger.
func (t *topology) expire(cutoff int64) (kept topology, expired []uint32) {
	kept.Next = t.Next
	for _, s := range t.Shards {
		if !s.open() && s.Closed.Millis < cutoff {
			expired = append(expired, s.Index)
			continue
		}
		kept.Shards = append(kept.Shards, s)
	}
	return kept, expired
}

// firstEnd is the smallest closing time of a shard, math.MaxInt64 when all are open.
func (t *topology) firstEnd() int64 {
	first := int64(math.MaxInt64)
	for _, s := range t.Shards {
		if !s.open() {
			first = min(first, s.Closed.Millis)
		}
	}
	return first
}
