package worker

import (
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
)

// lagging is a shard of which some records have been read, and others have come while nobody was there.
func lagging(t *testing.T, read, unread int) *fleet {
	f := newFleet(t, "s")
	f.stream.put("s", read)
	n := f.start("a")
	f.until(10*time.Second, "it is read", func() bool { return f.ledger.count("s") == read && len(f.table.Leases()) == 1 })
	n.cancel()
	<-n.done
	f.stream.put("s", unread)
	time.Sleep(time.Minute)
	return f
}

// skip makes the plan that gives up what has not been read until now.
func (f *fleet) skip() {
	f.t.Helper()
	f.make(lease.Plan{Number: 1, State: lease.PlanMade, ID: "x", AcceptGaps: true, SkipTo: time.Now().UnixMilli()})
}

// requireCommitted checks which records of the shard are in the ledger, and what has been given up.
func (f *fleet) requireCommitted(until time.Duration, next string, want ...int) {
	f.t.Helper()
	var all []string
	for _, n := range want {
		all = append(all, strconv.Itoa(1000+n))
	}
	f.until(until, "what comes is committed", func() bool { return f.ledger.count("s") >= len(all) })
	f.ledger.mu.Lock()
	defer f.ledger.mu.Unlock()
	if got := f.ledger.committed["s"]; !slices.Equal(got, all) || f.ledger.gaps["s"] != next {
		f.t.Errorf("committed %v with a gap up to %q, want %v and %q", got, f.ledger.gaps["s"], all, next)
	}
}

// TestSkipToTheLatestKeepsWhatHasBeenRead: an owner that has read records and not committed them does so when it hears of the plan.
func TestSkipToTheLatestKeepsWhatHasBeenRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, "s")
		f.lazy = true
		f.stream.put("s", 5)
		f.start("a")
		f.until(10*time.Second, "it is read", func() bool { return len(f.ledger.delivered("s")) == 5 })
		f.skip()
		f.requireCommitted(5*time.Second, "", 0, 1, 2, 3, 4)
		f.fence()
		f.stream.put("s", 2)
		f.requireCommitted(10*time.Second, "", 0, 1, 2, 3, 4, 5, 6)
	})
}

// TestSkipToTheLatest gives up what has not been read when the plan is made, but for one record, and nothing that comes after it. It waits for the fence, and for the
// first record that comes; until then the shard is not at the tip.
func TestSkipToTheLatest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := lagging(t, 2, 5)
		f.skip()
		f.start("b")
		time.Sleep(20 * time.Second)
		f.requireCommitted(time.Second, "", 0, 1, 2)
		f.fence()
		time.Sleep(20 * time.Second)
		if f.requireCommitted(time.Second, "", 0, 1, 2); f.row("s").TipPlan != 0 || f.row("s").Tip > f.stream.shards["s"].records[1].Arrival.Add(30*time.Second).UnixMilli() {
			t.Errorf("it counts as being at the tip: %+v", f.row("s"))
		}
		f.stream.put("s", 2)
		f.requireCommitted(10*time.Second, "1007", 0, 1, 2, 7, 8)
		f.until(10*time.Second, "the tip counts", func() bool { return f.row("s").TipPlan == 1 })
		f.start("c")
		f.nodes[1].cancel()
		<-f.nodes[1].done
		f.stream.put("s", 1)
		f.requireCommitted(30*time.Second, "1007", 0, 1, 2, 7, 8, 9)
	})
}

// TestWhatWasReadBeforeAGapIsCommitted: the stream loses the shard after the first page of it.
func TestWhatWasReadBeforeAGapIsCommitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := lagging(t, 2, 5_000)
		f.lazy = true // nothing is committed by itself
		f.make(lease.Plan{Number: 1, State: lease.PlanMade, ID: "x", AcceptGaps: true})
		f.fence()
		reads := 0
		f.stream.mu.Lock()
		f.stream.fail = func(op, _ string) error { // its caller holds the lock
			if op != "read" {
				return nil
			}
			if reads++; reads > 1 {
				delete(f.stream.shards, "s")
				return ErrIteratorExpired
			}
			return nil
		}
		f.stream.mu.Unlock()
		f.start("b")
		f.until(30*time.Second, "the rest is given up", func() bool {
			f.ledger.mu.Lock()
			defer f.ledger.mu.Unlock()
			return f.ledger.gaps["s"] == chain.GapToEnd
		})
		if n := f.ledger.count("s"); n != 2001 {
			t.Errorf("%d records are committed, want the two that were, and the others of the page", n)
		}
	})
}

// TestGapWaitsForTheFence: until then a term of an older plan may go on with what is given up.
func TestGapWaitsForTheFence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := lagging(t, 2, 5)
		f.skip()
		f.start("b")
		time.Sleep(20 * time.Second)
		f.stream.put("s", 2)
		time.Sleep(20 * time.Second)
		f.requireCommitted(time.Second, "", 0, 1, 2)
		f.fence()
		f.requireCommitted(20*time.Second, "1007", 0, 1, 2, 7, 8)
	})
}

// TestGapIsWhereAllMapsAgree: a replay that is undone, or may be, has readers see one generation of an hour now and another one then.
func TestGapIsWhereAllMapsAgree(t *testing.T) {
	hour := func(text string) chain.Hour {
		h, err := chain.ParseHour(text)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	ten, eleven := "1<2026-11-27T10;2", "1<2026-11-27T10;2<2026-11-27T11;3"
	for _, c := range []struct {
		plan lease.Plan
		want chain.Hour
	}{
		{lease.Plan{}, 0},
		{lease.Plan{Map: "1", Published: "1"}, 0},
		{lease.Plan{Map: ten}, hour("2026-11-27T10")},
		{lease.Plan{Map: "1", Published: ten, Previous: "1"}, hour("2026-11-27T10")},
		{lease.Plan{Map: ten, Published: ten, Previous: eleven}, hour("2026-11-27T11")},
		{lease.Plan{Map: eleven, Published: ten, Previous: "1"}, hour("2026-11-27T11")},
	} {
		if got, err := lastFrom(&c.plan); err != nil || got != c.want {
			t.Errorf("%+v: %v, %v; want %v", c.plan, got, err, c.want)
		}
	}
	if _, err := lastFrom(&lease.Plan{Map: "1<"}); err == nil {
		t.Error("a map that is none is taken")
	}
}

// TestSkipOfNothing: a shard that has been read up to the plan goes on, also where arrival times are out of order.
func TestSkipOfNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := lagging(t, 3, 0)
		f.skip()
		f.fence()
		f.stream.put("s", 3)
		f.stream.mu.Lock()
		f.stream.shards["s"].records[4].Arrival = time.Now().Add(-time.Hour) // it comes before its time
		f.stream.mu.Unlock()
		f.start("b")
		f.requireCommitted(20*time.Second, "", 0, 1, 2, 3, 4, 5)
	})
}

// TestSkipOverStragglers: a record that has been read and seems to have come after the plan is none to go on with.
func TestSkipOverStragglers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := lagging(t, 3, 4)
		f.stream.shards["s"].records[1].Arrival = time.Now().Add(time.Hour)
		f.skip()
		f.fence()
		f.start("b")
		time.Sleep(20 * time.Second)
		f.stream.put("s", 2)
		f.requireCommitted(10*time.Second, "1007", 0, 1, 2, 3, 7, 8)
	})
}

// TestSkipOfAClosedShard gives up the rest of it, and its children begin.
func TestSkipOfAClosedShard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := lagging(t, 3, 4)
		f.stream.add("child", "s")
		f.skip()
		f.fence()
		f.start("b")
		f.until(30*time.Second, "the child is read", func() bool { return len(f.table.Leases()) == 2 && f.row("child").Owner != "" })
		f.requireCommitted(time.Second, chain.GapToEnd, 0, 1, 2, 3)
	})
}
