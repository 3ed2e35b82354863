package e2e

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// Of the fleet whose pauses are measured.
const (
	failoverTime = 5 * time.Second // the default
	flushAge     = time.Second     // short, but not so short that there are more objects to restore from than in real life
	rounds       = 3
)

// TestFailover measures for how long a shard stands still when its worker is killed, and when it leaves. It prints the
// numbers and asserts only what does not depend on the machine: nobody takes a shard before its worker can be known to be
// dead, leaving is faster than dying, and neither loses or doubles a record.
func TestFailover(t *testing.T) {
	needProcesses(t)
	oracle, ctx := NewOracle(t), Bounded(t, 3*time.Minute)
	stack := NewStack(ctx, t, "--limits=off")
	stack.CreateStream(ctx, 8)
	stack.CreateBucket(ctx)
	fleet := NewFleet(stack, App, "--no-privacy", "--flush-age", flushAge.String())
	fleet.AwaitShare(ctx, fleet.Start("a"), fleet.Start("b"), fleet.Start("c"))
	file := EventFile(t, 200_000, 4)
	traffic := stack.Produce(file, 400)
	traffic.AwaitAcknowledged(ctx, 400)

	var crashes, leaves pauses
	for range rounds {
		crashes.add(replace(ctx, fleet, (*Worker).Kill))
		leaves.add(replace(ctx, fleet, (*Worker).Terminate))
	}
	t.Logf("pause of a shard, failover time %s, flush age %s\n%s\n%s", failoverTime, flushAge, crashes.row("kill -9"), leaves.row("SIGTERM"))
	if first := slices.Min(crashes.read); first < failoverTime/2 {
		t.Errorf("a shard was read %s after its worker was killed: too early to know that it is dead", first)
	}
	if slowest, fastest := slices.Max(leaves.read), slices.Min(crashes.read); slowest > fastest {
		t.Errorf("the slowest hand-off took %s, longer than the fastest takeover after a crash, %s", slowest, fastest)
	}
	put := traffic.Finish(ctx)
	fleet.Drain(ctx, put)
	assertLogs(fleet, "info", "warning")
	oracle.JudgeTraffic(ctx, fleet, traffic, Truncated(t, file, put))
}

// replace ends the worker that reads most, waits until others go on with its shards, puts a new one in its place, and
// returns how long the shards stood still.
func replace(ctx context.Context, f *Fleet, end func(*Worker) time.Time) pauses {
	f.stack.t.Helper()
	victim := f.Busiest()
	held := victim.Held()
	at := end(victim)
	heirs := f.AwaitHeirs(ctx, held, victim, at)
	f.AwaitShare(ctx, f.Start(victim.Name))
	return pausesOf(heirs, at)
}

// pauses are how long shards stood still: until the next owner read, and until it had committed what it read.
type pauses struct {
	read, committed []time.Duration
}

func pausesOf(heirs map[string]Heir, since time.Time) (p pauses) {
	for heir := range maps.Values(heirs) {
		p.read = append(p.read, heir.Read.Sub(since))
		p.committed = append(p.committed, heir.Committed.Sub(since))
	}
	return p
}

func (p *pauses) add(more pauses) {
	p.read, p.committed = append(p.read, more.read...), append(p.committed, more.committed...)
}

// row prints one line of the table of results.
func (p *pauses) row(what string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-8s %2d shards", what, len(p.read))
	for _, column := range []struct {
		name string
		of   []time.Duration
	}{{"read by the next owner", p.read}, {"first records committed", p.committed}} {
		sorted := slices.Sorted(slices.Values(column.of))
		fmt.Fprintf(&b, "  %s p50 %s max %s", column.name, sorted[len(sorted)/2].Round(time.Millisecond), sorted[len(sorted)-1].Round(time.Millisecond))
	}
	return b.String()
}
