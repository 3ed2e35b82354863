package lease_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/lease/leasetest"
)

// TestLeasesAreWatchedWhileTheStreamDoesNotAnswer: a worker dies while the other one waits for the list of shards.
func TestLeasesAreWatchedWhileTheStreamDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 4)
		c.start("a", lease.Config{})
		b := c.start("b", lease.Config{})
		c.within(60*time.Second, "both have shards", func() bool { return c.counts()["a"] == 2 && c.counts()["b"] == 2 })
		asked := c.stream.hang()
		<-asked
		<-asked // both wait, for 2 T
		b.kill()
		c.within(7*time.Second, "a has all", func() bool { return c.counts()["a"] == 4 })
		c.stream.answer()
		c.stopAll()
	})
}

// TestHungListingIsGivenUpAndRepeated: it takes 2 T, and then the shards are listed with the next scan.
func TestHungListingIsGivenUpAndRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 1)
		c.start("a", lease.Config{})
		c.within(3*time.Second, "start", func() bool { return c.owned() == 1 })
		<-c.stream.hang()
		c.stream.add("shard-01")
		c.stream.answer() // the next one: this one never ends by itself
		c.within(12*time.Second, "the new shard has an owner", func() bool { return c.owned() == 2 })
		c.stopAll()
	})
}

// TestNothingIsTakenBetweenTwoRegistrations: a worker whose row is gone registers under a new id, which takes a while. What it took meanwhile would be somebody
// else's at once, since its owner has no row.
func TestNothingIsTakenBetweenTwoRegistrations(t *testing.T) {
	for range 10 { // whether a scan comes between the two is a matter of luck
		synctest.Test(t, func(t *testing.T) {
			c := newCluster(t, 2)
			a := c.start("a", lease.Config{})
			c.within(3*time.Second, "start", func() bool { return c.owned() == 2 })
			until := time.Now().Add(5 * time.Second)
			a.store.Inject(func(_ context.Context, op string) leasetest.Fault {
				if op == "register" && time.Now().Before(until) {
					return leasetest.Fail
				}
				return leasetest.None
			})
			c.table.DeleteWorker("a")
			c.within(15*time.Second, "both are a.2's", func() bool {
				for _, l := range c.table.Leases() {
					if strings.HasPrefix(l.Owner, "a.") && len(c.table.Workers()) == 0 {
						t.Fatalf("%s has been taken by %s, which has no row", l.Key, l.Owner)
					}
				}
				return c.counts()["a.2"] == 2
			})
			if time.Now().Before(until) {
				t.Error("the registration did not take its while")
			}
			c.stopAll()
		})
	}
}

// TestRowsAreMadeParentsFirst: eight at a time, and never a child's before those of its parents.
func TestRowsAreMadeParentsFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 80)
		for i := range 40 {
			c.stream.add(fmt.Sprintf("shard-%02d-merged", i), fmt.Sprintf("shard-%02d", 2*i), fmt.Sprintf("shard-%02d", 2*i+1))
		}
		c.stream.add("shard-00-split", "shard-00-merged")
		a := c.start("a", lease.Config{})
		a.store.Inject(func(_ context.Context, op string) leasetest.Fault {
			if op == "create" {
				time.Sleep(10 * time.Millisecond)
			}
			return leasetest.None
		})
		took := c.within(5*time.Second, "there are rows", func() bool {
			known := map[string]bool{}
			for _, l := range c.table.Leases() {
				known[l.Key] = true
			}
			for _, s := range c.stream.shards {
				for _, p := range s.Parents {
					if known[s.Key] && !known[p] {
						t.Fatalf("%s has a row before %s has", s.Key, p)
					}
				}
			}
			return len(known) == len(c.stream.shards)
		})
		if one := 121 * 10 * time.Millisecond; took > one/4 {
			t.Errorf("it took %v, one after the other takes %v", took, one)
		}
		c.stopAll()
	})
}

// TestHeartbeatHasTheRateAsItIs: a checkpoint comes once a minute, or never.
func TestHeartbeatHasTheRateAsItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 3)
		c.start("a", lease.Config{})
		c.within(3*time.Second, "start", func() bool { return c.owned() == 3 })
		for _, key := range []string{"shard-00", "shard-01", "shard-02"} {
			c.owner(key).MeasureWith(func() float64 { return 106 })
		}
		c.within(3*time.Second, "the rate is in the heartbeat row", func() bool {
			return c.table.Workers()[0].Rate == 318
		})
		c.stopAll()
	})
}
