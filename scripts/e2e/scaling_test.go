package e2e

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// scalingShards is how many shards wander between one, four and two workers.
const scalingShards = 64

// TestScaling lets workers join, leave and die under traffic. After each step every shard is read, each worker reads its even share
// but for one, and in the end each record is in the bucket once.
func TestScaling(t *testing.T) {
	needProcesses(t)
	oracle, ctx := NewOracle(t), Bounded(t, 2*time.Minute)
	stack := NewStack(ctx, t, "--limits=off")
	stack.CreateStream(ctx, scalingShards)
	stack.CreateBucket(ctx)
	fleet := NewFleet(stack, App, "--no-privacy", "--failover-time", "2s", "--flush-age", "5s")
	var figures strings.Builder
	step := func(what string, do func()) {
		began := time.Now()
		do()
		fleet.AwaitBalance(ctx, scalingShards)
		fmt.Fprintf(&figures, "\n%-24s even after %5.1f s: %v", what, time.Since(began).Seconds(), fleet.counts())
	}
	step("one worker starts", func() { fleet.Start("a") })
	file := EventFile(t, 200_000, 7)
	traffic := stack.Produce(file, 300)
	traffic.AwaitAcknowledged(ctx, 300)
	var c, d *Worker
	step("three join", func() { fleet.Start("b"); c, d = fleet.Start("c"), fleet.Start("d") })
	step("one leaves (SIGTERM)", func() { c.Terminate(); c.Succeed(ctx) })
	step("one dies (kill -9)", func() { d.Kill() })

	put := traffic.Finish(ctx)
	fleet.Drain(ctx, put)
	t.Logf("%d shards, failover time 2s, %d records%s", scalingShards, put, &figures)
	oracle.JudgeTraffic(ctx, fleet, traffic, Truncated(t, file, put))
}

// AwaitBalance waits until all shards are read, and each worker's share differs from the even one by at most one.
func (f *Fleet) AwaitBalance(ctx context.Context, shards int) {
	f.stack.t.Helper()
	limited, cancel := context.WithTimeout(ctx, balanceTime)
	defer cancel()
	Until(limited, f.stack.t, "the shards are spread evenly", func() (bool, string) {
		counts, all, even := f.counts(), 0, true
		for _, n := range counts {
			all += n
			even = even && math.Abs(float64(n)-float64(shards)/float64(len(counts))) <= 1
		}
		return even && all == shards, fmt.Sprint(counts)
	})
}

// balanceTime bounds a step: what is moved for balance has been left alone for six failover times before.
const balanceTime = 45 * time.Second
