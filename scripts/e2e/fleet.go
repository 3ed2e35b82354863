package e2e

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// What workers log, and this package reads.
const (
	logRead      = "shard is being read"
	logReopened  = "shard is opened again from the log"
	logCommitted = "batch committed"
	logGivenUp   = "lease given up"
	logLost      = "lease lost"
	logReplanned = "term is over, a plan begins the shard anew"
	logEnded     = "shard has ended"
	logSum       = "worker sums up"
)

// Fleet is the workers of one application.
type Fleet struct {
	stack   *Stack
	app     string // also the prefix of what it writes
	flags   []string
	workers []*Worker
}

// Worker is one process of a Fleet. Its access key is its own, so that the stack can tell it from the others.
type Worker struct {
	*Process
	AccessKey string
	frozen    bool
}

// NewFleet returns a fleet without workers. The flags are those of all of its workers, beside what is worked on.
func NewFleet(s *Stack, app string, flags ...string) *Fleet {
	return &Fleet{stack: s, app: app, flags: flags}
}

// deployment has the flags that name what a worker and its tools work on. The application's name is its prefix, too.
func deployment(app string) []string {
	return []string{"--app", app, "--stream", Stream, "--bucket", Bucket, "--prefix", app}
}

// Start starts one more worker. A name may come back after its worker has gone.
func (f *Fleet) Start(name string) *Worker {
	f.stack.t.Helper()
	args := append([]string{"worker", "--name", name, "--log-format", "json"}, deployment(f.app)...)
	w := &Worker{AccessKey: founder + strings.ToUpper(name)}
	w.Process = Start(f.stack.t, f.stack.Command(name, w.AccessKey, append(args, f.flags...)...))
	f.workers = append(f.workers, w)
	return w
}

// Freeze stops a worker where it is.
func (w *Worker) Freeze() time.Time {
	w.frozen = true
	return w.Process.Freeze()
}

// Thaw lets it go on.
func (w *Worker) Thaw() time.Time {
	w.frozen = false
	return w.Process.Thaw()
}

// Held returns the shards that the worker has said to read and not said to have stopped reading, sorted.
func (w *Worker) Held() []string {
	held := map[string]bool{}
	for _, e := range w.Err.Entries(logRead, logGivenUp, logLost, logReplanned, logEnded) {
		if e.Message() == logRead {
			held[e.Shard()] = true
		} else {
			delete(held, e.Shard())
		}
	}
	return slices.Sorted(maps.Keys(held))
}

// working returns the workers that run.
func (f *Fleet) working() (running []*Worker) {
	for _, w := range f.workers {
		if !w.frozen && !w.Exited() {
			running = append(running, w)
		}
	}
	return running
}

// Busiest returns the worker that reads most shards, the oldest of equal ones, and fails the test when nobody reads any.
func (f *Fleet) Busiest() (busiest *Worker) {
	f.stack.t.Helper()
	most := 0
	for _, w := range f.working() {
		if n := len(w.Held()); n > most {
			busiest, most = w, n
		}
	}
	if busiest == nil {
		f.stack.t.Fatalf("nobody reads any shard: %s", f)
	}
	return busiest
}

// AwaitShare waits until each of these workers reads at least one shard, and the fleet all that the stream has.
func (f *Fleet) AwaitShare(ctx context.Context, workers ...*Worker) {
	f.stack.t.Helper()
	Until(ctx, f.stack.t, fmt.Sprintf("%d shards are read, each of %v reading at least one", f.stack.shards, workers), func() (bool, string) {
		all, idle := map[string]bool{}, false
		for _, w := range f.working() {
			held := w.Held()
			idle = idle || len(held) == 0 && slices.Contains(workers, w)
			for _, shard := range held {
				all[shard] = true
			}
		}
		return !idle && len(all) == f.stack.shards, f.String()
	})
}

// Terminate asks all workers that still run to leave, and fails the test unless each says goodbye with exit code 0.
func (f *Fleet) Terminate(ctx context.Context) {
	f.stack.t.Helper()
	leaving := f.working()
	for _, w := range leaving {
		w.Terminate()
	}
	for _, w := range leaving {
		w.Succeed(ctx)
	}
}

// String says who reads what.
func (f *Fleet) String() string {
	var b strings.Builder
	for _, w := range f.workers {
		fmt.Fprintf(&b, "%s reads %v", w, w.Held())
		switch {
		case w.Exited():
			b.WriteString(" (gone)")
		case w.frozen:
			b.WriteString(" (frozen)")
		}
		b.WriteString("; ")
	}
	return b.String()
}

// Progress counts the records that a fleet has committed, as the metadata of its objects tell. It is good for waiting only:
// what is true is for the oracle to say.
type Progress struct {
	fleet   *Fleet
	seen    map[string]bool
	records int
}

// NewProgress returns a Progress that has counted nothing yet.
func NewProgress(f *Fleet) *Progress { return &Progress{fleet: f, seen: map[string]bool{}} }

// Await waits until n records are committed.
func (p *Progress) Await(ctx context.Context, n int) {
	p.fleet.stack.t.Helper()
	Until(ctx, p.fleet.stack.t, fmt.Sprintf("%d records are committed", n), func() (bool, string) {
		p.count(ctx)
		return p.records >= n, fmt.Sprintf("%d; %s", p.records, p.fleet)
	})
}

// count adds the objects that are new.
func (p *Progress) count(ctx context.Context) {
	s := p.fleet.stack
	s.t.Helper()
	for _, key := range s.Links(ctx, p.fleet.app) {
		if !p.seen[key] {
			p.seen[key] = true
			p.records += s.RecordsOf(ctx, key)
		}
	}
}

// Drain waits until n records are committed, and sends the workers home. When the records do not come, the test has failed and
// goes on, so that the oracle can say which are missing.
func (f *Fleet) Drain(ctx context.Context, n int) {
	f.stack.t.Helper()
	limited, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	progress := NewProgress(f)
	if !Before(limited, func() bool { progress.count(ctx); return progress.records >= n }) {
		f.stack.t.Errorf("%d of %d records were committed %s after the last one was put: %s", progress.records, n, settleTime, f)
	}
	f.Terminate(ctx)
}

// settleTime is far more than the fleets of the tests need for what is left to do when nothing new happens.
const settleTime = 20 * time.Second
