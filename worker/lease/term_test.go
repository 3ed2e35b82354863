package lease_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamrec/streamrec/worker/lease"
)

// TestChildOfTheBeginningStartsWhereTheApplicationDid: the end of a parent may create the row of a shard that the stream had when the
// application began, before the listing gets to it. It has to begin where the application did, not at its oldest record; a shard
// that came later begins at its oldest.
func TestChildOfTheBeginningStartsWhereTheApplicationDid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 1)
		began := lease.At(time.Now().UnixMilli())
		a := c.start("a", lease.Config{Initial: began})
		genesis := lease.Genesis{Position: began, Shards: []string{"shard-00", "shard-01"}}
		if _, err := a.store.Begin(t.Context(), genesis); err != nil { // before the worker does
			t.Fatal(err)
		}
		c.within(3*time.Second, "start", func() bool { return c.owned() == 1 })
		c.end("shard-00", lease.Lease{Key: "shard-01", Parents: []string{"shard-00"}}, lease.Lease{Key: "shard-02", Parents: []string{"shard-00"}})
		for _, l := range c.table.Leases() {
			switch {
			case l.Key == "shard-01" && l.Checkpoint != began:
				t.Errorf("a shard that was there begins at %v", l.Checkpoint)
			case l.Key == "shard-02" && l.Checkpoint.Type != lease.TrimHorizon:
				t.Errorf("a shard that came later begins at %v", l.Checkpoint)
			}
		}
		c.stopAll()
	})
}

// TestAbandonedTermWritesNothing: a consumer that hung, and whose lease has been given up, goes on after all.
func TestAbandonedTermWritesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 1)
		c.start("a", lease.Config{})
		c.within(3*time.Second, "start", func() bool { return c.owned() == 1 })
		term := c.owners["shard-00"]
		if err := term.Abandon(t.Context(), errors.New("hangs")); err != nil {
			t.Fatal(err)
		}
		released := c.table.Leases()[0]
		for name, err := range map[string]error{
			"Checkpoint": term.Checkpoint(t.Context(), lease.After("7", 0)),
			"NoteTip":    term.NoteTip(t.Context(), 7),
			"End":        term.End(t.Context(), nil),
		} {
			if !errors.Is(err, lease.ErrLeaseLost) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if now := c.table.Leases()[0]; now.Checkpoint != released.Checkpoint || now.Tip != released.Tip {
			t.Errorf("the row was %+v, and is %+v", released, now)
		}
		synctest.Wait()
		c.stopAll()
	})
}

// TestNobodyHasATermUnderTheCounterOfARelease: what the term before still has under way must not take effect on a row without owner.
func TestNobodyHasATermUnderTheCounterOfARelease(t *testing.T) {
	for name, give := range map[string]func(context.Context, *lease.Term) error{
		"abandoned": func(ctx context.Context, term *lease.Term) error { return term.Abandon(ctx, errors.New("hangs")) },
		"failed": func(ctx context.Context, term *lease.Term) error {
			term.Fail(errors.New("disk full"))
			return term.Close(ctx, "")
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := newCluster(t, 1)
			var term *lease.Term
			c.start("a", lease.Config{}, func(n *node) { n.hang(func(of *lease.Term) { term = of }) }) // it is ended here
			time.Sleep(3 * time.Second)
			synctest.Wait()
			before := term.Counter()
			if err := give(t.Context(), term); err != nil {
				t.Fatal(err)
			}
			if l := c.table.Leases()[0]; l.Owner != "" || l.Counter != before+1 {
				t.Errorf("%s: the row is %q's under counter %d, want nobody's under %d", name, l.Owner, l.Counter, before+1)
			}
			c.stopAll()
		})
	}
}
