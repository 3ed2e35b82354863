package lease

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"
)

// register creates the heartbeat row. Trust begins with it.
func (c *Coordinator) register(ctx context.Context) error {
	c.mu.Lock()
	c.me.Counter, c.me.At = 1, c.env.Wall().UnixMilli()
	me := c.me
	c.mu.Unlock()
	began := c.env.Now()
	err := c.insist(ctx, func(ctx context.Context) error {
		began = c.env.Now()
		return c.store.Register(ctx, me)
	})
	if err != nil {
		return fmt.Errorf("register worker: %w", err)
	}
	c.extendTrust(began)
	return nil
}

// extendTrust counts from the start of a heartbeat: a slow answer shortens trust, it never extends it.
func (c *Coordinator) extendTrust(began time.Time) {
	c.mu.Lock()
	if !c.trusted() {
		c.stale = true // what was read while others may have held this worker for dead begins no term
	}
	if until := began.Add(c.cfg.Failover - c.cfg.Margin); until.After(c.trust) {
		c.trust = until
	}
	until := c.trust
	c.mu.Unlock()
	c.report.Heartbeat(until)
}

// heartbeats runs until ctx ends. It returns an error only when the table refuses.
func (c *Coordinator) heartbeats(ctx context.Context) error {
	for {
		began := c.env.Now()
		err := c.beat(ctx)
		switch {
		case errors.Is(err, ErrAbsent):
			if err := c.revive(ctx); err != nil {
				return err
			}
		case errors.Is(err, ErrRefused):
			return err
		case err != nil:
			c.trouble(ctx, "heartbeat", err)
		}
		wait := c.cfg.Heartbeat - c.env.Now().Sub(began)
		if err != nil {
			wait = min(wait, c.cfg.Heartbeat/4)
		}
		if c.env.Sleep(ctx, max(wait, c.cfg.Heartbeat/20)) != nil {
			return nil
		}
	}
}

// beat writes one heartbeat. One whose answer is lost costs nothing but its inbox, and requests are repeated.
func (c *Coordinator) beat(ctx context.Context) error {
	rate := c.measure()
	c.mu.Lock()
	c.me.Counter++
	c.me.Rate, c.me.At = rate, c.env.Wall().UnixMilli()
	c.me.Acked = c.obeyed()
	me := c.me
	c.mu.Unlock()
	began := c.env.Now()
	ctx, cancel := c.env.WithTimeout(ctx, c.cfg.Failover/4, errTimeout)
	defer cancel()
	inbox, plan, err := c.store.Heartbeat(ctx, me)
	if err != nil {
		return fmt.Errorf("write heartbeat: %w", err)
	}
	c.learn(plan) // before there is trust again: nothing older than the plan may go on
	c.extendTrust(began)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inbox = map[string]string{} // who still wants a lease asks again within two heartbeats
	maps.Copy(c.inbox, c.heard)
	maps.Copy(c.inbox, inbox)
	c.heard = inbox
	return nil
}

// measure returns the records/s of all terms, as they are now: what their rows say is as old as their checkpoints.
func (c *Coordinator) measure() (rate float64) {
	c.mu.Lock()
	terms := c.termsByKey()
	c.mu.Unlock()
	for _, t := range terms { // in order: floating-point sums depend on it
		rate += t.measure()
	}
	return rate
}

// revive handles that others hold this worker for dead: all shards stop, and a new worker registers. Its id is a new one, since
// others may still remember the counters of the old.
func (c *Coordinator) revive(ctx context.Context) error {
	c.distrust()
	c.stopAll(fmt.Errorf("%w: the heartbeat row is gone", ErrLeaseLost))
	for c.holding() > 0 {
		if c.env.Sleep(ctx, c.cfg.Failover/100) != nil {
			return nil
		}
	}
	c.mu.Lock()
	c.me.ID = reborn(c.me.ID)
	c.mu.Unlock()
	if err := c.register(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// distrust ends trust now: what is taken while nobody sees a living owner is taken by somebody else at once.
func (c *Coordinator) distrust() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trust = c.env.Now()
}

// reborn appends or increments a number: worker-1f3a, worker-1f3a.2, worker-1f3a.3.
func reborn(id string) string {
	base, n := life(id)
	return base + "." + strconv.Itoa(n+1)
}

// life returns the id with which a worker started, and how often it has registered since then.
func life(id string) (start string, n int) {
	if i := strings.LastIndexByte(id, '.'); i >= 0 {
		if n, err := strconv.Atoi(id[i+1:]); err == nil && n > 1 {
			return id[:i], n
		}
	}
	return id, 1
}

// Start returns the id with which the worker started: it has had others since when it was held for dead.
func (w *Worker) Start() string {
	start, _ := life(w.ID)
	return start
}

// guard stops all shards when trust runs out, whatever the other goroutines are doing.
func (c *Coordinator) guard(ctx context.Context) {
	for {
		c.mu.Lock()
		left := c.trust.Sub(c.env.Now())
		c.mu.Unlock()
		if left <= 0 {
			c.stopAll(fmt.Errorf("%w: no heartbeat was confirmed in time", ErrLeaseLost))
			left = c.cfg.Heartbeat / 4
		}
		if c.env.Sleep(ctx, left) != nil {
			return
		}
	}
}

// trusted needs the lock.
func (c *Coordinator) trusted() bool { return c.env.Now().Before(c.trust) }
