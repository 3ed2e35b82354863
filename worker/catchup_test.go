package worker

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/lease/leasetest"
)

// replay makes a plan to write generation 2.
func (f *fleet) replay() {
	f.t.Helper()
	f.make(lease.Plan{Number: 1, State: lease.PlanMade, ID: "x", Map: "2"})
}

// make makes a plan, and applies it to all rows.
func (f *fleet) make(plan lease.Plan) {
	f.t.Helper()
	store := &leasetest.Store{Table: f.table}
	if err := store.WritePlan(f.t.Context(), &lease.Plan{}, &plan); err != nil {
		f.t.Fatal(err)
	}
	for _, l := range f.table.Leases() {
		if err := lease.Apply(f.t.Context(), System{}, store, time.Second, &plan, &l); err != nil {
			f.t.Fatal(err)
		}
	}
}

// fence says that nothing older than the plan is left.
func (f *fleet) fence() {
	now := f.table.Plan()
	to := now
	to.State = lease.PlanFenced
	if err := (&leasetest.Store{Table: f.table}).WritePlan(f.t.Context(), &now, &to); err != nil {
		f.t.Error(err)
	}
}

// TestTipCountsAfterTheFence: while a plan is only made, terms of before may still write what a new one has not read.
func TestTipCountsAfterTheFence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, "s")
		f.lazy = true
		f.stream.put("s", 10)
		f.start("a")
		f.until(5*time.Second, "the shard is read", func() bool { return len(f.stream.shards) == len(f.table.Leases()) && f.row("s").Owner != "" })
		f.replay()
		f.until(20*time.Second, "it begins again", func() bool { return f.row("s").Counter > 2 || f.row("s").Plan == 1 })
		time.Sleep(20 * time.Second)
		if l := f.row("s"); l.TipPlan != 0 {
			t.Errorf("the tip counts before the fence: %+v", l)
		}
		f.fence()
		f.until(10*time.Second, "the tip counts", func() bool { return f.row("s").TipPlan == 1 })
		if n := f.ledger.count("s"); n != 10 {
			t.Errorf("the tip counts with %d of 10 records committed", n)
		}
	})
}

// TestReadingThatBeganBeforeTheFenceDoesNotCount: its answer may be older than what terms of before have written until then.
func TestReadingThatBeganBeforeTheFenceDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, n := newFleetThatHasRead(t, "s", 3)
		f.replay()
		f.until(20*time.Second, "it begins again", func() bool {
			return n.Plan().Number == 1 && len(n.Shards()) == 1 && n.Shards()[0].MillisBehindLatest == 0
		})
		f.stream.onRead(func(read int) {
			switch read {
			case 1: // the fence comes, and the worker hears of it, while this reading is under way
				f.fence()
				for n.Plan().State != lease.PlanFenced {
					time.Sleep(100 * time.Millisecond)
				}
			case 2:
				if l := f.row("s"); l.TipPlan != 0 {
					t.Errorf("the reading of before the fence counts: %+v", l)
				}
			}
		})
		f.until(20*time.Second, "the tip counts", func() bool { return f.row("s").TipPlan == 1 })
	})
}

// TestTipIsTheLastPage: a shard that is read again has not caught up while the stream has more.
func TestTipIsTheLastPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, "s")
		f.replay()
		f.fence()
		var reads atomic.Int64
		n := f.stream.put("s", 35_000)
		f.stream.onRead(func(read int) {
			reads.Store(int64(read))
			if got := f.ledger.count("s"); got < n && f.row("s").TipPlan == 1 {
				t.Errorf("the tip counts after %d of %d records", got, n)
			}
		})
		f.start("a")
		f.until(time.Minute, "the tip counts", func() bool { return len(f.table.Leases()) == 1 && f.row("s").TipPlan == 1 })
		if reads.Load() < 4 {
			t.Errorf("%d reads", reads.Load())
		}
	})
}

// TestWorkerIsKnownUnderTheIdOfItsLeases: one that was held for dead registers anew, and everything that asks whether a lease is this worker's has to ask for
// the new id, such as who writes snapshots and brings replays to their end.
func TestWorkerIsKnownUnderTheIdOfItsLeases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, "s")
		n := f.start("a")
		f.until(5*time.Second, "the shard is owned", func() bool { return len(f.table.Leases()) == 1 && f.row("s").Owner == n.ID() })
		before := n.ID()
		f.table.DeleteWorker(before)
		f.until(20*time.Second, "the shard is owned under another id", func() bool { return f.row("s").Owner != before && f.row("s").Owner != "" })
		if n.ID() != f.row("s").Owner {
			t.Errorf("the worker is %s, its lease is that of %s", n.ID(), f.row("s").Owner)
		}
	})
}
