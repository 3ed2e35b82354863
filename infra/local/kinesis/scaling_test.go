package kinesis

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// requireUniform fails unless the open shards begin where uniform ones would, within the tolerance.
func requireUniform(t *testing.T, h *history, target int) {
	t.Helper()
	open := h.openShards()
	if len(open) != target {
		t.Fatalf("%d open shards, want %d", len(open), target)
	}
	for i, start := range uniformStarts(target) {
		if gap := open[i].Range.Start.distance(start); gap.hi != 0 || gap.lo > snapTolerance {
			t.Fatalf("shard %d of %d begins at %s, want %s", i, target, open[i].Range.Start, start)
		}
	}
}

func TestScaleSteps(t *testing.T) {
	cases := []struct {
		from, to   int
		made, peak int // shards made on the way, most open ones
	}{
		{1, 1, 0, 1},
		{1, 2, 2, 2},
		{2, 4, 4, 4},
		{4, 2, 2, 4},
		{2, 1, 1, 2},
		{6, 3, 3, 6},
		{3, 6, 6, 6},
		{5, 10, 10, 10},
		{2, 3, 2*2 + 1, 4},          // boundaries 1/3 and 2/3 are cut, 1/2 is merged away
		{3, 2, 1*2 + 2, 4},          // 1/2 is cut, 1/3 and 2/3 are merged away
		{8, 5, 4*2 + 7, 8 + 4},      // fifths are cut, eighths merged away
		{5, 8, 7*2 + 4, 5 + 7},      // and back
		{4, 3, 2*2 + 3, 4 + 2},      // no common boundary
		{100, 150, 100*2 + 50, 200}, // every other boundary is common
	}
	for _, c := range cases {
		h := newHistory(c.from)
		h.now++
		peak := h.scalingPeak(c.to)
		h.scale(c.to, h.tick)
		h.check(t)
		requireUniform(t, h, c.to)
		if made := int(h.Next) - c.from; made != c.made || peak != c.peak || h.peak > c.peak {
			t.Errorf("%d -> %d made %d shards with up to %d (said %d) open, want %d and %d", c.from, c.to, made, h.peak, peak, c.made, c.peak)
		}
	}
}

// TestScaleAnything scales streams with arbitrary shards, some only a few keys wide.
func TestScaleAnything(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 3))
		h := newHistory(1 + r.IntN(6))
		for range r.IntN(30) {
			h.mutate(r)
		}
		if r.IntN(2) == 0 {
			h.sliver(r)
		}
		target := 1 + r.IntN(2*h.openCount())
		h.peak = 0
		peak := h.scalingPeak(target)
		h.scale(target, h.tick)
		h.check(t)
		requireUniform(t, h, target)
		if h.peak > peak {
			t.Fatalf("seed %d: %d shards were open at once, %d announced", seed, h.peak, peak)
		}
		next := h.Next
		if h.scale(target, h.tick); h.Next != next {
			t.Fatalf("seed %d: scaling a uniform stream made %d shards", seed, h.Next-next)
		}
	}
}

// sliver splits off the narrowest shard that SplitShard allows, at either end of a shard.
func (h *history) sliver(r *rand.Rand) {
	open := h.openShards()
	shard := open[r.IntN(len(open))]
	key := shard.Range.Start.plus(hashKey{lo: 2})
	if r.IntN(2) == 0 {
		key = shard.Range.End.prev()
	}
	if splits(shard.Range, key) {
		h.split(shard.Index, key, h.tick)
	}
}

func TestScaleLeavesTheOriginalAlone(t *testing.T) {
	h := newHistory(4)
	before := h.clone()
	changed := h.clone()
	changed.scale(3, h.tick)
	if !slices.EqualFunc(before.Shards, h.Shards, func(a, b shardState) bool { return a.Index == b.Index && a.open() == b.open() }) {
		t.Error("scaling a clone changed the original")
	}
}

func TestSplits(t *testing.T) {
	keys := hashRange{hashKey{lo: 10}, hashKey{lo: 20}}
	for key, want := range map[uint64]bool{9: false, 10: false, 11: false, 12: true, 15: true, 19: true, 20: false, 21: false} {
		if got := splits(keys, hashKey{lo: key}); got != want {
			t.Errorf("a shard of keys 10 to 20 splits at %d: %v, want %v", key, got, want)
		}
	}
}
