package lease_test

import (
	"context"
	"errors"
	"reflect"
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

// TestApply: what a plan makes of a row.
func TestApply(t *testing.T) {
	end, oldest := lease.Position{Type: lease.ShardEnd}, lease.Position{Type: lease.TrimHorizon}
	base := lease.Lease{
		Key: "s", Owner: "w", Counter: 7, Checkpoint: lease.After("50", 2), StartingHashKey: "0", Plan: 1, Map: "1", TipPlan: 1, Tip: 99, Rate: 3,
	}
	want := base
	want.Counter, want.Plan, want.Map, want.TipPlan, want.Tip = 8, 3, "1<2026-03-01T10;2", 0, 0
	for name, c := range map[string]struct {
		row, want func(*lease.Lease)
		at        *lease.Position
		genesis   bool // the shard was there when the application began
	}{
		"a position":                    {nil, func(l *lease.Lease) { l.Checkpoint = lease.After("20", 1) }, position(lease.After("20", 1)), false},
		"no position":                   {nil, func(l *lease.Lease) { l.Checkpoint = oldest }, nil, false},
		"no position, of the beginning": {nil, func(l *lease.Lease) { l.Checkpoint = lease.At(1234) }, nil, true},
		"the position where it is":      {nil, func(l *lease.Lease) { l.Tip = 99 }, position(base.Checkpoint), false},
		"stopped": {
			func(l *lease.Lease) { l.Owner, l.Stopped = "", "broken" },
			func(l *lease.Lease) { l.Owner, l.Checkpoint = "", lease.After("20", 1) }, position(lease.After("20", 1)), false,
		},
		"ended, and stays": {
			func(l *lease.Lease) { l.Owner, l.Checkpoint, l.Children = "", end, []string{"x", "y"} },
			func(l *lease.Lease) { l.Owner, l.Checkpoint, l.Children, l.Tip = "", end, []string{"x", "y"}, 99 }, &end, false,
		},
		"ended, and is read again": {
			func(l *lease.Lease) { l.Owner, l.Checkpoint, l.Children = "", end, []string{"x", "y"} },
			func(l *lease.Lease) { l.Owner, l.Checkpoint = "", lease.After("20", 1) }, position(lease.After("20", 1)), false,
		},
		"ended after the plan was drawn up": {
			func(l *lease.Lease) { l.Owner, l.Checkpoint, l.Children = "", end, []string{"x", "y"} },
			func(l *lease.Lease) { l.Owner, l.Checkpoint = "", oldest }, nil, false,
		},
		"ended by the plan alone": {nil, func(l *lease.Lease) { l.Owner, l.Checkpoint = "", end }, &end, false},
		"gone before its row was made": {
			func(l *lease.Lease) {
				l.Owner, l.Checkpoint, l.StartingHashKey, l.Children = "", end, "", []string{"x"}
			},
			func(l *lease.Lease) {
				l.Owner, l.Checkpoint, l.StartingHashKey, l.Children, l.Tip = "", end, "", []string{"x"}, 99
			}, nil, false,
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			table := leasetest.NewTable()
			store := &leasetest.Store{Table: table}
			row, want := base, want
			if c.row != nil {
				c.row(&row)
			}
			c.want(&want)
			table.Set(row)
			genesis := lease.Genesis{Position: lease.At(1234)}
			if c.genesis {
				genesis.Shards = []string{"s"}
			}
			_, err := store.Begin(t.Context(), genesis)
			must(t, err)
			positions := map[string]lease.Position{"other": end}
			if c.at != nil {
				positions["s"] = *c.at
			}
			must(t, store.PutPositions(t.Context(), "id", positions))
			plan := &lease.Plan{Number: 3, ID: "id", Map: want.Map}
			for range 2 { // the second time it changes nothing
				must(t, lease.Apply(t.Context(), clock{}, store, time.Second, plan, &row))
				if got := table.Leases()[0]; !reflect.DeepEqual(got, want) {
					t.Errorf("%s:\n got %+v\nwant %+v", name, got, want)
				}
			}
			old := table.Leases()[0]
			must(t, lease.Apply(t.Context(), clock{}, store, time.Second, &lease.Plan{Number: 2, ID: "id", Map: "1"}, &old))
			if got := table.Leases()[0]; !reflect.DeepEqual(got, want) {
				t.Errorf("%s: an older plan makes it %+v", name, got)
			}
		})
	}
}

func position(p lease.Position) *lease.Position { return &p }

// TestApplyOfWhatIsReadBack: a row learns from the plan where its past is, until the shard has been at the tip since. Everything that arrived before its tip is in
// that past if the row belongs to it, and not if it belongs to a plan that nobody has published.
func TestApplyOfWhatIsReadBack(t *testing.T) {
	for name, c := range map[string]struct {
		row, published string
		tip            int64
	}{
		"before there was a plan":             {"", "", 99},
		"of the published map":                {"1<2026-03-01T09;2", "1<2026-03-01T09;2", 99},
		"of a plan that was never published":  {"1<2026-03-01T10;3", "1<2026-03-01T09;2", 0},
		"of the time before a plan was made ": {"", "1<2026-03-01T09;2", 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			table := leasetest.NewTable()
			store := &leasetest.Store{Table: table}
			row := lease.Lease{Key: "s", Checkpoint: lease.After("50", 2), Plan: 1, Map: c.row, TipPlan: 1, Tip: 99}
			table.Set(row)
			_, err := store.Begin(t.Context(), lease.Genesis{Position: lease.Position{Type: lease.TrimHorizon}})
			must(t, err)
			must(t, store.PutPositions(t.Context(), "id", map[string]lease.Position{"s": lease.After("20", 1)}))
			plan := &lease.Plan{Number: 2, ID: "id", Map: "1<2026-03-01T08;4", Published: c.published, Source: "the past"}
			must(t, lease.Apply(t.Context(), clock{}, store, time.Second, plan, &row))
			got := table.Leases()[0]
			if got.Tip != c.tip || got.Past() != "the past" {
				t.Errorf("%s: the past is %q, the tip %d; want %d", name, got.Past(), got.Tip, c.tip)
			}
			got.TipPlan = got.Plan
			if past := got.Past(); past != "" {
				t.Errorf("%s: at the tip it still has the past %q", name, past)
			}
			must(t, lease.Apply(t.Context(), clock{}, store, time.Second, &lease.Plan{Number: 3, ID: "other", Map: "1"}, &got))
			if now := table.Leases()[0]; now.Source != "" {
				t.Errorf("%s: the next plan leaves it the past %q", name, now.Source)
			}
		})
	}
}

// acked returns what a worker has acknowledged, -1 when it has no row.
func (c *cluster) acked(id string) int64 {
	for _, w := range c.table.Workers() {
		if w.ID == id {
			return w.Acked
		}
	}
	return -1
}

// TestHungConsumerKeepsThePlanBack: a consumer that does not end when a plan comes may still write. Its worker does not acknowledge before it has ended, not
// even when the lease has been given up without it.
func TestHungConsumerKeepsThePlanBack(t *testing.T) {
	for _, abandon := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c := newCluster(t, 2)
			var hung atomic.Pointer[lease.Term]
			a := c.start("a", lease.Config{})
			c.within(3*time.Second, "start", func() bool { return c.owned() == 2 })
			a.hang(hung.Store)
			c.end("shard-00") // the next term of a is that of the third shard
			c.stream.add("shard-02", "shard-00")
			c.within(time.Minute, "a shard hangs", func() bool { return hung.Load() != nil })
			a.hang(nil)
			c.rewind(1, nil)
			c.within(5*time.Second, "the others obey", func() bool { return c.owner("shard-01") != nil && c.owner("shard-01").Lease().Plan == 1 })
			if abandon {
				must(t, hung.Load().Abandon(t.Context(), context.DeadlineExceeded))
			}
			time.Sleep(20 * time.Second)
			if got := c.acked("a"); got != 0 {
				t.Errorf("abandoned %v: plan %d is acknowledged while a consumer of before hangs", abandon, got)
			}
			if hung.Load().Context().Err() == nil {
				t.Error("the term goes on")
			}
			_ = hung.Load().Close(t.Context(), "")
			c.within(5*time.Second, "the plan is acknowledged", func() bool { return c.acked("a") == 1 })
			c.stopAll()
		})
	}
}

// TestNoTermIsOlderThanAFence: whatever happens to a worker while a plan is made, it has ended the terms of before when the plan is fenced.
func TestNoTermIsOlderThanAFence(t *testing.T) {
	for name, harm := range map[string]func(c *cluster, n *node){
		"nothing": func(*cluster, *node) {},
		"its row is deleted while it is cut off": func(c *cluster, n *node) {
			n.store.Inject(func(context.Context, string) leasetest.Fault { return leasetest.Fail })
			c.table.DeleteWorker("a")
		},
		"it is cut off": func(_ *cluster, n *node) {
			n.store.Inject(func(context.Context, string) leasetest.Fault { return leasetest.Fail })
		},
		"its row is deleted": func(c *cluster, _ *node) { c.table.DeleteWorker("a") },
		"its heartbeats alone arrive": func(_ *cluster, n *node) {
			n.store.Inject(func(_ context.Context, op string) leasetest.Fault {
				if op == "heartbeat" {
					return leasetest.None
				}
				return leasetest.Fail
			})
		},
		"the answers to its heartbeats are lost": func(_ *cluster, n *node) {
			n.store.Inject(func(_ context.Context, op string) leasetest.Fault {
				if op == "heartbeat" {
					return leasetest.Lose
				}
				return leasetest.Fail
			})
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := newCluster(t, 4)
			a := c.start("a", lease.Config{})
			c.within(5*time.Second, "start", func() bool { return c.owned() == 4 })
			time.Sleep(10 * time.Second)
			harm(c, a)
			r := &rewinding{T: t, table: c.table, readers: &readers{}}
			o, _ := r.operator()
			must(t, o.Make(t.Context(), &lease.Plan{}, wanted("x"), nil))
			time.AfterFunc(30*time.Second, func() {
				a.store.Inject(func(context.Context, string) leasetest.Fault { return leasetest.None })
			})
			for began := time.Now(); c.table.Plan().State != lease.PlanFenced && time.Since(began) < time.Minute; {
				_, err := o.Step(t.Context())
				must(t, err)
				for _, key := range []string{"shard-00", "shard-01", "shard-02", "shard-03"} {
					if term := c.owner(key); c.table.Plan().State == lease.PlanFenced && term != nil && term.Lease().Plan < 1 {
						t.Errorf("%s: plan 1 is fenced and %s goes on under plan %d", name, key, term.Lease().Plan)
					}
				}
				time.Sleep(50 * time.Millisecond)
			}
			if c.table.Plan().State != lease.PlanFenced {
				t.Errorf("%s: no fence; rows of workers %+v", name, c.table.Workers())
			}
			c.within(time.Minute, "all is well", func() bool { return c.owned() == 4 })
			for _, l := range c.table.Leases() {
				if l.Plan != 1 {
					t.Errorf("%s: %+v", name, l)
				}
			}
			a.stop()
		})
	}
}

// TestWorkersApplyThePlanAlone: whoever has made it is gone. Rows that nobody wants, of shards that stay ended, get it as well.
func TestWorkersApplyThePlanAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 3)
		a, b := c.start("a", lease.Config{}), c.start("b", lease.Config{})
		c.within(5*time.Second, "start", func() bool { return c.owned() == 3 && c.counts()["a"] > 0 && c.counts()["b"] > 0 })
		c.end("shard-00")
		store, to := &leasetest.Store{Table: c.table}, lease.Plan{Number: 1, State: lease.PlanMade, ID: "x", Map: "m"}
		must(t, store.PutPositions(t.Context(), "x", map[string]lease.Position{"shard-00": {Type: lease.ShardEnd}, "shard-01": lease.After("5", 1)}))
		must(t, store.WritePlan(t.Context(), &lease.Plan{}, &to))
		c.within(10*time.Second, "the plan is everywhere", func() bool {
			for _, l := range c.table.Leases() {
				if l.Plan != 1 || l.Map != "m" {
					return false
				}
			}
			return c.owned() == 2 && c.acked("a") == 1 && c.acked("b") == 1
		})
		if l := c.table.Leases(); !l[0].Ended() || l[1].Checkpoint != lease.After("5", 1) || l[2].Checkpoint.Type != lease.TrimHorizon {
			t.Errorf("%+v", l)
		}
		a.stop()
		b.stop()
	})
}

// TestTermsOfAPlanAreNotLost: a planned reset ends terms as a loss does, and is told from one, also where a term meets its row first.
func TestTermsOfAPlanAreNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 2)
		c.start("a", lease.Config{})
		c.within(3*time.Second, "start", func() bool { return c.owned() == 2 })
		told, met := c.owner("shard-00"), c.owner("shard-01")
		c.rewind(1, nil)
		if err := met.Checkpoint(t.Context(), lease.After("7", 0)); !errors.Is(err, lease.ErrReplanned) {
			t.Errorf("the term that met its row: %v", err)
		}
		c.within(3*time.Second, "the other one is told", func() bool { return told.Context().Err() != nil })
		for _, term := range []*lease.Term{told, met} {
			if cause := context.Cause(term.Context()); !errors.Is(cause, lease.ErrReplanned) || !errors.Is(cause, lease.ErrLeaseLost) || lease.MayCommit(cause) {
				t.Errorf("%s: %v", term.Key(), cause)
			}
		}
		c.within(5*time.Second, "both are read again", func() bool { return c.under()[1] == 2 })
		lost := c.owner("shard-00")
		row := lost.Lease()
		row.Owner, row.Counter = "b", row.Counter+1
		c.table.Set(row)
		if err := lost.Checkpoint(t.Context(), lease.After("8", 0)); !errors.Is(err, lease.ErrLeaseLost) || errors.Is(err, lease.ErrReplanned) {
			t.Errorf("a term whose row another worker has: %v", err)
		}
		c.stopAll()
	})
}
