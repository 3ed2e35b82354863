package lease

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Plan returns the plan row as it was last read.
func (c *Coordinator) Plan() Plan {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.plan
}

// ID returns the id under which this worker is registered, or about to be.
func (c *Coordinator) ID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.me.ID
}

// learn takes note of the plan row. With a new plan the lease rows have to be read at once, and terms that are older than it are over, whatever the rows say by
// then.
func (c *Coordinator) learn(plan Plan) {
	c.mu.Lock()
	var over []*Term
	if plan.Number > c.plan.Number {
		c.stale = true
		for _, t := range c.termsByKey() {
			if t.Lease().Plan < plan.Number {
				over = append(over, t)
			}
		}
	}
	if plan.Number >= c.plan.Number { // of one plan, a read that is late shows an earlier state, which only delays
		c.plan = plan
	}
	c.mu.Unlock()
	cause := ErrReplanned
	if plan.SkipTo > 0 {
		cause = ErrPassedOver
	}
	for _, t := range over {
		t.cancel(fmt.Errorf("%w: plan %d", cause, plan.Number))
	}
}

// obeyed needs the lock. It returns the number of the plan that this worker obeys: no consumer of an older lease runs in it. One that was abandoned may
// still do.
func (c *Coordinator) obeyed() int64 {
	if len(c.avoid) > 0 {
		return c.me.Acked
	}
	obeyed := c.plan.Number
	for _, t := range c.terms {
		obeyed = min(obeyed, t.Lease().Plan)
	}
	return max(obeyed, c.me.Acked)
}

// outdated needs the lock. It returns the rows to which this worker has to apply the plan: its own, and of those that nobody alive owns the ones for which it
// ranks first, or that have been left for long. Whoever made the plan does the same; this is for when it does not.
func (c *Coordinator) outdated() (rows []Lease) {
	if c.leaving || !c.trusted() {
		return nil
	}
	var f *fleet
	for i := range c.leases {
		l := &c.leases[i]
		if l.Plan >= c.plan.Number {
			continue
		}
		if f == nil {
			f = newFleet(c.view())
		}
		if _, owned := f.Alive[l.Owner]; l.Owner == c.me.ID || !owned && f.me >= 0 && (f.first(hash(l.Key)) == f.me || f.overdue(l, 0)) {
			rows = append(rows, *l)
		}
	}
	return rows
}

// apply applies the plan to rows. Losing the race to somebody else who does is no error.
func (c *Coordinator) apply(ctx context.Context, rows []Lease) {
	if len(rows) == 0 {
		return
	}
	plan := c.Plan()
	c.parallel(len(rows), 8, func(i int) {
		if err := Apply(ctx, c.env, c.store, c.cfg.Failover/4, &plan, &rows[i]); err != nil {
			c.trouble(ctx, "apply plan", err)
		}
	})
	c.mu.Lock()
	c.stale = true
	c.mu.Unlock()
}

// Apply applies a plan to a lease row that is older, by one conditional write. It is no error when somebody else has changed the row meanwhile: whoever reads
// it again sees whether there is anything left to do. Each request has a time limit.
func Apply(ctx context.Context, env Env, store Store, limit time.Duration, plan *Plan, l *Lease) error {
	if l.Plan >= plan.Number {
		return nil
	}
	at, known, err := position(ctx, env, store, limit, plan, l.Key)
	if err != nil {
		return fmt.Errorf("apply plan %d to lease %s: %w", plan.Number, l.Key, err)
	}
	var genesis Genesis
	err = insist(ctx, env, limit, func(ctx context.Context) (err error) {
		genesis, err = store.Begin(ctx, Genesis{Position: Position{Type: TrimHorizon}}) // which has been written: there are rows
		return err
	})
	if err != nil {
		return fmt.Errorf("apply plan %d to lease %s: %w", plan.Number, l.Key, err)
	}
	to := plan.applied(l, at, known, genesis.start(l.Key))
	err = insist(ctx, env, limit, func(ctx context.Context) error { return replace(ctx, store, l, to) })
	if err != nil && !errors.Is(err, ErrConflict) && !errors.Is(err, ErrAbsent) {
		return fmt.Errorf("apply plan %d to lease %s: %w", plan.Number, l.Key, err)
	}
	return nil
}

// position returns where a shard begins under a plan, if the plan says.
func position(ctx context.Context, env Env, store Store, limit time.Duration, plan *Plan, key string) (at Position, known bool, err error) {
	err = insist(ctx, env, limit, func(ctx context.Context) (err error) {
		at, err = store.Position(ctx, plan.ID, key)
		return err
	})
	if errors.Is(err, ErrAbsent) {
		return at, false, nil
	}
	return at, err == nil, err
}
