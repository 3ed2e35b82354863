package replay_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/lease/leasetest"
	"github.com/streamrec/streamrec/worker/replay/side"
)

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
			if seen := strings.Contains(a.shown(), ";2/1<"); seen && gone {
				t.Errorf("%s before request %d: readers see a generation that is not there; %v", inner, at, err)
			}
			if !interrupted && at < 5 {
				t.Errorf("%s: %d requests", inner, at-1)
			}
		}
	}
}
