package lease_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/lease/leasetest"
)

// A hand-off ends the term's context while a checkpoint is under way. The checkpoint takes effect, its answer comes too late: the
// shard has to go to the next owner nevertheless, from there on.
func TestHandOffAfterACheckpointWithoutAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 1)
		a := c.start("a", lease.Config{})
		c.within(2*time.Second, "the shard has an owner", func() bool { return c.owned() == 1 })
		b := c.start("b", lease.Config{})
		time.Sleep(10 * time.Second)
		term := c.owners["shard-00"]
		ctx, cancel := context.WithCancel(t.Context())
		a.store.Inject(func(_ context.Context, op string) leasetest.Fault {
			switch op {
			case "update":
				return leasetest.Lose
			case "lease": // the look at what became of it
				cancel()
			}
			return leasetest.None
		})
		if err := term.Checkpoint(ctx, lease.After("7", 0)); err == nil || errors.Is(err, lease.ErrLeaseLost) {
			t.Fatalf("a checkpoint whose answer was lost ended with %v, want an error that does not say that the lease is", err)
		}
		a.store.Inject(func(context.Context, string) leasetest.Fault { return leasetest.None })
		a.stop()
		if l := c.table.Leases()[0]; l.Owner != "b" || l.Counter != 2 || l.Checkpoint != lease.After("7", 0) {
			t.Errorf("a has left and the row is %+v, want the checkpoint at 7, and handed to b", l)
		}
		b.stop()
		synctest.Wait()
	})
}

// A hand-off ends the term's context while SHARD_END is being written. It takes effect, its answer comes too late: the row of the ended
// shard must not be written again, least of all with another owner.
func TestHandOffAfterAShardEndWithoutAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 1)
		a := c.start("a", lease.Config{})
		c.within(2*time.Second, "the shard has an owner", func() bool { return c.owned() == 1 })
		b := c.start("b", lease.Config{})
		time.Sleep(10 * time.Second)
		term := c.owners["shard-00"]
		ctx, cancel := context.WithCancel(t.Context())
		a.store.Inject(func(_ context.Context, op string) leasetest.Fault {
			switch op {
			case "update":
				return leasetest.Lose
			case "lease":
				cancel()
			}
			return leasetest.None
		})
		if err := term.End(ctx, nil); err == nil || errors.Is(err, lease.ErrLeaseLost) {
			t.Fatalf("an end whose answer was lost ended with %v, want an error that does not say that the lease is", err)
		}
		a.store.Inject(func(context.Context, string) leasetest.Fault { return leasetest.None })
		a.stop()
		if l := c.table.Leases()[0]; l.Owner != "" || l.Counter != 2 || !l.Ended() {
			t.Errorf("a has left and the row is %+v, want SHARD_END without owner under counter 2", l)
		}
		b.stop()
		synctest.Wait()
	})
}
