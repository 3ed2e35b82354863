package e2e

import (
	"context"
	"slices"
	"testing"
	"time"
)

// TestRollingRestart replaces all workers, one after the other, under traffic. Each hands its shards over with nothing uncommitted:
// all workers together process exactly as many rows as there are records, and each record is in the bucket once.
func TestRollingRestart(t *testing.T) {
	needProcesses(t)
	oracle, ctx := NewOracle(t), Bounded(t, 100*time.Second)
	stack := NewStack(ctx, t, "--limits=off")
	stack.CreateStream(ctx, 8)
	stack.CreateBucket(ctx)
	fleet := NewFleet(stack, App, "--no-privacy", "--flush-age", "2s")
	first := []*Worker{fleet.Start("a"), fleet.Start("b"), fleet.Start("c")}
	fleet.AwaitShare(ctx, first...)
	file := EventFile(t, 200_000, 6)
	traffic := stack.Produce(file, 400)
	NewProgress(fleet).Await(ctx, 400)

	var stood pauses
	moved := 0
	for _, w := range first {
		p := restart(ctx, fleet, w)
		stood.add(p)
		moved += len(p.read)
	}
	put := traffic.Finish(ctx)
	fleet.Drain(ctx, put)
	processed, committed := fleet.sums(ctx)
	t.Logf("three workers replaced, %d hand-offs\n%s\nrecords put %d, rows processed %d, committed %d", moved, stood.row("SIGTERM"), put, processed, committed)
	if processed != put || committed != put {
		t.Errorf("%d records were put, %d rows processed, %d committed: something was processed twice, or not at all", put, processed, committed)
	}
	for _, w := range fleet.workers {
		if n := len(w.Err.Entries(logLost, logReopened)); n > 0 {
			t.Errorf("%s has lost %d leases, or found links that are not its own", w, n)
		}
	}
	assertLogs(fleet, "info")
	oracle.JudgeTraffic(ctx, fleet, traffic, Truncated(t, file, put))
}

// restart replaces a worker and returns for how long its shards stood still.
func restart(ctx context.Context, f *Fleet, w *Worker) pauses {
	f.stack.t.Helper()
	held := w.Held()
	asked := w.Terminate()
	w.Succeed(ctx)
	heirs := f.AwaitHeirs(ctx, held, w, asked)
	f.AwaitShare(ctx, f.Start(w.Name))
	return pausesOf(heirs, asked)
}

// sums adds up what the workers say to have done. A worker that was killed has not said it.
func (f *Fleet) sums(ctx context.Context) (processed, committed int) {
	f.stack.t.Helper()
	for _, w := range f.workers {
		e := w.Await(ctx, time.Time{}, logSum, nil)
		processed += e.Int("rows")
		committed += e.Int("committed")
	}
	return processed, committed
}

// counts returns how many shards each worker reads that runs, sorted.
func (f *Fleet) counts() (counts []int) {
	for _, w := range f.working() {
		counts = append(counts, len(w.Held()))
	}
	slices.Sort(counts)
	return counts
}
