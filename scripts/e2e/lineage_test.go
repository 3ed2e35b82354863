package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// lineageFailover is the failover time of a fleet whose shards close at bad moments.
const lineageFailover = 2 * time.Second

// lineage is a fleet under traffic of sessions that go on through all that happens to the shards.
type lineage struct {
	*Fleet
	stack   *Stack
	traffic *Traffic
}

// TestReshardingAtBadMoments closes shards when nobody can see it: while no worker runs, before their children were read, while their owner
// is dead, and again before the fleet has followed. Each record is in the bucket once, each session in its order and with the visit that it began.
func TestReshardingAtBadMoments(t *testing.T) {
	needProcesses(t)
	oracle, ctx := NewOracle(t), Bounded(t, 100*time.Second)
	stack := NewStack(ctx, t, "--limits=off")
	stack.CreateStream(ctx, 2)
	stack.CreateBucket(ctx)
	fleet := NewFleet(stack, App, "--no-privacy", "--failover-time", lineageFailover.String(), "--flush-age", "500ms")
	fleet.AwaitShare(ctx, fleet.Start("a"), fleet.Start("b"))
	file := LongSessions(t, 100_000, 9, 150)
	l := &lineage{fleet, stack, stack.Produce(file, 500)}
	progress := NewProgress(fleet)
	progress.Await(ctx, 500)

	var figures strings.Builder
	for _, moment := range []struct {
		name string
		do   func(context.Context)
	}{
		{"shards closed while nobody ran", l.whileNobodyRuns},
		{"children that ended before they were read", l.beforeChildrenAreRead},
		{"a split during a failover", l.duringFailover},
		{"two changes of the shard count in a row", l.twiceInARow},
	} {
		began := time.Now()
		moment.do(ctx)
		l.awaitEnds(ctx, moment.name)
		progress.Await(ctx, l.traffic.Acknowledged()) // records of the new shards among them
		fmt.Fprintf(&figures, "\n%-42s %4.1f s, then read: %v", moment.name, time.Since(began).Seconds(), fleet.counts())
	}
	put := l.traffic.Finish(ctx)
	fleet.Drain(ctx, put)
	t.Logf("%d records, %d shards in all%s", put, len(stack.Shards(ctx)), &figures)
	assertLogs(fleet, "info", "warning")
	oracle.JudgeTraffic(ctx, fleet, l.traffic, Truncated(t, file, put))
	oracle.assertWandering(ctx, 6)
}

// more waits until every open shard has got records since.
func (l *lineage) more(ctx context.Context) {
	l.traffic.AwaitAcknowledged(ctx, l.traffic.Acknowledged()+20*len(l.stack.OpenShards(ctx)))
}

// awaitEnds waits until somebody has read every closed shard to its end.
func (l *lineage) awaitEnds(ctx context.Context, moment string) {
	l.stack.t.Helper()
	closed := l.stack.ClosedShards(ctx)
	Until(ctx, l.stack.t, moment+": every closed shard has ended", func() (bool, string) {
		ended := l.shardsOf(logEnded, closed, nil, time.Time{})
		return len(ended) == len(closed), fmt.Sprintf("%d of %d; %s", len(ended), len(closed), l)
	})
}

// whileNobodyRuns splits and merges all shards twice, with records at each stage, between the last worker's end and the next one's start.
func (l *lineage) whileNobodyRuns(ctx context.Context) {
	l.Terminate(ctx)
	for _, shards := range []int{4, 2, 4, 2} {
		l.more(ctx)
		l.stack.Update(ctx, shards)
	}
	l.more(ctx)
	l.Start("c")
	l.Start("d")
}

// beforeChildrenAreRead splits all shards and then their children, while all workers stand still.
func (l *lineage) beforeChildrenAreRead(ctx context.Context) {
	still := l.working()
	for _, w := range still {
		w.Freeze()
	}
	children := l.stack.SplitAll(ctx, l.stack.OpenShards(ctx)...)
	l.more(ctx)
	l.stack.SplitAll(ctx, children...)
	if read := l.shardsOf(logRead, children, nil, time.Time{}); len(read) > 0 {
		l.stack.t.Errorf("%v were read before they ended", read)
	}
	l.more(ctx)
	for _, w := range still {
		w.Thaw()
	}
}

// duringFailover kills the worker that reads most shards, and splits these before anybody else can know it.
func (l *lineage) duringFailover(ctx context.Context) {
	victim := l.Busiest()
	held := victim.Held()
	at := victim.Kill()
	children := l.stack.SplitAll(ctx, held...)
	if read := l.shardsOf(logRead, held, victim, at); len(read) > 0 || len(children) != 2*len(held) {
		l.stack.t.Errorf("%v of %v were read by others before they were split into %v", read, held, children)
	}
	l.Start("e")
	l.AwaitReaders(ctx, held, victim, at)
}

// twiceInARow halves the number of shards, and halves it again at once.
func (l *lineage) twiceInARow(ctx context.Context) {
	before := l.stack.OpenShards(ctx)
	half := (len(before) + 1) / 2
	l.stack.Update(ctx, half)
	children := l.stack.OpenShards(ctx)
	l.stack.Update(ctx, (half+1)/2)
	if left := l.stack.OpenShards(ctx); slices.ContainsFunc(left, func(id string) bool { return slices.Contains(before, id) }) {
		l.stack.t.Errorf("of %v, then %v, %v are left: the second change has not met the first", before, children, left)
	}
}
