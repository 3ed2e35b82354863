package replay

import (
	"context"
	"time"

	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/shardlog"
)

// Conclude brings plans to their end until ctx ends, on behalf of operators who have gone home: the worker that owns the first open shard does. Others, and the
// tool that made the plan, may do the same at the same time.
func Conclude(ctx context.Context, env worker.Env, w *worker.Worker, o *lease.Operator, tick time.Duration) {
	shown := "" // id of the plan row whose map readers have been shown last
	for env.Sleep(ctx, tick) == nil {
		plan := w.Plan()
		if plan.None() || plan.ID == shown || !(shardlog.Fleet{Worker: w}).Keeper() {
			continue
		}
		p, err := o.Step(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			w.Trouble("conclude replay", err)
		case err == nil && p.Done():
			shown = p.Plan.ID
		}
	}
}
