package replay_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/lease/leasetest"
	"github.com/streamrec/streamrec/worker/replay"
	"github.com/streamrec/streamrec/worker/replay/side"
)

var _ side.Registry = (*registry)(nil)

// hours are those of the replays of these tests: the one from one o'clock on.
var hours = side.Replay{Name: "what-if", From: hour12 + 1, To: hour12 + 2, Operator: "me"}

// sideDraft draws up a replay of that hour.
func (a *application) sideDraft(records map[string][]int) *side.Draft {
	a.Helper()
	rows, plan, err := a.store.Leases(a.Context())
	a.must(err)
	d, err := side.Prepare(a.Context(), a.source(), stream{records: records}, rows, plan, hours, nil)
	a.must(err)
	return d
}

// TestWhichHoursAreOver: a shard has a link of a later hour, or has ended, or the stream has nothing of the hour that is not in the log.
func TestWhichHoursAreOver(t *testing.T) {
	a := newApplication(t)
	for _, s := range []struct {
		id      string
		written []int
	}{{"goes-on", []int{0, 1, 3, 4, 6}}, {"idle", []int{0, 3}}, {"later-unread", []int{3, 4}}, {"lags", []int{3}}, {"gone", []int{3}}, {"never-begun", nil}, {"never-read", nil}} {
		at := oldest
		if n := len(s.written); n > 0 {
			a.write(layout, shard(s.id), s.written...)
			last := s.written[n-1]
			at = after(last, chain.HourOf(arrival(last)))
		}
		a.row(shard(s.id), at)
	}
	a.end(a.write(layout, shard("ended"), 0, 4))
	a.row(shard("ended"), ended)
	childless := a.write(layout, shard("child-unknown"), 4)
	_, err := childless.Finish(t.Context(), []chain.Child{{Shard: "nobody-knows"}})
	a.must(err)
	a.row(shard("child-unknown"), ended)

	d := a.sideDraft(map[string][]int{"idle": {0, 3}, "later-unread": {3, 4, 6}, "lags": {3, 4, 6}, "never-begun": {}, "never-read": {5}})
	want := map[string]int64{"goes-on": 2, "idle": 1, "later-unread": 2, "lags": -1, "gone": 1, "never-begun": 0, "never-read": -1, "ended": 1, "child-unknown": -1}
	if len(d.Shards) != len(want) {
		t.Fatalf("%d shards", len(d.Shards))
	}
	for i := range d.Shards {
		s := &d.Shards[i]
		switch n := want[s.Row.Key]; {
		case n < 0 != (s.Open != ""):
			t.Errorf("%s: open because of %q, want open %v", s.Row.Key, s.Open, n < 0)
		case n >= 0 && s.Records() != n:
			t.Errorf("%s: %d records, want %d", s.Row.Key, s.Records(), n)
		}
	}
}

// begun is an application with two shards and a replay of one of its hours that has been made.
func begun(t *testing.T) (*application, *registry, *side.Replay) {
	t.Helper()
	a, reg := newApplication(t), newRegistry()
	a.must(chain.Freeze(t.Context(), a.source().Env, a.bucket, layout, "clicks"))
	for _, id := range []string{"a", "b"} {
		a.write(layout, shard(id), 0, 1, 3, 4, 6)
		a.row(shard(id), after(6, hour12+2))
	}
	r, err := a.sideDraft(nil).Make(t.Context(), a.source(), reg, noon)
	a.must(err)
	return a, reg, &r
}

// TestMakeASideReplay makes the rows, under which workers begin where the hour does; again it is another one, unless it died before.
func TestMakeASideReplay(t *testing.T) {
	a, reg, r := begun(t)
	if r.Generation != 2 || r.State != side.Running || r.Source.String() != "1" || r.Map().String() != "1<2026-11-23T13;2" {
		t.Errorf("made %+v", r)
	}
	rows, plan, err := reg.Rows(r).Leases(t.Context())
	a.must(err)
	if len(rows) != 2 || rows[0].Checkpoint != after(1, hour12) || rows[0].Plan != plan.Number || rows[0].Past() != "1" || !plan.Fenced(rows[0].Plan) {
		t.Errorf("rows %+v under %+v", rows, plan)
	}
	if _, err := a.sideDraft(nil).Make(t.Context(), a.source(), reg, noon); !errors.Is(err, side.ErrExists) {
		t.Errorf("a second one of that name: %v", err)
	}
	if now := a.table.Plan(); !now.None() {
		t.Errorf("the plan of the application has become %+v", now)
	}
}

// TestMakeASideReplayAfterACrash stops the tool before each of its requests; the same command then brings it to its end, with the same generation.
func TestMakeASideReplayAfterACrash(t *testing.T) {
	for stop := 1; ; stop++ {
		a, reg := newApplication(t), newRegistry()
		a.must(chain.Freeze(t.Context(), a.source().Env, a.bucket, layout, "clicks"))
		a.write(layout, shard("a"), 0, 1, 3, 4, 6)
		a.row(shard("a"), after(6, hour12+2))
		asked, dead := 0, errors.New("the tool is dead")
		reg.before = func(string) error {
			if asked++; asked >= stop {
				return dead
			}
			return nil
		}
		_, err := a.sideDraft(nil).Make(t.Context(), a.source(), reg, noon)
		died := asked >= stop
		reg.before = nil
		if died != (err != nil) {
			t.Fatalf("stopped before request %d: %v", stop, err)
		}
		if !died {
			if stop < 6 {
				t.Fatalf("%d requests", stop-1)
			}
			return
		}
		r, err := a.sideDraft(nil).Make(t.Context(), a.source(), reg, noon)
		if err != nil || r.State != side.Running || r.Generation > 3 {
			t.Errorf("stopped before request %d, and then: %+v, %v", stop, r, err)
		}
		if rows, plan, err := reg.Rows(&r).Leases(t.Context()); err != nil || len(rows) != 1 || plan.Map != r.Map().String() {
			t.Errorf("stopped before request %d, and then: rows %+v under %+v, %v", stop, rows, plan, err)
		}
	}
}

// shown is the map that readers see.
func (a *application) shown() string {
	a.Helper()
	p, err := chain.ReadPublished(a.Context(), a.source().Env, a.bucket, layout)
	a.must(err)
	return p.Map.String()
}

// publish publishes, or withdraws.
func (a *application) publish(reg *registry, r *side.Replay, back bool) error {
	if back {
		_, err := side.Withdraw(a.Context(), a.source(), a.store, a.operator(), r, fmt.Sprint("id", a.table.Plan().Switched))
		return err
	}
	_, err := side.Publish(a.Context(), a.source(), a.store, a.operator(), reg, r, fmt.Sprint("id", a.table.Plan().Switched))
	return err
}

// TestPublishASideReplay switches readers there and back, and leaves the fleet alone. A live replay after it begins from what readers see.
func TestPublishASideReplay(t *testing.T) {
	a, reg, r := begun(t)
	if err := a.publish(reg, r, false); !errors.Is(err, side.ErrUnfinished) || a.shown() != "1" {
		t.Errorf("one that is not finished is published: %v, readers see %s", err, a.shown())
	}
	reg.finish("what-if")
	before := a.table.Leases()
	for range 2 { // again it does no harm
		a.must(a.publish(reg, r, false))
		if got := a.shown(); got != "1<2026-11-23T13;2<2026-11-23T14;1" {
			t.Errorf("readers see %s", got)
		}
	}
	if d := a.draft(replay.Request{From: hour12 + 2}); d.Named() != "1<2026-11-23T13;2<2026-11-23T14;new" || d.Base.Number != 0 {
		t.Errorf("the next replay leads to %s", d.Named())
	}
	if _, err := replay.Prepare(t.Context(), a.source(), before, a.table.Plan(), replay.Request{Undo: true}, nil); !errors.Is(err, replay.ErrNothingToUndo) {
		t.Errorf("reset --undo: %v", err)
	}
	for range 2 {
		a.must(a.publish(reg, r, true))
		if got := a.shown(); got != "1" {
			t.Errorf("withdrawn, readers see %s", got)
		}
	}
	if after := a.table.Leases(); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("lease rows have become %+v", after)
	}
}

// TestPublishASideReplayAfterALiveOne: a live replay that is on its way has to end first, and must not have replaced the hours. Its undo keeps the switch.
func TestPublishASideReplayAfterALiveOne(t *testing.T) {
	a, reg, r := begun(t)
	reg.finish("what-if")
	live, err := a.draft(replay.Request{From: hour12 + 2}).Make(t.Context(), a.source(), a.operator(), "live", noon)
	a.must(err)
	if err := a.publish(reg, r, false); !errors.Is(err, lease.ErrPlanUnderway) {
		t.Errorf("while a live replay is on its way: %v", err)
	}
	done := live
	done.State, done.Published, done.By, done.Previous = lease.PlanPublished, live.Map, live.Number, "1"
	a.plan(done)
	a.must(a.publish(reg, r, false))
	if got := a.shown(); got != "1<2026-11-23T13;2<2026-11-23T14;3" {
		t.Errorf("readers see %s", got)
	}
	if d := a.draft(replay.Request{Undo: true}); d.After.String() != "1<2026-11-23T13;2<2026-11-23T14;1" {
		t.Errorf("the undo of the live replay leads to %s", d.After)
	}
	next, err := a.draft(replay.Request{From: hour12}).Make(t.Context(), a.source(), a.operator(), "all", noon)
	a.must(err)
	done = next
	done.State, done.Published, done.By, done.Previous = lease.PlanPublished, next.Map, next.Number, next.Published
	done.Switched = 0
	a.plan(done)
	for _, back := range []bool{false, true} {
		if err := a.publish(reg, r, back); !errors.Is(err, side.ErrReplaced) {
			t.Errorf("when its hours have been replaced: %v", err)
		}
	}
}

// TestPublishAfterACrash: a tool that dies between the row and the map leaves readers what they saw, and any other one goes on.
func TestPublishAfterACrash(t *testing.T) {
	a, reg, r := begun(t)
	reg.finish("what-if")
	dead := lease.NewOperator(worker.System{}, a.store, time.Second, func(context.Context, *lease.Plan) error { return errors.New("the tool is dead") })
	if _, err := side.Publish(t.Context(), a.source(), a.store, dead, reg, r, "x"); err == nil || a.shown() != "1" {
		t.Fatalf("%v, readers see %s", err, a.shown())
	}
	p, err := a.operator().Step(t.Context())
	if a.must(err); !p.Done() || a.shown() != "1<2026-11-23T13;2<2026-11-23T14;1" {
		t.Errorf("after the next step of anybody %+v, readers see %s", p, a.shown())
	}
}

func (a *application) dropper(reg *registry) *side.Dropper {
	return &side.Dropper{
		Source: a.source(), Live: a.store, Registry: reg, Operator: a.operator(), Failover: time.Millisecond, ID: "drop",
		Remove: func(_ context.Context, key string) error { a.bucket.Delete(key); return nil },
	}
}

// TestDropASideReplay removes what it has written but for the number of its generation, and refuses as long as anybody needs it.
func TestDropASideReplay(t *testing.T) {
	a, reg, r := begun(t)
	reg.finish("what-if")
	side2 := layout.With(r.Map())
	a.write(side2, shard("a"), 3, 4)
	all := a.bucket.Keys("")
	a.must(a.publish(reg, r, false))
	if _, err := a.dropper(reg).Drop(t.Context(), r); !errors.Is(err, side.ErrInUse) || reg.replays["what-if"].State != side.Running {
		t.Errorf("what readers see is dropped: %v, it is %+v", err, reg.replays["what-if"])
	}
	a.must(a.publish(reg, r, true))
	removed, err := a.dropper(reg).Drop(t.Context(), r)
	if a.must(err); removed.Objects != 2 || removed.Bytes != 20 || len(reg.replays) > 0 || len(reg.tables) > 0 {
		t.Errorf("removed %+v, left %+v", removed, reg.replays)
	}
	left := a.bucket.Keys("")
	if want := slices.DeleteFunc(slices.Clone(all), func(k string) bool { return strings.Contains(k, "gen=2/dt") }); !slices.Equal(withoutMap(left), want) {
		t.Errorf("left %v, want %v", left, want)
	}
}

// TestDropOfAReplayThatHasChanged: a tool that has read the row before it was finished does not drop what is another thing by now; one that finds that somebody else
// drops it goes on.
func TestDropOfAReplayThatHasChanged(t *testing.T) {
	a, reg, r := begun(t)
	stale := *r
	stale.State = side.Preparing
	if _, err := a.dropper(reg).Drop(t.Context(), new(stale)); !errors.Is(err, lease.ErrConflict) || reg.replays["what-if"].State != side.Running {
		t.Errorf("%v, the row is %+v", err, reg.replays["what-if"])
	}
	a.must(reg.Move(t.Context(), r, side.Dropping))
	if _, err := a.dropper(reg).Drop(t.Context(), new(*r)); err != nil || len(reg.replays) > 0 {
		t.Errorf("%v, left %+v", err, reg.replays)
	}
}

func withoutMap(keys []string) []string {
	return slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return strings.Contains(k, "generations.json") })
}

// TestDropAgainstPublish: somebody publishes what another one drops, with all of the drop between any two requests of the one, and all of the publication between any two
// of the other. Readers never see what is gone.
func TestDropAgainstPublish(t *testing.T) {
	for _, inner := range []string{"drop", "publish"} {
		for at, interrupted := 1, true; interrupted; at++ {
			a, reg, r := begun(t)
			reg.finish("what-if")
			a.write(layout.With(r.Map()), shard("a"), 3, 4)
			asked := 0
			interrupted = false
			drop := func() error { _, err := a.dropper(reg).Drop(t.Context(), new(*r)); return err }
			publish := func() error { return a.publish(reg, new(*r), false) }
			first, second := publish, drop
			if inner == "publish" {
				first, second = drop, publish
			}
			interrupt := func() {
				if asked++; asked == at {
					interrupted = true
					_ = second()
				}
			}
			reg.before = func(string) error { interrupt(); return nil }
			a.store.Inject(func(context.Context, string) leasetest.Fault { interrupt(); return leasetest.None })
			err := first()
			gone := len(a.bucket.Keys("events/gen=2")) == 0
			if seen := strings.Contains(a.shown(), ";2<"); seen && gone {
				t.Errorf("%s before request %d: readers see a generation that is not there; %v", inner, at, err)
			}
			if !interrupted && at < 5 {
				t.Errorf("%s: %d requests", inner, at-1)
			}
		}
	}
}

// TestHoursAreOverByTheServicesClock: that of this machine may be wrong.
func TestHoursAreOverByTheServicesClock(t *testing.T) {
	a := newApplication(t)
	a.write(layout, shard("idle"), 3, 4)
	a.row(shard("idle"), after(4, hour12+1))
	rows, plan, err := a.store.Leases(t.Context())
	a.must(err)
	for at, open := range map[int]bool{5: true, 6: true, 7: false} {
		d, err := side.Prepare(t.Context(), a.source(), early{stream{records: map[string][]int{"idle": {3, 4}}}, arrival(at)}, rows, plan, hours, nil)
		if a.must(err); (d.Shards[0].Open != "") != open {
			t.Errorf("at %s: open because of %q", arrival(at), d.Shards[0].Open)
		}
	}
}

// early is a stream whose clock is behind that of this machine.
type early struct {
	stream
	now time.Time
}

// Time implements side.Origin.
func (e early) Time(context.Context) (time.Time, error) { return e.now, nil }

func TestNamesOfReplays(t *testing.T) {
	for name, ok := range map[string]bool{"a": true, "what-if-2": true, "": false, "-a": false, "A": false, "a/b": false, strings.Repeat("a", 41): false} {
		if err := side.CheckName(name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}
