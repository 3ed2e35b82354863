package lease

import (
	"context"
	"errors"
	"fmt"
)

// drain hands all leases over and deregisters. Heartbeats go on meanwhile.
func (c *Coordinator) drain(life context.Context) {
	ctx, cancel := c.env.WithTimeout(life, c.cfg.Grace, ErrLeaseLost)
	defer cancel()
	c.mu.Lock()
	c.leaving, c.me.Leaving = true, true
	to := Receivers(c.view())
	terms := c.termsByKey()
	c.mu.Unlock()
	if err := c.beat(ctx); err != nil {
		c.report.Trouble("say goodbye", err)
	}
	for _, t := range terms {
		t.handOff(to[t.Key()], ErrShutdownRequested)
	}
	for c.holding() > 0 {
		if err := c.readWorkers(ctx); err != nil { // a receiver has to be alive when it gets a lease
			c.trouble(ctx, "read workers", err)
		}
		if c.env.Sleep(ctx, c.cfg.Failover/100) != nil {
			c.stopAll(fmt.Errorf("%w: the grace period is over", ErrLeaseLost))
			return // without deregistering: the row expires, and with it what is still held
		}
	}
	c.deregister(ctx)
}

// deregister deletes the heartbeat row, so that what it may still name is free at once.
// Heartbeats end before: one that finds no row registers a new worker.
func (c *Coordinator) deregister(ctx context.Context) {
	if c.stopBeats != nil {
		c.stopBeats()
	}
	for c.stillBeating() {
		if c.env.Sleep(ctx, c.cfg.Failover/500) != nil {
			return
		}
	}
	c.mu.Lock()
	me := c.me.ID
	c.mu.Unlock()
	if err := c.insist(ctx, func(ctx context.Context) error { return c.store.Deregister(ctx, me) }); err != nil {
		c.report.Trouble("deregister", err)
	}
}

func (c *Coordinator) stillBeating() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.beating
}

func (c *Coordinator) holding() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.terms)
}

func (c *Coordinator) stopAll(cause error) {
	c.mu.Lock()
	terms := c.termsByKey()
	c.mu.Unlock()
	for _, t := range terms {
		t.cancel(cause)
	}
}

// notRegistered ends a worker that was told to leave before its row was there, as far as it knows.
func (c *Coordinator) notRegistered(life, ctx context.Context, err error) error {
	if ctx.Err() == nil || errors.Is(err, ErrRefused) {
		return err
	}
	life, cancel := c.env.WithTimeout(life, c.cfg.Failover, errTimeout)
	defer cancel()
	c.deregister(life)
	return nil
}
