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

// rewind makes a plan and applies it to all rows, as an operator would in no time.
func (c *cluster) rewind(number int64, positions map[string]lease.Position) {
	c.t.Helper()
	store, ctx := &leasetest.Store{Table: c.table}, c.t.Context()
	now, to := c.table.Plan(), lease.Plan{Number: number, State: lease.PlanMade, ID: "rewound", Map: "1<2026-03-01T10;2"}
	must(c.t, store.PutPositions(ctx, to.ID, positions))
	must(c.t, store.WritePlan(ctx, &now, &to))
	for _, l := range c.table.Leases() {
		must(c.t, lease.Apply(ctx, clock{}, store, time.Second, &to, &l))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A plan is applied to a shard and to its parent just after the shard has been handed over. The next owner, which looks at that row alone, does not begin before
// the parent has been read again.
func TestHandedOverChildWaitsForItsParentUnderANewPlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 1)
		a := c.start("a", lease.Config{})
		c.within(2*time.Second, "the parent has an owner", func() bool { return c.owned() == 1 })
		c.stream.add("shard-01", "shard-00")
		c.end("shard-00", lease.Lease{Key: "shard-01", Parents: []string{"shard-00"}, StartingHashKey: "0"})
		c.within(2*time.Second, "the child has an owner", func() bool { return c.owner("shard-01") != nil })
		b := c.start("b", lease.Config{})
		time.Sleep(10 * time.Second)
		var rewound atomic.Bool
		b.store.Inject(func(_ context.Context, op string) leasetest.Fault {
			if l := c.table.Leases()[1]; l.Owner != "b" || rewound.Load() {
				return leasetest.None
			}
			switch op {
			case "leases":
				return leasetest.Fail
			case "lease":
				rewound.Store(true)
				c.rewind(1, map[string]lease.Position{"shard-00": lease.After("7", 0)})
			}
			return leasetest.None
		})
		a.flush = 2 * time.Second // so that b sees that a leaves
		a.stop()
		c.within(10*time.Second, "the parent is read again", func() bool { return rewound.Load() && c.owner("shard-00") != nil })
		for range 10 {
			time.Sleep(time.Second)
			if c.owner("shard-01") != nil {
				t.Fatal("the child is read beside its parent")
			}
		}
		c.end("shard-00", lease.Lease{Key: "shard-01", Parents: []string{"shard-00"}})
		c.within(10*time.Second, "the child is read", func() bool { return c.owner("shard-01") != nil })
		if l := c.owner("shard-01").Lease(); l.Plan != 1 || l.Map != "1<2026-03-01T10;2" {
			t.Errorf("the child is read as %+v", l)
		}
		b.stop()
	})
}
