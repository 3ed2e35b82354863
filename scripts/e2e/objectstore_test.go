package e2e

import (
	"context"
	"slices"
	"testing"
	"time"
)

// storeFailover is the failover time of a fleet whose store fails. A slow answer takes longer.
const storeFailover = 3 * time.Second

// storeFaults are the ways in which S3 fails for all workers at once, one after the other.
func storeFaults() []struct {
	name  string
	fault Fault
	lasts time.Duration
} {
	objects, puts := []string{"s3"}, []string{"PutObject"}
	return []struct {
		name  string
		fault Fault
		lasts time.Duration
	}{
		{"500", Fault{Services: objects, Effect: "error", Code: "InternalError"}, storeFailover + time.Second},
		{"503", Fault{Services: objects, Effect: "throttle"}, storeFailover + time.Second},
		{"slower than a lease lasts", Fault{Services: objects, Effect: "delay", Wait: (storeFailover + time.Second).String()}, 2 * storeFailover},
		{"connections are cut after the write", Fault{Services: objects, Operations: puts, Effect: "lose-answer"}, storeFailover},
		{"every other write gets lost", Fault{Services: objects, Operations: puts, Every: 2, Effect: "cut"}, time.Second},
	}
}

// TestObjectStoreFaults lets S3 fail for everybody in each of its ways, longer than a lease lasts, while events keep coming. Every record is in
// the bucket once; the workers keep their leases, go on where they were, and restore from answers that are cut short.
func TestObjectStoreFaults(t *testing.T) {
	needProcesses(t)
	oracle, ctx := NewOracle(t), Bounded(t, 100*time.Second)
	stack := NewStack(ctx, t, "--limits=off", "--faults")
	stack.CreateStream(ctx, 4)
	stack.CreateBucket(ctx)
	fleet := NewFleet(stack, App, "--no-privacy", "--failover-time", storeFailover.String(), "--flush-age", "300ms", "--merge-interval", "1s")
	workers := []*Worker{fleet.Start("a"), fleet.Start("b")}
	fleet.AwaitShare(ctx, workers...)
	file := EventFile(t, 100_000, 7)
	traffic := stack.Produce(file, 300)
	progress := NewProgress(fleet)
	progress.Await(ctx, 300)

	moved := fleet.moves()
	for _, f := range storeFaults() {
		began := time.Now()
		rules := fleet.breakFor(ctx, f.fault, workers...)
		for _, rule := range rules {
			stack.AwaitHits(ctx, rule)
		}
		outlast(ctx, t, began, f.lasts)
		stack.Heal(ctx, rules...)
		progress.Await(ctx, traffic.Acknowledged())
		t.Logf("%s: %s until everything put meanwhile was committed", f.name, time.Since(began).Round(time.Millisecond))
		if now := fleet.moves(); now != moved {
			t.Errorf("%s: %+v, before it %+v: a lease has moved because of the store", f.name, now, moved)
		}
	}
	fleet.restoreFromTornAnswers(ctx, workers[0], "c")
	put := traffic.Finish(ctx)
	fleet.Drain(ctx, put)
	if again := fleet.moves(); again.lost != moved.lost {
		t.Errorf("%d leases were lost", again.lost-moved.lost)
	}
	oracle.JudgeTraffic(ctx, fleet, traffic, Truncated(t, file, put))
}

// moves counts what happens to leases.
type moves struct{ read, givenUp, lost, reopened int }

func (f *Fleet) moves() (m moves) {
	for _, w := range f.workers {
		m.read += len(w.Err.Entries(logRead))
		m.givenUp += len(w.Err.Entries(logGivenUp))
		m.lost += len(w.Err.Entries(logLost))
		m.reopened += len(w.Err.Entries(logReopened))
	}
	return m
}

// breakFor puts a rule in force for each of these workers: the test itself is spared.
func (f *Fleet) breakFor(ctx context.Context, fault Fault, workers ...*Worker) (rules []int) {
	f.stack.t.Helper()
	for _, w := range workers {
		fault.AccessKey = w.AccessKey
		rules = append(rules, f.stack.Break(ctx, fault))
	}
	return rules
}

// restoreFromTornAnswers replaces a worker by one to whom every other object is cut short after some bytes.
func (f *Fleet) restoreFromTornAnswers(ctx context.Context, leaver *Worker, name string) {
	s := f.stack
	s.t.Helper()
	heir := f.Start(name)
	torn := Fault{Services: []string{"s3"}, Operations: []string{"GetObject"}, Prefix: f.app + "/gen=", Every: 2, Effect: "truncate", Bytes: 100}
	rules := f.breakFor(ctx, torn, heir)
	s.AwaitHits(ctx, rules[0])
	leaver.Terminate()
	leaver.Succeed(ctx)
	f.AwaitShare(ctx, heir)
	s.Heal(ctx, rules...)
	if held := heir.Held(); len(held) == 0 || slices.Contains(f.working(), leaver) {
		s.t.Errorf("%s reads %v", heir, held)
	}
}
