package replay_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/replay/side"
)

var _ side.Registry = (*registry)(nil)

// hours are those of the replays of these tests: the one from one o'clock on.
var hours = side.Replay{Name: "what-if", From: hour12 + 1, To: hour12 + 2, Operator: "me"}

// sideDraft draws up a replay of that hour.
func (a *application) sideDraft(records map[string][]int, closed ...string) *side.Draft {
	a.Helper()
	rows, plan, err := a.store.Leases(a.Context())
	a.must(err)
	d, err := side.Prepare(a.Context(), a.source(), stream{records: records, closed: closed}, rows, plan, hours, nil)
	a.must(err)
	return d
}

// TestWhichHoursAreOver: a shard has a link of a later hour, or has ended, or goes on and the stream has nothing of the hour that is not in the log.
func TestWhichHoursAreOver(t *testing.T) {
	a := newApplication(t)
	for _, s := range []struct {
		id      string
		written []int
	}{{"goes-on", []int{0, 1, 3, 4, 6}}, {"idle", []int{0, 3}}, {"later-unread", []int{3, 4}}, {"lags", []int{3}}, {"gone", []int{3}}, {"closed", []int{3}}, {"never-begun", nil}, {"never-read", nil}} {
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

	d := a.sideDraft(map[string][]int{"idle": {0, 3}, "later-unread": {3, 4, 6}, "lags": {3, 4, 6}, "closed": {3}, "never-begun": {}, "never-read": {5}}, "closed")
	want := map[string]int64{"goes-on": 2, "idle": 1, "later-unread": 2, "lags": -1, "gone": -1, "closed": -1, "never-begun": 0, "never-read": -1, "ended": 1, "child-unknown": -1}
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
