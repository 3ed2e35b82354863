package e2e

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Heir is the worker that went on with a shard.
type Heir struct {
	Worker    *Worker
	Read      time.Time // when it began to read
	Committed time.Time // when the first records that it processed were committed
}

// AwaitHeirs waits until another worker than the former has committed records of each of these shards, and returns who and when.
func (f *Fleet) AwaitHeirs(ctx context.Context, shards []string, former *Worker, since time.Time) map[string]Heir {
	f.stack.t.Helper()
	heirs := map[string]Heir{}
	Until(ctx, f.stack.t, fmt.Sprintf("somebody goes on with %v of %s", shards, former), func() (bool, string) {
		for _, w := range f.workers {
			if w != former {
				w.inherit(heirs, shards, since)
			}
		}
		return len(heirs) == len(shards), f.String()
	})
	return heirs
}

// AwaitLoss waits until the worker has understood that it has lost these shards.
func (w *Worker) AwaitLoss(ctx context.Context, shards []string, since time.Time) {
	w.t.Helper()
	for _, shard := range shards {
		w.Await(ctx, since, logLost, func(e Entry) bool { return e.Shard() == shard })
	}
}

// AwaitReaders waits until another worker than the former reads each of these shards.
func (f *Fleet) AwaitReaders(ctx context.Context, shards []string, former *Worker, since time.Time) {
	f.stack.t.Helper()
	Until(ctx, f.stack.t, fmt.Sprintf("somebody reads %v of %s", shards, former), func() (bool, string) {
		read := f.shardsOf(logRead, shards, former, since)
		return len(read) == len(shards), f.String()
	})
}

// AssertReopening fails the test, which goes on, unless another worker than the former finds a link in one of these shards that it
// did not write, and begins again after it.
func (f *Fleet) AssertReopening(ctx context.Context, shards []string, former *Worker, since time.Time) {
	f.stack.t.Helper()
	limited, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	if !Before(limited, func() bool { return len(f.shardsOf(logReopened, shards, former, since)) > 0 }) {
		f.stack.t.Errorf("nobody has found the late link of %s in %v: %s", former, shards, f)
	}
}

// shardsOf returns for which of these shards others than the former have logged a message since.
func (f *Fleet) shardsOf(message string, shards []string, former *Worker, since time.Time) map[string]bool {
	found := map[string]bool{}
	for _, w := range f.workers {
		for _, e := range w.Err.Entries(message) {
			if w != former && !e.At.Before(since) && slices.Contains(shards, e.Shard()) {
				found[e.Shard()] = true
			}
		}
	}
	return found
}

// inherit adds the shards that this worker was the first to go on with.
func (w *Worker) inherit(heirs map[string]Heir, shards []string, since time.Time) {
	read := map[string]time.Time{}
	for _, e := range w.Err.Entries(logRead, logCommitted) {
		began, reads := read[e.Shard()]
		_, known := heirs[e.Shard()]
		switch {
		case e.At.Before(since) || !slices.Contains(shards, e.Shard()):
		case e.Message() == logRead:
			read[e.Shard()] = e.At
		case reads && !known:
			heirs[e.Shard()] = Heir{w, began, e.At}
		}
	}
}
