package e2e

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// realEvents is how many events the file of the real shop has.
const realEvents = 54_866

// TestRealInput puts the events of a real shop through a fleet to which everything happens: a crash, a deploy, a worker
// that comes back from a pause that outlived its leases. Not one record may be lost, doubled or out of order.
func TestRealInput(t *testing.T) {
	needProcesses(t)
	file := filepath.Join(os.Getenv(dataVariable), "rees46-2021-01.csv.gz")
	if _, err := os.Stat(file); err != nil {
		t.Skipf("%s does not name the folder of rees46-2021-01.csv.gz", dataVariable)
	}
	oracle, ctx := NewOracle(t), Bounded(t, 150*time.Second)
	stack := NewStack(ctx, t)
	stack.CreateStream(ctx, 4)
	stack.CreateBucket(ctx)
	fleet := NewFleet(stack, App, "--no-privacy", "--failover-time", "2s", "--flush-age", "1s")
	fleet.AwaitShare(ctx, fleet.Start("a"), fleet.Start("b"), fleet.Start("c"))

	traffic := stack.Produce(file, 2000)
	traffic.AwaitAcknowledged(ctx, realEvents/10)
	crash(ctx, fleet, fleet.Busiest())
	fleet.Start("d")
	traffic.AwaitAcknowledged(ctx, realEvents*3/10)
	deploy(ctx, fleet, fleet.Busiest())
	traffic.AwaitAcknowledged(ctx, realEvents/2)
	zombie(ctx, fleet, fleet.Busiest())
	if traffic.Exited() {
		t.Errorf("the producer was done before the last fault: lower its rate")
	}
	traffic.Succeed(ctx)
	if n := traffic.Acknowledged(); n != realEvents {
		t.Errorf("%d records were acknowledged, the file has %d", n, realEvents)
	}
	fleet.Drain(ctx, realEvents)
	assertLogs(fleet, "info", "warning")
	oracle.JudgeTraffic(ctx, fleet, traffic, file)
}

// crash kills a worker and waits until others go on with its shards.
func crash(ctx context.Context, f *Fleet, w *Worker) {
	f.stack.t.Helper()
	held := w.Held()
	f.AwaitHeirs(ctx, held, w, w.Kill())
}

// deploy replaces a worker as a rolling update does: the old one leaves, a new one of the same name comes.
func deploy(ctx context.Context, f *Fleet, w *Worker) {
	f.stack.t.Helper()
	held := w.Held()
	asked := w.Terminate()
	w.Succeed(ctx)
	next := f.Start(w.Name)
	f.AwaitHeirs(ctx, held, w, asked)
	f.AwaitShare(ctx, next)
}

// zombie stops a worker until all of its shards have moved on and others have committed records of them, then lets it go on as if
// nothing had happened, and waits until it has understood.
func zombie(ctx context.Context, f *Fleet, w *Worker) {
	f.stack.t.Helper()
	held := w.Held()
	f.AwaitHeirs(ctx, held, w, w.Freeze())
	awake := w.Thaw()
	w.AwaitLoss(ctx, held, awake)
}
