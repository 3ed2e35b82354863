package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// coldStart starts one worker on a stream that nobody has read yet.
func coldStart() section {
	return section{
		name: "coldstart", title: "A first worker starts on a stream of 64 shards with records in all of them",
		sides: []side{ours, stockTuned, stockDefaults},
		lines: append([]line{
			{id: "shards", text: "shards of the stream"},
			{id: "one p50", text: "from the start of the process to the first record of the first shard: p50", unit: seconds},
			{id: "all p50", text: "  of every shard: p50", unit: seconds, target: lessThan(10)},
			{id: "all max", text: "    max", unit: seconds, target: lessThan(10)},
		}, tallyLines()...),
		measure: measureColdStart,
	}
}

// coldStartSample is how many shards a side that waits a minute for each is watched for.
const coldStartSample = 5

func measureColdStart(ctx context.Context, c *cell) (out figures, err error) {
	out = newFigures()
	shards, rounds := c.pick(64, 16, 64), c.pick(3, 1, 1)
	if c.side == stockTuned {
		rounds = 1 // more than a minute each
	}
	var one, all []time.Duration
	var sum tally
	for n := range rounds {
		c.say("start %d of %d on %d shards", n+1, rounds, shards)
		starts, counted, err := startCold(ctx, c, shards)
		if err != nil {
			return out, err
		}
		one, sum = append(one, starts[0]), sum.plus(counted)
		all = append(all, extrapolated(starts, shards))
	}
	out.setTimes("one", one)
	out.setTimes("all", all)
	if c.slow() {
		out.derive("all p50", "all max")
		out.note("cold start of %s: watched for %d shards, the time of all %d is derived from the mean time between them", c.side.title(), coldStartSample, shards)
	} else {
		out.setTally(sum)
	}
	out.set("shards", float64(shards))
	return out, nil
}

// extrapolated returns when the last of so many shards is read, if the others follow as those have that were seen.
func extrapolated(starts []time.Duration, shards int) time.Duration {
	seen := len(starts)
	if seen >= shards {
		return starts[seen-1]
	}
	return starts[0] + (starts[seen-1]-starts[0])/time.Duration(seen-1)*time.Duration(shards-1)
}

// startCold returns how long after the start of the process each shard had its first record processed, sorted.
func startCold(ctx context.Context, c *cell, shards int) (starts []time.Duration, counted tally, err error) {
	f, err := newFleet(ctx, c, shards)
	if err != nil {
		return nil, counted, err
	}
	defer func() { err = errors.Join(err, f.end()) }()
	acked, err := fill(ctx, f)
	if err != nil {
		return nil, counted, err
	}
	w, err := f.start()
	if err != nil {
		return nil, counted, err
	}
	want := shards
	if c.slow() {
		want = coldStartSample
	}
	err = f.await(ctx, fmt.Sprintf("%d shards are processed", want), max(c.limit(), 3*time.Minute), func() bool { return len(f.history.tips) >= want })
	if err != nil {
		return nil, counted, err
	}
	for shard := range f.history.tips {
		starts = append(starts, f.history.records(shard, time.Time{})[0].At.Sub(w.started))
	}
	slices.Sort(starts)
	if c.slow() {
		return starts, counted, nil
	}
	counted, err = f.countAll(ctx, acked)
	return starts, counted, err
}

// fill puts records until there are some in every shard.
func fill(ctx context.Context, f *fleet) ([]receipt, error) {
	t, err := startTraffic(ctx, f.services.clients, pace{4000, manyKeys})
	if err != nil {
		return nil, err
	}
	full := func() bool { return len(t.shards()) == len(f.lanes) }
	if err := f.await(ctx, "all shards have records", 30*time.Second, full); err != nil {
		return nil, err
	}
	return t.finish(ctx)
}

// shards returns the shards of what has been acknowledged so far, sorted.
func (t *traffic) shards() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	shards := map[string]bool{}
	for _, p := range t.acked {
		shards[p.Shard] = true
	}
	return slices.Sorted(maps.Keys(shards))
}

func (t tally) plus(u tally) tally {
	return tally{t.acked + u.acked, t.twice + u.twice, t.lost + u.lost}
}
