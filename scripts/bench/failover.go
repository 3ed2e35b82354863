package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Of the fleets in which workers are killed or leave.
const (
	fleetShards  = 8
	fleetWorkers = 3
)

// fleetPace gives each shard a record every 20 ms.
var fleetPace = pace{400, manyKeys}

// failover kills workers.
func failover() section {
	return section{
		name: "failover", title: "A worker is killed (kill -9): 8 shards, 3 workers, 400 records/s",
		sides: []side{ours, stockTuned, stockDefaults},
		lines: append([]line{
			{id: "first p50", text: "to the next owner's first record, per shard: p50", unit: seconds, target: atMost(6)},
			{id: "first p99", text: "  p99", unit: seconds, target: atMost(8)},
			{id: "first max", text: "  max", unit: seconds},
			{id: "granted p50", text: "  of which until the next owner has the lease: p50", unit: seconds},
			{id: "granted max", text: "    max", unit: seconds},
			{id: "opened p50", text: "  from there until it opens the shard: p50", unit: seconds},
			{id: "opened max", text: "    max", unit: seconds},
			{id: "read p50", text: "  from there until its first record: p50", unit: seconds},
			{id: "read max", text: "    max", unit: seconds},
		}, tallyLines()...),
		measure: measureFailover,
	}
}

// takeover is how a shard came to its next owner.
type takeover struct {
	first                 time.Duration // from the end of the old owner to the first record of the new one
	granted, opened, read time.Duration // its parts; granted is 0 when unknown
}

func measureFailover(ctx context.Context, c *cell) (out figures, err error) {
	f, t, err := startFleet(ctx, c, c.pick(fleetShards, fleetShards, 4), c.pick(fleetWorkers, fleetWorkers, 2), fleetPace)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, f.end()) }()
	var takeovers []takeover
	rounds := c.pick(7, 1, 1)
	for n := range rounds {
		c.say("kill %d of %d", n+1, rounds)
		more, err := f.crash(ctx)
		if err != nil {
			return out, err
		}
		takeovers = append(takeovers, more...)
		if n == rounds-1 {
			break
		}
		if err := f.replace(ctx); err != nil {
			return out, err
		}
	}
	c.say("catching up")
	counted, err := f.drain(ctx, t)
	if err != nil {
		return out, err
	}
	out = failoverFigures(takeovers, counted)
	c.noteSize(&out, "failover")
	return out, nil
}

func failoverFigures(takeovers []takeover, counted tally) figures {
	out := newFigures()
	var first, granted, opened, read []time.Duration
	for _, t := range takeovers {
		first, read = append(first, t.first), append(read, t.read)
		if t.granted > 0 {
			granted, opened = append(granted, t.granted), append(opened, t.opened)
		}
	}
	out.setTimes("first", first)
	out.setTimes("read", read)
	if len(granted) > 0 {
		out.setTimes("granted", granted)
		out.setTimes("opened", opened)
	}
	out.setTally(counted)
	return out
}

// startFleet starts a fleet under traffic and waits until it is at rest.
func startFleet(ctx context.Context, c *cell, shards, workers int, p pace) (*fleet, *traffic, error) {
	c.say("starting %d workers", workers)
	f, err := newFleet(ctx, c, shards)
	if err != nil {
		return nil, nil, err
	}
	t, err := startTraffic(ctx, f.services.clients, p)
	if err == nil {
		err = f.startApart(ctx, workers)
	}
	if err == nil {
		c.say("waiting until all %d shards are processed", shards)
		err = f.settle(ctx, 3*time.Second, time.Duration(c.pick(20, 3, 1))*time.Second)
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.end())
	}
	return f, t, nil
}

// crash kills the worker with most shards, and returns how each of them came to its next owner.
func (f *fleet) crash(ctx context.Context) ([]takeover, error) {
	if err := f.pass(ctx, f.cell.moment(2*time.Second)); err != nil {
		return nil, err
	}
	victim, err := f.busiest()
	if err != nil {
		return nil, err
	}
	shards := f.history.shardsOf(victim.name)
	at := victim.kill()
	if err := f.awaitSuccessors(ctx, victim, shards, at); err != nil {
		return nil, fmt.Errorf("kill of %s: %w", victim.name, err)
	}
	takeovers := make([]takeover, len(shards))
	for i, shard := range shards {
		takeovers[i] = f.history.takeover(shard, victim.name, at)
	}
	return takeovers, nil
}

// awaitSuccessors waits until each shard of a worker has been processed by another one.
func (f *fleet) awaitSuccessors(ctx context.Context, from *child, shards []string, since time.Time) error {
	what := fmt.Sprintf("others process the %d shards of %s", len(shards), from.name)
	return f.await(ctx, what, f.cell.limit(), func() bool {
		for _, shard := range shards {
			if _, ok := f.history.successor(shard, from.name, since); !ok {
				return false
			}
		}
		return true
	})
}

// takeover takes apart how a shard came to its next owner, which has processed a record of it.
func (h *history) takeover(shard, from string, since time.Time) takeover {
	first, _ := h.successor(shard, from, since)
	t := takeover{first: first.At.Sub(since)}
	open, ok := h.latest(shard, first.Worker, opened, first.At)
	if !ok {
		return t
	}
	t.read = first.At.Sub(open.At)
	if grant, ok := h.latest(shard, first.Worker, granted, open.At); ok {
		t.granted, t.opened = grant.At.Sub(since), open.At.Sub(grant.At)
	}
	return t
}

// replace starts a worker in the place of one that is gone, waits until it processes something, if it comes to that, and until the
// fleet is at rest.
func (f *fleet) replace(ctx context.Context) error {
	c, err := f.start()
	if err != nil {
		return err
	}
	patience := time.Now().Add(time.Duration(f.cell.pick(8, 3, 90)) * time.Second)
	err = f.await(ctx, "the new worker processes something", f.cell.limit(), func() bool {
		return len(f.history.shardsOf(c.name)) > 0 || time.Now().After(patience)
	})
	if err != nil {
		return err
	}
	return f.settle(ctx, 2*time.Second, 0)
}
