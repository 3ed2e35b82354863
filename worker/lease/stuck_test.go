package lease_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/lease/leasetest"
)

// The tests of this file are the ways in which hand-offs of other Kinesis client libraries have got stuck.

// TestHandOffTargetDies: the receiver dies at the moment at which the lease becomes its own.
func TestHandOffTargetDies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 6)
		a := c.start("a", lease.Config{})
		c.within(3*time.Second, "start", func() bool { return c.owned() == 6 })
		b := c.start("b", lease.Config{})
		c.start("c", lease.Config{})
		c.within(60*time.Second, "b gets a lease", func() bool {
			for _, l := range c.table.Leases() {
				if l.Owner == "b" {
					return true
				}
			}
			return false
		})
		b.kill()
		c.within(9*time.Second, "its leases are somebody's", func() bool { return c.owned() == 6 && c.counts()["b"] == 0 })
		a.stop()
		c.within(2*time.Second, "c has all", func() bool { return c.counts()["c"] == 6 })
		a.killed.Store(true)
		c.stopAll()
	})
}

// TestHandOffOwnerDiesWhileItFlushes: the owner has agreed, and dies before it has written.
func TestHandOffOwnerDiesWhileItFlushes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 4)
		a := c.start("a", lease.Config{})
		a.flush = time.Minute // never gets there
		c.within(3*time.Second, "start", func() bool { return c.owned() == 4 })
		c.start("b", lease.Config{})
		time.Sleep(20 * time.Second) // b has asked, a has agreed
		a.kill()
		c.within(9*time.Second, "b has all", func() bool { return c.counts()["b"] == 4 })
		time.Sleep(2 * time.Minute)
		c.stopAll()
	})
}

// TestHandOffToAWorkerThatAlsoLeaves: two workers are deployed at the same time, and each would hand its leases to the other.
func TestHandOffToAWorkerThatAlsoLeaves(t *testing.T) {
	for shift := range 20 {
		synctest.Test(t, func(t *testing.T) {
			c := newCluster(t, 6)
			a, b := c.start("a", lease.Config{}), c.start("b", lease.Config{})
			c.within(5*time.Second, "start", func() bool { return c.owned() == 6 })
			time.Sleep(10 * time.Second)
			c.start("c", lease.Config{})
			time.Sleep(5 * time.Second)
			go a.stop()
			time.Sleep(time.Duration(shift) * 15 * time.Millisecond)
			go b.stop()
			c.within(3*time.Second, "c has all", func() bool { return c.counts()["c"] == 6 })
			<-a.done
			<-b.done
			a.killed.Store(true)
			b.killed.Store(true)
			c.stopAll()
		})
	}
}

// TestSingleWorkerAsksNobody: a worker alone is owner and receiver of everything; a request of its own in its inbox moves nothing.
func TestSingleWorkerAsksNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 3)
		a := c.start("a", lease.Config{})
		c.within(3*time.Second, "start", func() bool { return c.owned() == 3 })
		for range 5 {
			if err := a.store.Request(t.Context(), "a", "shard-01", "a"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(15 * time.Second)
		}
		for _, l := range c.table.Leases() {
			if l.Counter != 1 || l.Owner != "a" {
				t.Errorf("%+v", l)
			}
		}
		c.stopAll()
	})
}

// TestRequestForAnEndedShard: a lease is asked for, and its shard ends before the owner reads its inbox.
func TestRequestForAnEndedShard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 3)
		a := c.start("a", lease.Config{})
		c.within(3*time.Second, "start", func() bool { return c.owned() == 3 })
		c.start("b", lease.Config{})
		if err := a.store.Request(t.Context(), "a", "shard-00", "b"); err != nil {
			t.Fatal(err)
		}
		c.stream.add("shard-03", "shard-00")
		c.end("shard-00", lease.Lease{Key: "shard-03", Parents: []string{"shard-00"}})
		time.Sleep(2 * time.Minute)
		for _, l := range c.table.Leases() {
			if l.Key == "shard-00" && (l.Owner != "" || !l.Ended()) {
				t.Errorf("%+v", l)
			}
		}
		if c.owned() != 3 {
			t.Errorf("%d shards are read: %v", c.owned(), c.events)
		}
		c.stopAll()
	})
}

// TestRequestsOfTheDeadAreForgotten: a worker asks, dies, and its request is still in the inbox.
func TestRequestsOfTheDeadAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 2)
		a := c.start("a", lease.Config{})
		c.within(3*time.Second, "start", func() bool { return c.owned() == 2 })
		for range 40 {
			if err := a.store.Request(t.Context(), "a", "shard-00", "gone"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		for _, l := range c.table.Leases() {
			if l.Counter != 1 || l.Owner != "a" {
				t.Errorf("%+v", l)
			}
		}
		c.stopAll()
	})
}

// TestOwnerComesBackUnderItsOldID: ids are unique for every start, but an operator's script, or a restored image, may break that. The
// new process works on the rows that name it only as an owner that has lost its trust would: under a new counter.
func TestOwnerComesBackUnderItsOldID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 4)
		a := c.start("a", lease.Config{})
		c.within(3*time.Second, "start", func() bool { return c.owned() == 4 })
		a.kill()
		<-a.done
		c.start("a", lease.Config{})
		c.within(10*time.Second, "all shards are read again", func() bool { return c.owned() == 4 })
		for _, l := range c.table.Leases() {
			if l.Owner != "a" || l.Counter < 2 {
				t.Errorf("a term of another process goes on: %+v", l)
			}
		}
		c.stopAll()
	})
}

// TestOutageInTheMiddleOfAHandOff: the table cannot be reached while the owner hands over; neither the old owner nor the shard hangs.
func TestOutageInTheMiddleOfAHandOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 4)
		a := c.start("a", lease.Config{})
		c.within(3*time.Second, "start", func() bool { return c.owned() == 4 })
		b := c.start("b", lease.Config{})
		c.within(60*time.Second, "a lease is asked for", func() bool { return len(a.table.Workers()) == 2 && len(a.table.Workers()[0].Inbox) > 0 })
		for _, n := range []*node{a, b} {
			n.store.Inject(func(context.Context, string) leasetest.Fault { return leasetest.Lose })
		}
		time.Sleep(20 * time.Second)
		for _, n := range []*node{a, b} {
			n.store.Inject(func(context.Context, string) leasetest.Fault { return leasetest.None })
		}
		c.within(20*time.Second, "all shards are read", func() bool { return c.owned() == 4 })
		c.within(90*time.Second, "balance", func() bool { n := c.counts(); return len(n) == 2 && n["a"]+n["a.2"] == 2 })
		c.stopAll()
	})
}
