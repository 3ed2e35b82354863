package lease

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// scan reads what is due, and acts on it. Lease rows are read before the workers: an owner that is not among workers read
// later than its lease is gone, not new.
func (c *Coordinator) scan(ctx context.Context) error {
	for range 2 { // a second time when a worker is gone: what it held is somebody's now
		if err := c.readLeases(ctx); err != nil {
			return err
		}
		if err := c.readWorkers(ctx); err != nil {
			return err
		}
		c.mu.Lock()
		stale := c.stale
		c.mu.Unlock()
		if !stale {
			break
		}
	}
	c.act(ctx)
	return nil
}

// readLeases reads the lease rows when they are T old, or when there is a reason.
func (c *Coordinator) readLeases(ctx context.Context) error {
	c.mu.Lock()
	due := c.stale || c.env.Now().Sub(c.readAt) >= c.cfg.Failover
	c.mu.Unlock()
	if !due {
		return nil
	}
	ctx, cancel := c.env.WithTimeout(ctx, c.cfg.Failover, errTimeout)
	defer cancel()
	began := c.env.Now()
	leases, plan, err := c.store.Leases(ctx)
	if err != nil {
		return fmt.Errorf("read leases: %w", err)
	}
	c.mu.Lock()
	if c.readAt.IsZero() {
		c.inherit(leases)
	}
	c.leases, c.readAt, c.stale = leases, began, false
	c.mu.Unlock()
	c.learn(plan)
	return nil
}

// inherit needs the lock. What names this worker before it has read anything is another process's of the same id: it may not begin as
// if it had been handed over, under a counter that somebody has used, but has to be taken.
func (c *Coordinator) inherit(leases []Lease) {
	for _, l := range leases {
		if l.Owner == c.me.ID {
			c.highest[l.Key] = max(c.highest[l.Key], l.Counter)
		}
	}
}

func (c *Coordinator) readWorkers(ctx context.Context) error {
	ctx, cancel := c.env.WithTimeout(ctx, c.cfg.Failover/2, errTimeout)
	defer cancel()
	began := c.env.Now()
	workers, err := c.store.Workers(ctx)
	if err != nil {
		return fmt.Errorf("read workers: %w", err)
	}
	c.mu.Lock()
	died := c.see(workers, began)
	leases, readAt := c.leases, c.readAt // arrived changes a copy
	c.mu.Unlock()
	for _, w := range died {
		c.report.Died(w.ID)
	}
	c.report.Scanned(workers, leases, readAt)
	c.bury(ctx, workers)
	return nil
}

// see needs the lock. It returns the workers that are newly held for dead.
func (c *Coordinator) see(workers []Worker, began time.Time) (died []Worker) {
	wasDead := map[string]bool{}
	for _, w := range c.workers {
		wasDead[w.ID] = c.seen.Dead(w.ID)
	}
	ended := c.env.Now()
	c.seen.See(workers, began, ended)
	for _, w := range c.workers {
		if c.seen.Dead(w.ID) && !wasDead[w.ID] {
			c.stale = true                        // what it held may have changed hands
			if !w.Leaving && c.seen.Known(w.ID) { // without a row it has left
				died = append(died, w)
			}
		}
	}
	c.workers = workers
	c.foresee()
	for i := range c.leases {
		c.seeRow(&c.leases[i], ended)
	}
	return died
}

// seeRow needs the lock.
func (c *Coordinator) seeRow(l *Lease, now time.Time) {
	before, ok := c.rows[l.Key]
	s := before
	if !ok || s.counter != l.Counter {
		s = rowSighting{counter: l.Counter, since: now, moved: ok}
	}
	switch owned := l.Owner != "" && !c.seen.Dead(l.Owner); {
	case owned:
		s.free = time.Time{}
	case s.free.IsZero():
		s.free = now
	}
	if s != before {
		c.rows[l.Key] = s
	}
}

// bury deletes the rows of workers that have been still for 10 T.
func (c *Coordinator) bury(ctx context.Context, workers []Worker) {
	for _, w := range workers {
		c.mu.Lock()
		old := w.ID != c.me.ID && c.seen.Still(w.ID) >= 10*c.cfg.Failover
		c.mu.Unlock()
		if !old {
			continue
		}
		if err := c.store.Bury(ctx, w); err != nil && !errors.Is(err, ErrConflict) && !errors.Is(err, ErrAbsent) {
			c.trouble(ctx, "delete dead worker's row", err)
		}
	}
}

// act checks the own terms against the rows, begins the terms that were handed to this worker, and carries out the plan.
func (c *Coordinator) act(ctx context.Context) {
	c.mu.Lock()
	lost, given, mine := c.compare()
	old := c.outdated()
	v := c.view()
	var d Decision
	if c.trusted() && !c.leaving {
		d = Decide(v)
		c.stale = c.stale || d.Waiting
	}
	take := rowsOf(v.Leases, append(mine, d.Take...))
	agreed := make([]*Term, len(d.Agree))
	for i, m := range d.Agree {
		delete(c.inbox, m.Key)
		agreed[i] = c.terms[m.Key]
	}
	c.mu.Unlock()

	for _, t := range lost {
		t.cancel(fmt.Errorf("%w: the row names another term", ErrLeaseLost))
	}
	c.apply(ctx, old)
	for _, l := range given {
		c.begin(ctx, l, "")
	}
	for i, t := range agreed {
		if t != nil {
			c.report.Moving(t.Key(), v.Me, d.Agree[i].To)
			t.handOff(d.Agree[i].To, ErrHandOff)
		}
	}
	c.takeAll(ctx, take)
	c.ask(ctx, d.Request)
}

// compare needs the lock. A read that began before the term's last write proves nothing, but it shows a lower counter.
// given are the rows that others handed to this worker; mine those whose term has ended here without a word in the table, as after
// a loss of trust: they are taken anew.
func (c *Coordinator) compare() (lost []*Term, given []Lease, mine []string) {
	startable := Startable(c.leases)
	for _, l := range c.leases {
		t := c.terms[l.Key]
		switch {
		case t != nil && l.Counter > t.Counter():
			lost = append(lost, t)
		case t != nil && l.Counter == t.Counter() && l.Owner != c.me.ID && !l.Ended():
			lost = append(lost, t)
		case l.Plan < c.plan.Number:
		case t != nil || l.Owner != c.me.ID || c.avoid[l.Key] || !startable(&l) || !c.trusted() || c.stale || c.leaving:
		case l.Counter > c.highest[l.Key]:
			given = append(given, l)
		default:
			mine = append(mine, l.Key)
		}
	}
	return lost, given, mine
}

// view needs the lock, and holds as long as that and until the next one: a fleet of thousands of shards is looked at twice a second.
func (c *Coordinator) view() View {
	now := c.env.Now()
	alive := map[string]Worker{c.me.ID: c.me}
	for _, w := range c.workers {
		if w.ID != c.me.ID && !c.seen.Dead(w.ID) {
			alive[w.ID] = w
		}
	}
	c.viewed = append(c.viewed[:0], c.leases...)
	moving := map[string]string{}
	if len(c.terms) > 0 {
		for i := range c.viewed {
			if t := c.terms[c.viewed[i].Key]; t != nil { // newer than what was read
				c.viewed[i] = t.Lease()
			}
		}
	}
	for k, t := range c.terms {
		if to := t.promised(); to != "" {
			moving[k] = to
		}
	}
	return View{
		Me: c.me.ID, Leaving: c.leaving, Failover: c.cfg.Failover, Moves: c.cfg.Moves, Plan: c.plan, Leases: c.viewed, Alive: alive,
		Grown: c.cfg.grown(), Requests: c.inbox, Moving: moving, Avoid: c.avoid,
		Moved:     func(key string) bool { return c.rows[key].moved && now.Sub(c.rows[key].since) < 6*c.cfg.Failover },
		Unchanged: func(key string) time.Duration { return now.Sub(c.rows[key].since) },
		Free: func(key string) time.Duration {
			if s := c.rows[key]; !s.free.IsZero() {
				return now.Sub(s.free)
			}
			return 0
		},
	}
}

// fresh reports whether a worker's heartbeat moved within T/2 and it stays, as far as this worker has seen.
func (c *Coordinator) fresh(worker string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	leaves := slices.ContainsFunc(c.workers, func(w Worker) bool { return w.ID == worker && w.Leaving })
	return !leaves && c.seen.Fresh(worker, c.env.Now())
}
