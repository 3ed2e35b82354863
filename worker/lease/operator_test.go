package lease_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/lease/leasetest"
)

// readers are what operators show maps to.
type readers struct {
	plan  int64
	nth   int64 // switch since that plan
	text  string
	times int
	fail  int // so many publications fail
}

func (r *readers) show(_ context.Context, p *lease.Plan) error {
	if r.fail > 0 {
		r.fail--
		return errors.New("no answer")
	}
	if p.By > r.plan || p.By == r.plan && p.Switched > r.nth {
		r.plan, r.nth, r.text = p.By, p.Switched, p.Published
		r.times++
	}
	return nil
}

// rewinding is a table with rows, and what is needed to make plans for them.
type rewinding struct {
	*testing.T
	table   *leasetest.Table
	readers *readers
}

func newRewinding(t *testing.T, rows ...lease.Lease) *rewinding {
	r := &rewinding{T: t, table: leasetest.NewTable(), readers: &readers{}}
	for _, l := range rows {
		r.table.Set(l)
	}
	return r
}

// operator returns an operator with a connection of its own.
func (r *rewinding) operator() (*lease.Operator, *leasetest.Store) {
	s := &leasetest.Store{Table: r.table}
	return lease.NewOperator(clock{}, s, failover, r.readers.show), s
}

// wanted is a plan that is to be made.
func wanted(id string) *lease.Plan { return &lease.Plan{ID: id, Map: "map of " + id, Hour: 7} }

// catchUp does what the owners of the shards do under a plan that is fenced.
func (r *rewinding) catchUp() {
	for _, l := range r.table.Leases() {
		if l.Plan == r.table.Plan().Number && !l.Ended() {
			l.TipPlan = l.Plan
			r.table.Set(l)
		}
	}
}

// finish steps until nothing is left to do.
func (r *rewinding) finish(ctx context.Context, o *lease.Operator) error {
	for range 100 {
		p, err := o.Step(ctx)
		if ctx.Err() != nil {
			return err
		}
		if p.Done() {
			return nil
		}
		if r.table.Plan().State == lease.PlanFenced {
			r.catchUp()
		}
		r.table.Settle()
		time.Sleep(failover / 10)
	}
	return errors.New("the plan does not come to its end")
}

// checkFinished checks that a plan with this id has been carried out, once.
func (r *rewinding) checkFinished(what, id string) {
	r.Helper()
	r.table.Settle()
	p := r.table.Plan()
	if p.ID != id || p.State != lease.PlanPublished || p.Published != "map of "+id || p.By != p.Number || r.readers.plan != p.Number || r.readers.text != p.Published {
		r.Errorf("%s: the plan row says %+v, readers see %q of plan %d", what, p, r.readers.text, r.readers.plan)
	}
	for _, l := range r.table.Leases() {
		if l.Plan != p.Number || l.Map != p.Map || l.Counter != 4 || l.Checkpoint != lease.After("of "+id+" "+l.Key, 3) {
			r.Errorf("%s: %+v under plan %d", what, l, p.Number)
		}
		if _, err := (&leasetest.Store{Table: r.table}).Position(r.Context(), id, l.Key); !errors.Is(err, lease.ErrAbsent) {
			r.Errorf("%s: the position of %s is left: %v", what, l.Key, err)
		}
	}
}

func two() []lease.Lease {
	at := lease.Position{Type: lease.TrimHorizon}
	return []lease.Lease{{Key: "a", Counter: 3, Checkpoint: at}, {Key: "b", Counter: 3, Checkpoint: at}}
}

func positionsOf(id string) map[string]lease.Position {
	return map[string]lease.Position{"a": lease.After("of "+id+" a", 3), "b": lease.After("of "+id+" b", 3)}
}

// TestEveryRequestOfAnOperatorFailsOnce lets one request after the other of a whole replay have no effect, lose its answer, or take effect late.
func TestEveryRequestOfAnOperatorFailsOnce(t *testing.T) {
	for _, fault := range []leasetest.Fault{leasetest.Fail, leasetest.Lose, leasetest.Late} {
		for nth, more := 0, true; more; nth++ {
			synctest.Test(t, func(t *testing.T) {
				r := newRewinding(t, two()...)
				o, store := r.operator()
				var made atomic.Int64
				var hit atomic.Value // the operation
				hit.Store("")
				store.Inject(func(_ context.Context, op string) leasetest.Fault {
					if made.Add(1) == int64(nth)+1 {
						hit.Store(op)
						return fault
					}
					return leasetest.None
				})
				met := func() string { return hit.Load().(string) }
				to := wanted("x")
				if err := o.Make(t.Context(), &lease.Plan{}, to, positionsOf("x")); err != nil {
					t.Fatalf("fault %d at request %d, %s: %v", fault, nth, met(), err)
				}
				if err := r.finish(t.Context(), o); err != nil {
					t.Fatalf("fault %d at request %d, %s: %v", fault, nth, met(), err)
				}
				r.checkFinished(fmt.Sprintf("fault %d at request %d, %s", fault, nth, met()), "x")
				more = met() != ""
			})
			if nth == 0 && !more || nth > 200 {
				t.Fatalf("%d requests", nth)
			}
		}
	}
}

// TestOperatorMayStopAnywhere ends an operator at each of its requests, before or after it has taken effect; the next one finishes what there is.
func TestOperatorMayStopAnywhere(t *testing.T) {
	for _, fault := range []leasetest.Fault{leasetest.Fail, leasetest.Lose} {
		for nth, more := 0, true; more; nth++ {
			synctest.Test(t, func(t *testing.T) {
				r := newRewinding(t, two()...)
				first, store := r.operator()
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				var made atomic.Int64
				store.Inject(func(context.Context, string) leasetest.Fault {
					if made.Add(1) > int64(nth) {
						time.AfterFunc(0, stop)
						return fault
					}
					return leasetest.None
				})
				what := fmt.Sprintf("fault %d at request %d", fault, nth)
				err := first.Make(ctx, &lease.Plan{}, wanted("x"), positionsOf("x"))
				if err == nil {
					err = r.finish(ctx, first)
				}
				if more = err != nil; !more {
					return
				}
				second, _ := r.operator()
				if r.table.Plan().Number == 0 {
					if err := second.Make(t.Context(), &lease.Plan{}, wanted("x"), positionsOf("x")); err != nil {
						t.Fatalf("%s: %v", what, err)
					}
				}
				if err := r.finish(t.Context(), second); err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				r.checkFinished(what, "x")
			})
			if nth > 200 {
				t.Fatal("it never comes to its end")
			}
		}
	}
}

// TestTwoOperatorsMakeOnePlan: of two that begin from the same row one gets its plan, and either may bring it to its end.
func TestTwoOperatorsMakeOnePlan(t *testing.T) {
	for delay := range 4 {
		synctest.Test(t, func(t *testing.T) {
			r := newRewinding(t, two()...)
			errs := make(chan error, 2)
			for i, id := range []string{"x", "y"} {
				o, store := r.operator()
				store.Inject(func(context.Context, string) leasetest.Fault {
					time.Sleep(time.Duration(1+delay*i) * time.Millisecond)
					return leasetest.None
				})
				go func() {
					err := o.Make(t.Context(), &lease.Plan{}, wanted(id), positionsOf(id))
					errs <- err
					if err := r.finish(t.Context(), o); err != nil {
						t.Error(err)
					}
				}()
			}
			a, b := <-errs, <-errs
			if (a == nil) == (b == nil) || !errors.Is(errors.Join(a, b), lease.ErrPlanChanged) {
				t.Errorf("the two end with %v and %v", a, b)
			}
			time.Sleep(time.Minute)
			r.checkFinished("two operators", r.table.Plan().ID)
			if r.readers.times != 1 {
				t.Errorf("readers were switched %d times", r.readers.times)
			}
		})
	}
}

// TestPlanTakesThePlaceOfOneThatIsNotPublished: it begins from the map that readers see, and what an operator of the first one still does changes nothing.
func TestPlanTakesThePlaceOfOneThatIsNotPublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRewinding(t, two()...)
		slow, _ := r.operator()
		first, second := wanted("x"), wanted("y")
		must(t, slow.Make(t.Context(), &lease.Plan{}, first, positionsOf("x")))
		o, _ := r.operator()
		must(t, o.Make(t.Context(), first, second, positionsOf("y")))
		if second.Number != 2 || second.Published != "" || second.By != 0 {
			t.Errorf("the second plan is %+v", second)
		}
		if err := slow.Make(t.Context(), first, wanted("z"), nil); !errors.Is(err, lease.ErrPlanChanged) {
			t.Errorf("a third plan in the place of the first: %v", err)
		}
		must(t, r.finish(t.Context(), slow)) // it is the second one that it brings to its end
		r.checkFinished("in the place of another", "y")
		third := wanted("w")
		third.Map = "map of w"
		base := r.table.Plan()
		must(t, o.Make(t.Context(), &base, third, nil))
		if third.Published != "map of y" || third.By != 2 || third.Number != 3 {
			t.Errorf("the plan after it is %+v", third)
		}
	})
}

// TestNoPlanBeforeReadersSeeTheLast: an operator that cannot show readers the published map makes no other plan.
func TestNoPlanBeforeReadersSeeTheLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRewinding(t, two()...)
		o, store := r.operator()
		base := lease.Plan{Number: 4, State: lease.PlanPublished, ID: "x", Published: "map of x", By: 4}
		must(t, store.WritePlan(t.Context(), &lease.Plan{}, &base))
		r.readers.fail = 1
		if err := o.Make(t.Context(), &base, wanted("y"), nil); err == nil || r.table.Plan() != base {
			t.Fatalf("made: %v, %+v", err, r.table.Plan())
		}
		must(t, o.Make(t.Context(), &base, wanted("y"), nil))
		if r.readers.plan != 4 || r.table.Plan().Number != 5 {
			t.Errorf("readers see plan %d, the row has %d", r.readers.plan, r.table.Plan().Number)
		}
	})
}

// beating writes heartbeats of a worker every second until the function that is returned is called.
func (r *rewinding) beating(w lease.Worker) (change func(func(*lease.Worker)), stop func()) {
	store := &leasetest.Store{Table: r.table}
	must(r.T, store.Register(r.Context(), w))
	ctx, cancel := context.WithCancel(r.Context())
	edits := make(chan func(*lease.Worker))
	go func() {
		for {
			select {
			case edit := <-edits:
				edit(&w)
			case <-time.After(time.Second):
			case <-ctx.Done():
				return
			}
			w.Counter++
			_, _, _ = store.Heartbeat(ctx, w)
		}
	}()
	return func(edit func(*lease.Worker)) { edits <- edit }, cancel
}

// TestFenceWaitsForWorkers: a worker has to acknowledge the plan, or to have been still, or without row, for T.
func TestFenceWaitsForWorkers(t *testing.T) {
	for name, c := range map[string]struct {
		until   func(r *rewinding, change func(func(*lease.Worker)), stop func()) // after which the fence may come
		atLeast time.Duration
		atMost  time.Duration
	}{
		"it acknowledges": {func(_ *rewinding, change func(func(*lease.Worker)), _ func()) {
			change(func(w *lease.Worker) { w.Acked = 1 })
		}, 0, time.Second},
		"it dies":      {func(_ *rewinding, _ func(func(*lease.Worker)), stop func()) { stop() }, failover - time.Second, failover + 2*time.Second},
		"its row goes": {func(r *rewinding, _ func(func(*lease.Worker)), stop func()) { stop(); r.table.DeleteWorker("w") }, failover - time.Second, failover + 2*time.Second},
		"an older plan": {func(_ *rewinding, change func(func(*lease.Worker)), _ func()) {
			change(func(w *lease.Worker) { w.Acked = 0 })
		}, time.Hour, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRewinding(t, two()...)
			change, stop := r.beating(lease.Worker{ID: "w", Counter: 1})
			defer stop()
			o, _ := r.operator()
			must(t, o.Make(t.Context(), &lease.Plan{}, wanted("x"), positionsOf("x")))
			step := func() bool {
				p, err := o.Step(t.Context())
				must(t, err)
				time.Sleep(failover / 20)
				return p.Plan.State == lease.PlanFenced
			}
			for range 100 { // it lives, and does not obey
				if step() {
					t.Fatalf("%s: fenced before", name)
				}
			}
			c.until(r, change, stop)
			began, fenced := time.Now(), false
			for range 100 {
				if fenced = step(); fenced {
					break
				}
			}
			if took := time.Since(began); fenced && took < c.atLeast || !fenced && c.atMost > 0 || fenced && took > c.atMost {
				t.Errorf("%s: fenced %v, after %v; want %v to %v", name, fenced, took, c.atLeast, c.atMost)
			}
		})
	}
}

// TestFenceWaitsForWhoeverWasThereBefore: an operator that finds no worker cannot know whether one has lost its row a moment ago, and goes on until its trust ends.
func TestFenceWaitsForWhoeverWasThereBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRewinding(t, two()...)
		o, _ := r.operator()
		must(t, o.Make(t.Context(), &lease.Plan{}, wanted("x"), positionsOf("x")))
		began := time.Now()
		for r.table.Plan().State != lease.PlanFenced {
			_, err := o.Step(t.Context())
			must(t, err)
			time.Sleep(failover / 20)
		}
		if took := time.Since(began); took < failover || took > 2*failover {
			t.Errorf("fenced after %v, want %v", took, failover)
		}
	})
}

// TestFenceWaitsForRows: a row that cannot be written keeps the fence back.
func TestFenceWaitsForRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRewinding(t, two()...)
		o, store := r.operator()
		must(t, o.Make(t.Context(), &lease.Plan{}, wanted("x"), positionsOf("x")))
		store.Inject(func(_ context.Context, op string) leasetest.Fault {
			if op == "update" {
				return leasetest.Fail
			}
			return leasetest.None
		})
		for range 10 {
			ctx, cancel := context.WithTimeout(t.Context(), failover)
			p, _ := o.Step(ctx)
			cancel()
			if p.Plan.State != lease.PlanMade || len(p.Waiting) != 2 {
				t.Fatalf("progress %+v", p)
			}
			time.Sleep(failover / 4)
		}
	})
}

// fenced returns an operator with a plan that is fenced.
func (r *rewinding) fenced() *lease.Operator {
	o, _ := r.operator()
	must(r.T, o.Make(r.Context(), &lease.Plan{}, wanted("x"), positionsOf("x")))
	for r.table.Plan().State != lease.PlanFenced {
		_, err := o.Step(r.Context())
		must(r.T, err)
		time.Sleep(time.Second)
	}
	return o
}

// TestPublicationWaitsForEveryShard: each has ended, or has reached the tip under this plan, also one whose row comes after the fence under an older plan.
func TestPublicationWaitsForEveryShard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRewinding(t, two()...)
		o := r.fenced()
		edit := func(key string, change func(*lease.Lease)) {
			for _, l := range r.table.Leases() {
				if l.Key == key {
					change(&l)
					r.table.Set(l)
				}
			}
		}
		behind := func(want ...string) {
			t.Helper()
			p, err := o.Step(t.Context())
			must(t, err)
			if fmt.Sprint(p.Behind) != fmt.Sprint(want) || (p.Plan.State == lease.PlanPublished) != (len(want) == 0) || r.readers.times > 0 {
				t.Fatalf("%+v, readers were switched %d times; want %v behind", p, r.readers.times, want)
			}
		}
		behind("a", "b")
		edit("a", func(l *lease.Lease) { l.TipPlan = 1 })
		behind("b")
		edit("b", func(l *lease.Lease) { l.TipPlan = 0; l.Checkpoint = lease.Position{Type: lease.ShardEnd} })
		r.table.Set(lease.Lease{Key: "c", Checkpoint: lease.After("of x c", 9), Parents: []string{"b"}})
		behind("c")
		if l := r.table.Leases()[2]; l.Plan != 1 || l.Map != "map of x" || l.Checkpoint.Type != lease.TrimHorizon {
			t.Fatalf("the plan was not applied to the row that came late: %+v", l)
		}
		behind("c")
		edit("c", func(l *lease.Lease) { l.TipPlan = 1 })
		behind()
		must(t, r.finish(t.Context(), o))
		if r.readers.text != "map of x" || r.readers.times != 1 {
			t.Errorf("readers see %+v", r.readers)
		}
	})
}

// TestReadersAreSwitchedAfterTheRow: not before the plan row says so, and by the next operator if the first one cannot.
func TestReadersAreSwitchedAfterTheRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRewinding(t, two()...)
		o, store := r.operator()
		must(t, o.Make(t.Context(), &lease.Plan{}, wanted("x"), positionsOf("x")))
		ctx, stop := context.WithCancel(t.Context())
		store.Inject(func(_ context.Context, op string) leasetest.Fault {
			if op == "write plan" && r.table.Plan().State == lease.PlanFenced {
				stop()
				return leasetest.Fail
			}
			return leasetest.None
		})
		_ = r.finish(ctx, o)
		if r.table.Plan().State != lease.PlanFenced || r.readers.times != 0 {
			t.Fatalf("the row says %s, readers were switched %d times", r.table.Plan().State, r.readers.times)
		}
		next, _ := r.operator()
		r.readers.fail = 3
		for r.readers.times == 0 {
			p, _ := next.Step(t.Context())
			if p.Done() && r.readers.times == 0 {
				t.Fatalf("done without readers: %+v", p)
			}
			time.Sleep(failover / 10)
		}
		must(t, r.finish(t.Context(), next))
		r.checkFinished("the next operator", "x")
	})
}

// TestPlanThatChangesNoMapLeavesTheWayBack: after it, an undo still leads to what readers saw before the last change.
func TestPlanThatChangesNoMapLeavesTheWayBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRewinding(t, lease.Lease{Key: "s", Checkpoint: lease.After("7", 0)})
		o, _ := r.operator()
		var p lease.Plan
		for _, id := range []string{"x", "y", "resume"} {
			to := wanted(id)
			if id == "resume" {
				to.Map = p.Published
			}
			must(t, o.Make(t.Context(), &p, to, nil))
			must(t, r.finish(t.Context(), o))
			p = r.table.Plan()
		}
		if p.Number != 3 || p.State != lease.PlanPublished || p.Published != "map of y" || p.Previous != "map of x" || p.By != 2 || r.readers.text != "map of y" {
			t.Errorf("plan %+v, readers see %q", p, r.readers.text)
		}
	})
}

// TestSwitchWithoutAPlan: readers are switched as often as one likes, also before there was a plan; a plan goes on from there, and whoever was about to make one is told.
func TestSwitchWithoutAPlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRewinding(t, lease.Lease{Key: "s", Checkpoint: lease.After("7", 0)})
		o, _ := r.operator()
		none := r.table.Plan()
		first, err := o.Switch(t.Context(), &none, "one", "map one", "")
		must(t, err)
		if p := r.table.Plan(); !p.Same(&first) || p.Number != 0 || p.None() || r.readers.text != "map one" {
			t.Errorf("plan %+v, readers see %q", p, r.readers.text)
		}
		if err := o.Make(t.Context(), &none, wanted("late"), nil); !errors.Is(err, lease.ErrPlanChanged) {
			t.Errorf("a plan that was drawn up before: %v", err)
		}
		if l := r.table.Leases()[0]; l.Plan != 0 || l.Counter != 0 {
			t.Errorf("the row has become %+v", l)
		}
		must(t, o.Make(t.Context(), &first, wanted("plan"), nil))
		made := r.table.Plan()
		if made.Number != 1 || made.Published != "map one" {
			t.Errorf("made %+v", made)
		}
		if _, err := o.Switch(t.Context(), &made, "two", "map two", ""); !errors.Is(err, lease.ErrPlanUnderway) {
			t.Errorf("while a plan is on its way: %v", err)
		}
		must(t, r.finish(t.Context(), o))
		done := r.table.Plan()
		second, err := o.Switch(t.Context(), &done, "three", "map three", "map before")
		must(t, err)
		if p := r.table.Plan(); p.Number != 1 || p.State != lease.PlanPublished || p.Previous != "map before" || p.Switched != 1 || r.readers.text != "map three" {
			t.Errorf("plan %+v, readers see %q", p, r.readers.text)
		}
		other, _ := r.operator()
		if p, err := other.Step(t.Context()); err != nil || !p.Done() || !p.Plan.Same(&second) {
			t.Errorf("another operator finds %+v, %v", p, err)
		}
	})
}

// TestSwitchIsShownByOthers: whoever switched readers has died before they saw it. One who had shown them the map before does.
func TestSwitchIsShownByOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRewinding(t)
		o, store := r.operator()
		none := r.table.Plan()
		first, err := o.Switch(t.Context(), &none, "one", "map one", "")
		must(t, err)
		dead := lease.NewOperator(clock{}, store, failover, func(_ context.Context, p *lease.Plan) error {
			if p.Switched > 1 {
				return errors.New("dead")
			}
			return nil
		})
		if _, err := dead.Switch(t.Context(), &first, "two", "map two", ""); err == nil {
			t.Error("a publication that failed is no error")
		}
		if p, err := o.Step(t.Context()); err != nil || !p.Done() || r.readers.text != "map two" {
			t.Errorf("%+v, %v, readers see %q", p, err, r.readers.text)
		}
	})
}
