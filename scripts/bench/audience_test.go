package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// emptyStream is a worker.Stream without records. It is never quite at its tip, so that nothing is noted of that.
type emptyStream struct{ shards int }

// Shards implements worker.Stream.
func (e emptyStream) Shards(context.Context) ([]lease.Lease, error) {
	shards := make([]lease.Lease, e.shards)
	for n := range shards {
		shards[n].Key = fmt.Sprintf("shardId-%012d", n)
	}
	return shards, nil
}

// Iterator implements worker.Stream.
func (emptyStream) Iterator(context.Context, string, lease.Position) (string, error) {
	return "more", nil
}

// Read implements worker.Stream. It takes its time, which changes no lease and makes the run shorter.
func (emptyStream) Read(ctx context.Context, _ string, _ int32) (worker.Page, error) {
	err := (worker.System{}).Sleep(ctx, 5*time.Second)
	return worker.Page{Next: "more", MillisBehindLatest: 1}, err
}

// audience counts the shards that are being listened to.
type audience struct {
	shards  int // of the stream
	mu      sync.Mutex
	held    map[string]int // by worker
	opened  int            // how often a shard was opened
	changed time.Time
}

func (a *audience) count(worker string, n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.held[worker] += n
	a.opened += max(n, 0)
	a.changed = time.Now()
}

// total is how many shards are being listened to.
func (a *audience) total() (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, held := range a.held {
		n += held
	}
	return n
}

// even reports whether all shards are being listened to, and no worker has two more than another one.
func (a *audience) even() bool {
	total := a.total()
	a.mu.Lock()
	defer a.mu.Unlock()
	held := slices.Collect(maps.Values(a.held))
	return total == a.shards && slices.Max(held)-slices.Min(held) < 2
}

// moves is how often a shard has been opened so far.
func (a *audience) moves() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.opened
}

// of is how many shards a worker listens to.
func (a *audience) of(worker string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.held[worker]
}

// leave forgets a worker that is gone.
func (a *audience) leave(worker string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.held, worker)
}

// still reports whether no shard has moved for so long.
func (a *audience) still(quiet time.Duration) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return time.Since(a.changed) > quiet
}

// listener is a worker.Processor that does nothing.
type listener struct {
	audience *audience
	worker   string
	term     *lease.Term
	open     bool
}

// Open implements worker.Processor.
func (l *listener) Open(context.Context) (lease.Position, error) {
	l.open = true
	l.audience.count(l.worker, 1)
	return l.term.Lease().Checkpoint, nil
}

// Process implements worker.Processor.
func (l *listener) Process(context.Context, worker.Page) error { return nil }

// Idle implements worker.Processor.
func (l *listener) Idle() bool { return true }

// Flush implements worker.Processor.
func (l *listener) Flush(context.Context) error { return nil }

// Drain implements worker.Processor.
func (l *listener) Drain(context.Context) error { return nil }

// End implements worker.Processor.
func (l *listener) End(context.Context, []lease.Lease) error { return nil }

// Close implements worker.Processor.
func (l *listener) Close() {
	if l.open {
		l.audience.count(l.worker, -1)
	}
}
