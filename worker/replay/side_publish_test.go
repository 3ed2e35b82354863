package replay_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/replay"
	"github.com/streamrec/streamrec/worker/replay/side"
)

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
		if got := a.shown(); got != "1<2026-11-23T13;2/1<2026-11-23T14;1" {
			t.Errorf("readers see %s", got)
		}
	}
	if d := a.draft(replay.Request{From: hour12 + 2}); d.Named() != "1<2026-11-23T13;2/1<2026-11-23T14;new" || d.Base.Number != 0 {
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
	if got := a.shown(); got != "1<2026-11-23T13;2/1<2026-11-23T14;3" {
		t.Errorf("readers see %s", got)
	}
	if d := a.draft(replay.Request{Undo: true}); d.After.String() != "1<2026-11-23T13;2/1<2026-11-23T14;1" {
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
	if a.must(err); !p.Done() || a.shown() != "1<2026-11-23T13;2/1<2026-11-23T14;1" {
		t.Errorf("after the next step of anybody %+v, readers see %s", p, a.shown())
	}
}
