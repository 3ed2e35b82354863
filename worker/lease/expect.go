package lease

import (
	"context"
	"maps"
	"slices"
	"time"
)

// expectations are the leases that are about to come to this worker: those that it has asked for, and those that a worker that leaves
// would hand to it. Their rows are looked at every T/25, so that a shard does not stand still until the next look at the whole table.
// All of it is guesswork that costs a few reads when it is wrong.
type expectations struct {
	asked   map[string]time.Time // when it was last asked for
	until   map[string]time.Time // by key: expected until then
	leaving map[string]bool      // workers whose leaving has been taken into account
}

func newExpectations() expectations {
	return expectations{asked: map[string]time.Time{}, until: map[string]time.Time{}, leaving: map[string]bool{}}
}

// maxExpected bounds the rows that one look reads one by one.
const maxExpected = 100

// expect adds a lease.
func (e *expectations) expect(key string, until time.Time) {
	if len(e.until) < maxExpected {
		e.until[key] = until
	}
}

// forget drops a lease that has come.
func (e *expectations) forget(key string) {
	delete(e.until, key)
	delete(e.asked, key)
}

// expire drops what has not come in time.
func (e *expectations) expire(now time.Time) {
	passed := func(_ string, t time.Time) bool { return now.After(t) }
	maps.DeleteFunc(e.until, passed)
}

// foresee expects what a worker that has begun to leave would hand to this one. Needs the lock.
func (c *Coordinator) foresee() {
	if c.leaving {
		return
	}
	for _, w := range c.workers {
		if !w.Leaving || w.ID == c.me.ID || c.expected.leaving[w.ID] || c.seen.Dead(w.ID) {
			continue
		}
		c.expected.leaving[w.ID] = true
		v := c.view()
		v.Me = w.ID
		for key, to := range Receivers(v) {
			if to == c.me.ID {
				c.expected.expect(key, c.env.Now().Add(c.cfg.Failover))
			}
		}
	}
	maps.DeleteFunc(c.expected.leaving, func(id string, _ bool) bool {
		return !slices.ContainsFunc(c.workers, func(w Worker) bool { return w.ID == id })
	})
}

// glance looks at the rows that are expected and begins what has come.
func (c *Coordinator) glance(ctx context.Context) {
	c.mu.Lock()
	c.expected.expire(c.env.Now())
	keys := slices.Sorted(maps.Keys(c.expected.until))
	c.mu.Unlock()
	rows := make([]*Lease, len(keys))
	c.parallel(len(keys), 8, func(i int) {
		ctx, cancel := c.env.WithTimeout(ctx, c.cfg.Failover/4, errTimeout)
		defer cancel()
		if l, err := c.store.Lease(ctx, keys[i]); err == nil {
			rows[i] = &l
		}
	})
	for _, l := range rows {
		if l != nil {
			c.arrived(ctx, *l)
		}
	}
}

// arrived begins the term of a row if it is this worker's now, and stops to wait for one that somebody else has got. A plan may have been applied to a row that
// was handed over a moment ago: then its parents may have to be read again first, which the next look at all rows tells.
func (c *Coordinator) arrived(ctx context.Context, l Lease) {
	c.mu.Lock()
	me := c.me.ID
	before := slices.IndexFunc(c.leases, func(o Lease) bool { return o.Key == l.Key })
	moved := before >= 0 && l.Counter > c.leases[before].Counter
	if moved {
		c.leases = slices.Clone(c.leases) // others read it
		c.leases[before] = l
	}
	if moved && l.Owner != me {
		c.expected.forget(l.Key)
	}
	ready := l.Owner == me && Startable(c.leases)(&l)
	c.stale = c.stale || l.Owner == me && !ready
	c.mu.Unlock()
	if ready {
		c.begin(ctx, l, "")
	}
}
