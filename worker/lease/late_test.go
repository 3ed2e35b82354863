package lease_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/lease/leasetest"
)

// makePlan writes a plan row and leaves it to the workers to apply it.
func (c *cluster) makePlan(number int64) {
	c.t.Helper()
	store, now := &leasetest.Store{Table: c.table}, c.table.Plan()
	must(c.t, store.WritePlan(c.t.Context(), &now, &lease.Plan{Number: number, State: lease.PlanMade, ID: "made", Map: "1<2026-03-01T10;2"}))
}

// under returns the plans under which the shards have owners.
func (c *cluster) under() map[int64]int {
	return tally(c, func(l *lease.Lease) int64 { return l.Plan })
}

// TestHeartbeatsTellOfAPlan: a worker that can do nothing but write its heartbeats ends its terms with the first one after a plan was made.
func TestHeartbeatsTellOfAPlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 3)
		a := c.start("a", lease.Config{})
		c.within(5*time.Second, "start", func() bool { return c.owned() == 3 })
		a.store.Inject(func(_ context.Context, op string) leasetest.Fault {
			if op == "heartbeat" {
				return leasetest.None
			}
			return leasetest.Fail
		})
		time.Sleep(10 * time.Second)
		if c.owned() != 3 {
			t.Fatalf("%d of 3 shards are owned by a worker whose heartbeats arrive", c.owned())
		}
		c.makePlan(1)
		c.within(lease.Config{}.WithDefaults().Heartbeat+10*time.Millisecond, "no term of before goes on", func() bool { return c.owned() == 0 })
		c.stopAll()
	})
}

// readUnderThePlan waits until the shard is read under plan 1, and fails when its owner n, which has heard of the plan, begins it under no plan.
func (c *cluster) readUnderThePlan(n *node) {
	c.t.Helper()
	looks := 0
	c.within(20*time.Second, "the shard is read under the plan", func() bool {
		if n.coord.Plan().Number == 1 || looks > 0 {
			looks++
		}
		if looks > 1 && c.under()[0] > 0 {
			c.t.Fatal("a worker that has heard of a plan begins a term under none")
		}
		return c.under()[1] == 1
	})
	c.stopAll()
}

// TestRowsThatAreReadLate: a worker hears of a plan while the rows of before are on their way to it.
func TestRowsThatAreReadLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 1)
		a := c.start("a", lease.Config{})
		c.within(5*time.Second, "start", func() bool { return c.owned() == 1 })
		var made atomic.Bool
		a.store.Delay(func(op string) {
			if op == "leases" && !made.Swap(true) {
				c.makePlan(1)
				time.Sleep(4 * time.Second)
			}
		})
		c.within(time.Minute, "rows are read", made.Load)
		c.readUnderThePlan(a)
	})
}

// TestLeaseThatIsTakenLate: a worker hears of a plan while it takes a lease.
func TestLeaseThatIsTakenLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 1)
		cfg := lease.Config{Heartbeat: 500 * time.Millisecond}
		a := c.start("a", cfg)
		c.within(5*time.Second, "start", func() bool { return c.owned() == 1 })
		b := c.start("b", cfg)
		time.Sleep(10 * time.Second)
		var made atomic.Bool
		b.store.Inject(func(_ context.Context, op string) leasetest.Fault {
			if op == "update" && !made.Swap(true) {
				c.makePlan(1)
				time.Sleep(time.Second)
			}
			return leasetest.None
		})
		a.kill()
		c.within(20*time.Second, "the lease is taken", made.Load)
		c.readUnderThePlan(b)
	})
}

// TestRowsOfNewShardsBelongToThePlan: the rows of a shard that the listing finds and of a child are made under the plan, and not brought under it later.
func TestRowsOfNewShardsBelongToThePlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 1)
		c.start("a", lease.Config{})
		c.within(5*time.Second, "start", func() bool { return c.owned() == 1 })
		c.rewind(1, nil)
		c.within(5*time.Second, "the plan is obeyed", func() bool { return c.under()[1] == 1 })
		c.stream.add("shard-01")
		c.within(40*time.Second, "the new shard is read", func() bool { return c.under()[1] == 2 })
		if l := c.table.Leases()[1]; l.Counter != 1 {
			t.Errorf("between its making and its first term a row has changed: %+v", l)
		}
		c.end("shard-00", lease.Lease{Key: "shard-02", Parents: []string{"shard-00"}, StartingHashKey: "0"})
		if l := c.table.Leases()[2]; l.Plan != 1 || l.Map != "1<2026-03-01T10;2" {
			t.Errorf("the row of the child is %+v", l)
		}
		c.stopAll()
	})
}
