package worker

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// errStalled is why a lease is taken away from a consumer that hangs.
var errStalled = errors.New("shard makes no progress")

// watch releases the leases of shards that give no sign of progress while the worker lives: a Processor that hangs, or loops, must not
// keep its shard from everybody. What it holds cannot be ended from outside; this worker leaves the shard to others until it does end.
func (w *Worker) watch(ctx context.Context) {
	for w.env.Sleep(ctx, w.cfg.Stall/8) == nil {
		for _, s := range w.shards.all() {
			if idle := s.idle(); idle > w.cfg.Stall && !s.term.GivenUp() {
				s.log.WithField("idle_ms", idle.Milliseconds()).Error("shard makes no progress: its lease is released, and this worker leaves it to others")
				w.penalties.failed(s.term.Key())
				if err := s.term.Abandon(ctx, fmt.Errorf("%w for %v", errStalled, idle)); err != nil && ctx.Err() == nil {
					s.log.WithError(err).Warn("lease was not given up")
				}
			}
		}
	}
}

// idle is how long ago the last sign of progress was.
func (s *shard) idle() time.Duration {
	return s.worker.env.Now().Sub(time.Unix(0, s.sign.Load()))
}

// Alive notes a sign of progress of a shard: that a request has been answered, or has failed and is tried again. Processors that make
// long calls tell it, so that their shard does not seem to hang.
func (w *Worker) Alive(shard string) {
	if s := w.shards.find(shard); s != nil {
		s.alive()
	}
}
