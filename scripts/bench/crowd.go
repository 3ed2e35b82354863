package main

import (
	"context"
	"path/filepath"
	"slices"
	"time"
)

// Of the large fleet.
const (
	crowdShards  = 1000
	crowdWorkers = 20
)

// crowdTask is the variable in the environment of TestCrowd that says what it has to do.
const crowdTask = "STREAMREC_BENCH_CROWD"

// crowdOrder is its value, in JSON.
type crowdOrder struct {
	Shards  int
	Seconds int    // of the simulated clock, to count for
	Result  string // path
}

// crowdOutcome is what TestCrowd writes, in JSON.
type crowdOutcome struct {
	Even time.Duration // from the start of all workers until the leases were spread evenly
	Idle usage         // per second
}

// crowd counts what leases cost where there are many.
func crowd() section {
	return section{
		name: "crowd", title: "DynamoDB: 1,000 shards, 20 workers in one process, on a simulated clock",
		sides: []side{ours, stockTuned, stockDefaults},
		lines: slices.Concat([]line{
			{id: "shards", text: "shards"},
			{id: "even", text: "from the start of all workers until the leases are spread evenly", unit: seconds},
		}, usageLines("idle", atMost(10))),
		measure: measureCrowd,
	}
}

// measureCrowd lets TestCrowd count.
func measureCrowd(ctx context.Context, c *cell) (figures, error) {
	if c.side != ours {
		return derivedCrowd(c.side), nil
	}
	c.say("simulating %d workers on %d shards", crowdWorkers, crowdShards)
	out := newFigures()
	order := crowdOrder{c.pick(crowdShards, crowdShards/10, 0), c.pick(120, 20, 0), filepath.Join(c.dir, "outcome.json")}
	outcome, err := simulate[crowdOutcome](ctx, "TestCrowd", crowdTask, order, order.Result)
	if err != nil {
		return out, err
	}
	out.setUsage("idle", outcome.Idle)
	out.set("even", outcome.Even.Seconds())
	out.set("shards", float64(order.Shards))
	out.note("streamrec, %d shards and %d workers: %s", order.Shards, crowdWorkers, breakdown(outcome.Idle))
	return out, nil
}

// derivedCrowd computes what the stock library cannot do without: each shard's owner renews its lease by a consistent read of the row
// and a write of it. Every worker also reads the rows of all others' shards, as fast as it can; that comes on top.
func derivedCrowd(s side) figures {
	renewal := 2.5 // s
	if s == stockTuned {
		renewal = tunedRenewal / 1000.
	}
	out := newFigures()
	renewals := crowdShards / renewal
	for id, v := range map[string]float64{"requests": 2 * renewals, "writes": renewals, "read units": renewals, "write units": renewals} {
		out.set("idle "+id, v)
		out.derive("idle " + id)
	}
	out.set("shards", crowdShards)
	return out
}
