package e2e

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestResharding splits and merges all shards under traffic of sessions that go on through all of it, and kills a worker (kill -9)
// while the shards that it reads are split. Each record is in the bucket once, each session in its order and with the visit that it began.
func TestResharding(t *testing.T) {
	needProcesses(t)
	oracle, ctx := NewOracle(t), Bounded(t, 100*time.Second)
	stack := NewStack(ctx, t, "--limits=off")
	stack.CreateStream(ctx, 2)
	stack.CreateBucket(ctx)
	fleet := NewFleet(stack, App, "--no-privacy", "--failover-time", "2s", "--flush-age", "1s")
	for _, name := range []string{"a", "b", "c"} {
		fleet.Start(name)
	}
	fleet.AwaitShare(ctx)
	file := LongSessions(t, 100_000, 8, 300)
	traffic := stack.Produce(file, 500)
	progress := NewProgress(fleet)
	progress.Await(ctx, 500)

	var figures strings.Builder
	for _, to := range []int{4, 8, 3} {
		began := time.Now()
		resharding := stack.Reshard(ctx, to)
		if to == 8 {
			fleet.Busiest().Kill()
		}
		resharding.Succeed(ctx)
		fmt.Fprintf(&figures, "\n%d shards, all owned after %4.1f s; then read: %v", to, time.Since(began).Seconds(), fleet.counts())
		progress.Await(ctx, traffic.Acknowledged()+250) // records of the new shards among them
	}
	put := traffic.Finish(ctx)
	fleet.Drain(ctx, put)
	t.Logf("%d records%s", put, &figures)
	assertLogs(fleet, "info", "warning")
	oracle.JudgeTraffic(ctx, fleet, traffic, Truncated(t, file, put))
	oracle.assertWandering(ctx, 3)
}

// Reshard begins to give the stream so many shards. The process that does it ends when all of them are read, and all of those that they
// follow to their end.
func (s *Stack) Reshard(ctx context.Context, shards int) *Process {
	s.t.Helper()
	s.resharded = true
	p := s.Run("reshard", "reshard", "--stream", Stream, "--app", App, "--shards", strconv.Itoa(shards), "--execute")
	Until(ctx, s.t, "the stream is resharded", func() (bool, string) {
		return p.Exited() || strings.Contains(p.Err.Text(), "step 1"), p.Err.Text()
	})
	return p
}

// assertWandering fails the test unless most sessions had a visit on at least so many shards: else nothing was shown.
func (o *Oracle) assertWandering(ctx context.Context, shards int) {
	o.t.Helper()
	if o.mute {
		return
	}
	const sessions = "SELECT count(*) FROM (SELECT count(DISTINCT shard_id) AS shards FROM rows WHERE visit_started IS NOT NULL GROUP BY session_id)"
	n := o.Numbers(ctx, sessions, sessions+" WHERE shards >= "+strconv.Itoa(shards))
	if n[1] <= n[0]/2 {
		o.t.Errorf("%d of %d sessions were on %d shards, want more than half", n[1], n[0], shards)
	}
}
