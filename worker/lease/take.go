package lease

import (
	"context"
	"errors"
	"fmt"
)

// rowsOf returns the rows of some leases, in the order of the keys.
func rowsOf(leases []Lease, keys []string) []Lease {
	if len(keys) == 0 {
		return nil
	}
	byKey := make(map[string]*Lease, len(leases))
	for i := range leases {
		byKey[leases[i].Key] = &leases[i]
	}
	rows := make([]Lease, len(keys))
	for i, k := range keys {
		rows[i] = *byKey[k]
	}
	return rows
}

// takeAll takes the planned leases, eight at a time.
func (c *Coordinator) takeAll(ctx context.Context, rows []Lease) {
	if len(rows) == 0 {
		return
	}
	c.parallel(len(rows), 8, func(i int) {
		if err := c.take(ctx, rows[i]); err != nil {
			c.trouble(ctx, "take lease", err)
		}
	})
	c.mu.Lock()
	c.stale = true
	c.mu.Unlock()
}

// parallel runs f for 0..n-1, at most limit at a time, and waits for all.
func (c *Coordinator) parallel(n, limit int, f func(i int)) {
	lanes := make([]func(), min(n, limit))
	for lane := range lanes {
		lanes[lane] = func() {
			for i := lane; i < n; i += limit {
				f(i)
			}
		}
	}
	c.env.Join(lanes...)
}

// take acquires one lease as it was read. Losing the race to another worker is no error.
func (c *Coordinator) take(ctx context.Context, l Lease) error {
	c.mu.Lock()
	me, ok := c.me.ID, c.trusted() && !c.leaving && c.terms[l.Key] == nil
	c.mu.Unlock()
	if !ok {
		return nil
	}
	to := l.taken(me)
	err := c.insist(ctx, func(ctx context.Context) error { return replace(ctx, c.store, &l, to) })
	if errors.Is(err, ErrConflict) || errors.Is(err, ErrAbsent) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("take lease %s: %w", l.Key, err)
	}
	c.begin(ctx, *to, l.Owner)
	return nil
}

// avoidLease notes that a consumer of this worker hangs on a lease, or has ended after all.
func (c *Coordinator) avoidLease(key string, avoid bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if delete(c.avoid, key); avoid {
		c.avoid[key] = true
	}
}

// begin starts the consumer of a row that names this worker, unless the worker has stopped to trust itself meanwhile.
// Then the row waits for the next look at it.
func (c *Coordinator) begin(ctx context.Context, l Lease, from string) {
	c.mu.Lock()
	if c.terms[l.Key] != nil || !c.trusted() || c.leaving || l.Owner != c.me.ID || c.avoid[l.Key] || l.Counter <= c.highest[l.Key] || l.Plan < c.plan.Number {
		c.mu.Unlock()
		return
	}
	life, cancel := context.WithCancelCause(context.WithoutCancel(ctx)) // the lease's, not that of the call that won it
	t := &Term{c: c, key: l.Key, ctx: life, cancel: cancel, owner: l.Owner, lease: l}
	c.terms[l.Key], c.highest[l.Key] = t, l.Counter
	c.expected.forget(l.Key)
	c.mu.Unlock()
	c.report.Taken(l, from)
	c.consumer.Start(t)
}

// closed forgets a term whose consumer has ended.
func (c *Coordinator) closed(ctx context.Context, t *Term) {
	l := t.Lease()
	cause := context.Cause(t.ctx)
	c.mu.Lock()
	delete(c.terms, l.Key)
	c.highest[l.Key] = max(c.highest[l.Key], l.Counter)
	c.stale, c.resync = true, c.resync || l.Ended()
	c.mu.Unlock()
	t.cancel(nil)
	c.report.Ended(l, cause)
	if l.Ended() {
		c.adopt(ctx, l)
	}
}

// ask leaves requests in the inboxes of other workers. They are repeated while the plan wants them, once for each heartbeat of the
// owner, which is when it reads its inbox.
func (c *Coordinator) ask(ctx context.Context, moves []Move) {
	for _, m := range moves {
		c.mu.Lock()
		now := c.env.Now()
		recent := now.Sub(c.expected.asked[m.Key]) < c.cfg.Heartbeat
		if !recent {
			c.expected.asked[m.Key] = now
			c.expected.expect(m.Key, now.Add(c.cfg.Failover))
		}
		c.mu.Unlock()
		if recent {
			continue
		}
		if err := c.store.Request(ctx, m.From, m.Key, m.To); err != nil && !errors.Is(err, ErrAbsent) {
			c.trouble(ctx, "request lease", err)
		}
	}
}
