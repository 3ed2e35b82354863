package main

import (
	"context"
	"path/filepath"
	"time"
)

// scaleTask is the variable in the environment of TestScale that says what it has to do.
const scaleTask = "STREAMREC_BENCH_SCALE"

// scaleOrder is its value, in JSON.
type scaleOrder struct {
	Shards, Workers int
	Seconds         int    // of the simulated clock, to count for
	Result          string // path
}

// scaleOutcome is what TestScale writes, in JSON.
type scaleOutcome struct {
	Start, Idle, Crash, Join episode
}

// episode is what happened in some time of the simulated clock.
type episode struct {
	Took   time.Duration
	Moves  int
	Writes int
	Reads  int // requests
	Rows   int // read
}

// Of the large fleet.
const (
	scaleShards  = 1000
	scaleWorkers = 100
)

// scale counts what a large fleet's coordination takes, without a DynamoDB that would take most of the time.
func scale() section {
	lines := []line{
		{id: "shards", text: "shards"},
		{id: "workers", text: "workers"},
		{id: "start", text: "all start, until the leases are spread evenly", unit: seconds},
		{id: "start moves", text: "  leases taken and moved"},
		{id: "crash", text: "one worker falls silent, until the others are even", unit: seconds},
		{id: "crash moves", text: "  moves"},
		{id: "join", text: "one more worker comes, until it has its part", unit: seconds},
		{id: "join moves", text: "  moves"},
		{id: "writes", text: "idle: writes", unit: perSecond},
		{id: "reads", text: "  read requests", unit: perSecond},
		{id: "rows", text: "  rows read", unit: perSecond},
	}
	return section{
		name: "scale", title: "A large fleet on a simulated clock: its table is in memory, its workers are real", sides: []side{ours}, lines: lines, measure: measureScale,
	}
}

func measureScale(ctx context.Context, c *cell) (figures, error) {
	out := newFigures()
	order := scaleOrder{c.pick(scaleShards, scaleShards/10, 0), c.pick(scaleWorkers, scaleWorkers/10, 0), c.pick(30, 10, 0), filepath.Join(c.dir, "outcome.json")}
	c.say("simulating %d workers on %d shards", order.Workers, order.Shards)
	o, err := simulate[scaleOutcome](ctx, "TestScale", scaleTask, order, order.Result)
	if err != nil {
		return out, err
	}
	out.set("shards", float64(order.Shards))
	out.set("workers", float64(order.Workers))
	out.setScale(o)
	return out, nil
}

func (f *figures) setScale(o scaleOutcome) {
	for name, e := range map[string]episode{"start": o.Start, "crash": o.Crash, "join": o.Join} {
		f.set(name, e.Took.Seconds())
		f.set(name+" moves", float64(e.Moves))
	}
	per := o.Idle.Took.Seconds()
	f.set("writes", float64(o.Idle.Writes)/per)
	f.set("reads", float64(o.Idle.Reads)/per)
	f.set("rows", float64(o.Idle.Rows)/per)
}
