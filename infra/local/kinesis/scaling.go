package kinesis

import "slices"

// snapTolerance is how far from a uniform boundary an existing one may lie and still serve. floor(2^128/6)*2 and
// floor(2^128/3) differ by one; without it a stream of six shards could not be halved by plain merges.
const snapTolerance = 1 << 20

// scale changes the open shards to target ones of uniform size, as UpdateShardCount does.
//
// Every open shard is first split wherever a boundary of the target lies inside it, from low to high keys; then the pieces of
// each target range are merged, from low to high. Doubling is thus only splits and halving only merges; an uneven target,
// such as 2 to 3, makes short-lived shards, which stay visible as closed shards like in the real service. A stream that is
// uniform already does not change.
func (t *topology) scale(target int, tick func() stamp) {
	open := t.openShards()
	starts := snapped(uniformStarts(target), open)
	for _, shard := range open {
		t.cut(shard, starts, tick)
	}
	t.join(starts, tick)
}

// scalingPeak is the largest number of open shards while scaling.
func (t *topology) scalingPeak(target int) int {
	open := t.openShards()
	var starts []hashKey
	for _, shard := range open {
		starts = append(starts, shard.Range.Start)
	}
	starts = append(starts, snapped(uniformStarts(target), open)...)
	slices.SortFunc(starts, hashKey.compare)
	return len(slices.Compact(starts))
}

// snapped moves each start to the nearest existing boundary when that is near enough.
func snapped(starts []hashKey, open []shardState) []hashKey {
	moved := slices.Clone(starts)
	for i, start := range starts {
		at, _ := slices.BinarySearchFunc(open, start, startsAt)
		nearest := hashKey{lo: snapTolerance + 1}
		for _, shard := range open[max(at-1, 0):min(at+1, len(open))] {
			if gap := shard.Range.Start.distance(start); gap.compare(nearest) < 0 {
				nearest, moved[i] = gap, shard.Range.Start
			}
		}
	}
	return moved
}

func startsAt(s shardState, key hashKey) int { return s.Range.Start.compare(key) }

// cut splits a shard at every start inside its range.
func (t *topology) cut(shard shardState, starts []hashKey, tick func() stamp) {
	rest := shard.Index
	at, _ := slices.BinarySearchFunc(starts, shard.Range.Start.next(), hashKey.compare)
	for ; at < len(starts) && shard.Range.contains(starts[at]); at++ {
		rest = t.split(rest, starts[at], tick)
	}
}

// join merges the open shards between each start and the next. Every start must be the start of an open shard.
func (t *topology) join(starts []hashKey, tick func() stamp) {
	next, joined := 0, uint32(0)
	for _, shard := range t.openShards() {
		if next < len(starts) && shard.Range.Start == starts[next] {
			joined = shard.Index
			next++
			continue
		}
		joined = t.merge(joined, shard.Index, tick)
	}
}
