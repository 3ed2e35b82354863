package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Of the fleet whose requests are counted.
const (
	countedShards  = 16
	countedWorkers = 4
	countedRate    = 200 // records/s while there is traffic
)

// coordination counts what leases cost in DynamoDB.
func coordination() section {
	return section{
		name: "coordination", title: "DynamoDB: 16 shards, 4 worker processes",
		sides: []side{ours, stockTuned, stockDefaults},
		lines: slices.Concat(usageLines("idle", nil), []line{
			{id: "busy requests", text: "with 200 records/s, a checkpoint per batch: coordination requests", unit: perSecond},
			{id: "busy checkpoints", text: "  checkpoints", unit: perSecond},
			{id: "busy checkpoint units", text: "  write units of checkpoints", unit: perSecond},
		}, tallyLines()),
		measure: measureCoordination,
	}
}

// usageLines are the lines of a usage, checkpoints apart.
func usageLines(when string, writes *target) []line {
	return []line{
		{id: when + " requests", text: when + ": requests", unit: perSecond},
		{id: when + " writes", text: "  writes among them", unit: perSecond, target: writes},
		{id: when + " read units", text: "  consumed read units", unit: perSecond},
		{id: when + " write units", text: "  consumed write units", unit: perSecond},
	}
}

// setUsage fills usageLines.
func (f *figures) setUsage(when string, u usage) {
	f.set(when+" requests", u.Requests-u.Checkpoints)
	f.set(when+" writes", u.Writes-u.Checkpoints)
	f.set(when+" read units", u.ReadUnits)
	f.set(when+" write units", u.WriteUnits-u.CheckpointUnits)
}

func measureCoordination(ctx context.Context, c *cell) (out figures, err error) {
	out = newFigures()
	c.say("starting %d workers", countedWorkers)
	f, err := newFleet(ctx, c, countedShards)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, f.end()) }()
	first, err := f.spread(ctx)
	if err != nil {
		return out, err
	}
	c.say("counting, idle")
	idle, err := f.count(ctx, time.Duration(c.pick(30, 6, 60))*time.Second)
	if err != nil {
		return out, err
	}
	t, err := startTraffic(ctx, f.services.clients, pace{countedRate, manyKeys})
	if err != nil {
		return out, err
	}
	c.say("counting, with traffic")
	if err := f.pass(ctx, 2*time.Second); err != nil {
		return out, err
	}
	busy, err := f.count(ctx, time.Duration(c.pick(15, 4, 30))*time.Second)
	if err != nil {
		return out, err
	}
	if busy.Checkpoints == 0 {
		return out, errors.New("no checkpoint was recognised under traffic: checkpoints and coordination cannot be told apart")
	}
	second, err := f.drain(ctx, t)
	out.setUsage("idle", idle)
	out.set("busy requests", busy.Requests-busy.Checkpoints)
	out.set("busy checkpoints", busy.Checkpoints)
	out.set("busy checkpoint units", busy.CheckpointUnits)
	out.setTally(first.plus(second))
	out.note("%s, idle: %s", c.side.title(), breakdown(idle))
	if !f.even() {
		out.note("%s: the shards were not spread evenly over the 4 workers", c.side.title())
	}
	return out, err
}

// spread starts the workers, with some traffic that shows who has which shard, until the shards are spread and the fleet is at rest.
func (f *fleet) spread(ctx context.Context) (tally, error) {
	t, err := startTraffic(ctx, f.services.clients, pace{countedRate, manyKeys})
	if err != nil {
		return tally{}, err
	}
	if err := f.startApart(ctx, countedWorkers); err != nil {
		return tally{}, err
	}
	f.cell.say("waiting until all %d shards are processed", countedShards)
	if err := f.settle(ctx, 3*time.Second, time.Duration(f.cell.pick(50, 3, 1))*time.Second); err != nil {
		return tally{}, err
	}
	counted, err := f.drain(ctx, t)
	if err != nil {
		return counted, err
	}
	return counted, f.pass(ctx, 2*time.Second)
}

// count counts for a while what DynamoDB is asked per second.
func (f *fleet) count(ctx context.Context, d time.Duration) (usage, error) {
	began, before := time.Now(), f.services.meter.usage()
	if err := f.pass(ctx, d); err != nil {
		return usage{}, err
	}
	u := f.services.meter.usage().since(before, time.Since(began).Seconds())
	if u.Requests == 0 {
		return u, errors.New("DynamoDB was not asked anything: the workers do not coordinate through it")
	}
	return u, nil
}

// breakdown says how often what was asked.
func breakdown(u usage) string {
	kinds := slices.SortedFunc(maps.Keys(u.ByKind), func(a, b string) int {
		if u.ByKind[a] > u.ByKind[b] {
			return -1
		}
		return 1
	})
	var parts []string
	for _, k := range kinds {
		if u.ByKind[k] > 0 {
			parts = append(parts, fmt.Sprintf("%s %.1f/s", k, u.ByKind[k]))
		}
	}
	return strings.Join(parts, ", ")
}
