package kinesis

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// history makes topologies with stamps that count up, at a time that the test sets.
type history struct {
	topology
	counter uint64
	now     int64
	peak    int // largest number of open shards seen at a tick
}

func newHistory(shards int) *history {
	h := &history{now: 1_000}
	h.topology = newTopology(shards, h.tick)
	return h
}

func (h *history) tick() stamp {
	h.counter++
	h.peak = max(h.peak, h.openCount())
	return stamp{Counter: h.counter, Millis: h.now}
}

// check fails the test unless the topology is sound: open shards tile the space, indices and stamps increase, a child's range is
// what its parents had, and it opens after they close.
func (h *history) check(t *testing.T) {
	t.Helper()
	next := hashKey{}
	open := h.openShards()
	for i, s := range open {
		if s.Range.Start != next || s.Range.End.compare(s.Range.Start) < 0 {
			t.Fatalf("open shard %d has range %v, want it to begin at %s", s.Index, s.Range, next)
		}
		if next = s.Range.End.next(); (next == hashKey{}) != (i == len(open)-1) {
			t.Fatalf("open shard %d ends at %s", s.Index, s.Range.End)
		}
	}
	for i, s := range h.Shards {
		if i > 0 && (h.Shards[i-1].Index >= s.Index || h.Shards[i-1].Opened.Counter >= s.Opened.Counter) || s.Index >= h.Next {
			t.Fatalf("shard %d follows shard %d; next is %d", s.Index, h.Shards[i-1].Index, h.Next)
		}
		h.checkParents(t, s)
	}
}

func (h *history) checkParents(t *testing.T, s shardState) {
	t.Helper()
	for _, index := range s.Parents {
		parent := h.find(index)
		if parent == nil {
			continue // past retention
		}
		overlap := parent.Range.contains(s.Range.Start) || s.Range.contains(parent.Range.Start)
		if parent.open() || parent.Closed.Counter >= s.Opened.Counter || parent.Closed.Millis != s.Opened.Millis || !overlap {
			t.Fatalf("shard %+v is a child of %+v", s, *parent)
		}
	}
}

// mutate splits or merges at random.
func (h *history) mutate(r *rand.Rand) {
	open := h.openShards()
	at := r.IntN(len(open))
	if r.IntN(2) == 0 && at+1 < len(open) {
		pair := []uint32{open[at].Index, open[at+1].Index}
		r.Shuffle(2, func(i, j int) { pair[i], pair[j] = pair[j], pair[i] })
		h.merge(pair[0], pair[1], h.tick)
		return
	}
	width := open[at].Range.End.minus(open[at].Range.Start)
	if key := open[at].Range.Start.plus(hashKey{hi: width.hi / 3, lo: width.lo / 3}); splits(open[at].Range, key) {
		h.split(open[at].Index, key, h.tick)
	}
}

func TestTopologyStaysSound(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		h := newHistory(1 + r.IntN(5))
		h.check(t)
		for range 60 {
			h.now += r.Int64N(100)
			h.mutate(r)
			h.check(t)
			if r.IntN(10) == 0 {
				h.topology, _ = h.expire(h.now - 500)
				h.check(t)
			}
		}
	}
}

func TestMergeKeepsTheOrderOfParents(t *testing.T) {
	for _, pair := range [][2]uint32{{0, 1}, {1, 0}} {
		h := newHistory(2)
		child := h.find(h.merge(pair[0], pair[1], h.tick))
		if !slices.Equal(child.Parents, pair[:]) || child.Range != (hashRange{hashKey{}, lastHashKey}) {
			t.Errorf("merging %v made %+v", pair, *child)
		}
	}
}

func TestExpire(t *testing.T) {
	h := newHistory(1)
	h.now = 2_000
	h.split(0, hashKey{hi: 1 << 63}, h.tick) // 0 closed at 2000
	h.now = 3_000
	h.merge(1, 2, h.tick) // 1 and 2 closed at 3000
	cases := []struct {
		cutoff        int64
		kept, expired []uint32
	}{
		{2_000, []uint32{0, 1, 2, 3}, nil},
		{2_001, []uint32{1, 2, 3}, []uint32{0}},
		{3_000, []uint32{1, 2, 3}, []uint32{0}},
		{3_001, []uint32{3}, []uint32{0, 1, 2}},
	}
	for _, c := range cases {
		kept, expired := h.expire(c.cutoff)
		if got := indices(kept.Shards); !slices.Equal(got, c.kept) || !slices.Equal(expired, c.expired) || kept.Next != 4 {
			t.Errorf("cutoff %d keeps %v and drops %v, want %v and %v", c.cutoff, got, expired, c.kept, c.expired)
		}
	}
	if first := h.firstEnd(); first != 2_000 {
		t.Errorf("the first shard ended at %d", first)
	}
	if first := newHistory(3).firstEnd(); first != math.MaxInt64 {
		t.Errorf("the first of open shards ended at %d", first)
	}
}

func indices(shards []shardState) []uint32 {
	var list []uint32
	for _, s := range shards {
		list = append(list, s.Index)
	}
	return list
}

func TestShardID(t *testing.T) {
	for _, index := range []uint32{0, 7, 1 << 20, 1<<32 - 1} {
		if back, ok := parseShardID(shardID(index)); !ok || back != index || len(shardID(index)) != len("shardId-000000000000") {
			t.Errorf("%s came back as %d, %v", shardID(index), back, ok)
		}
	}
	for _, id := range []string{"", "shardId-", "shardId-1", "shardId-0000000000001", "shardId-+00000000001", "shardid-000000000001", "shardId-999999999999", "0"} {
		if index, ok := parseShardID(id); ok {
			t.Errorf("%q is taken for %d", id, index)
		}
	}
}

// TestFilters compares every filter with its definition, on a stream that is resharded at known times, twice in one
// millisecond, and partly past retention.
func TestFilters(t *testing.T) {
	h := newHistory(2) // 0, 1 at 1000
	h.now = 2_000
	h.split(0, hashKey{hi: 1 << 61}, h.tick) // 2, 3
	h.split(1, hashKey{hi: 3 << 62}, h.tick) // 4, 5
	h.now = 3_000
	h.merge(3, 4, h.tick)                    // 6
	h.split(6, hashKey{hi: 1 << 62}, h.tick) // 7, 8 in the same millisecond
	at := func(millis int64) *timeUnix { return new(timeUnix(millis)) }
	cases := []struct {
		cutoff int64
		filter *shardFilter
		want   []uint32
	}{
		{0, nil, []uint32{0, 1, 2, 3, 4, 5, 6, 7, 8}},
		{0, &shardFilter{Type: filterFromHorizon}, []uint32{0, 1, 2, 3, 4, 5, 6, 7, 8}},
		{0, &shardFilter{Type: filterAtTrimHorizon}, []uint32{0, 1}},
		{2_500, &shardFilter{Type: filterAtTrimHorizon}, []uint32{2, 3, 4, 5}},
		{3_500, &shardFilter{Type: filterAtTrimHorizon}, []uint32{2, 5, 7, 8}},
		{0, &shardFilter{Type: filterAtLatest}, []uint32{2, 5, 7, 8}},
		{0, &shardFilter{Type: filterAfterShard, ShardID: shardID(5)}, []uint32{6, 7, 8}},
		{0, &shardFilter{Type: filterAfterShard, ShardID: shardID(99)}, nil},
		{0, &shardFilter{Type: filterAtTime, Timestamp: at(999)}, nil},
		{0, &shardFilter{Type: filterAtTime, Timestamp: at(1_000)}, []uint32{0, 1}},
		{0, &shardFilter{Type: filterAtTime, Timestamp: at(2_000)}, []uint32{0, 1, 2, 3, 4, 5}},
		{0, &shardFilter{Type: filterAtTime, Timestamp: at(2_500)}, []uint32{2, 3, 4, 5}},
		{0, &shardFilter{Type: filterAtTime, Timestamp: at(9_000)}, []uint32{2, 5, 7, 8}},
		{0, &shardFilter{Type: filterFromTime, Timestamp: at(2_000)}, []uint32{0, 1, 2, 3, 4, 5, 6, 7, 8}},
		{0, &shardFilter{Type: filterFromTime, Timestamp: at(2_001)}, []uint32{2, 3, 4, 5, 6, 7, 8}},
		{2_500, &shardFilter{Type: filterFromTime, Timestamp: at(0)}, []uint32{2, 3, 4, 5, 6, 7, 8}},
		{0, &shardFilter{Type: filterFromTime, Timestamp: at(3_001)}, []uint32{2, 5, 7, 8}},
	}
	for _, c := range cases {
		kept, _ := h.expire(c.cutoff)
		if got := indices(kept.list(0, c.filter)); !slices.Equal(got, c.want) {
			t.Errorf("cutoff %d, filter %+v: %v, want %v", c.cutoff, c.filter, got, c.want)
		}
	}
}

// TestRootsTileTheSpace: the shards at the trim horizon take every key exactly once, whatever happened.
func TestRootsTileTheSpace(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 2))
		h := newHistory(3)
		for range 40 {
			h.now += r.Int64N(3)
			h.mutate(r)
		}
		kept, _ := h.expire(1_000 + r.Int64N(h.now-999))
		next := hashKey{}
		roots := kept.list(0, &shardFilter{Type: filterAtTrimHorizon})
		slices.SortFunc(roots, func(a, b shardState) int { return a.Range.Start.compare(b.Range.Start) })
		for _, s := range roots {
			if s.Range.Start != next {
				t.Fatalf("seed %d: %s begins at %s, want %s", seed, fmt.Sprint(indices(roots)), s.Range.Start, next)
			}
			next = s.Range.End.next()
		}
		if next != (hashKey{}) {
			t.Fatalf("seed %d: the roots end before %s", seed, next)
		}
	}
}
