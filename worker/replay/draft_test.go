package replay_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/replay"
)

var (
	oldest = lease.Position{Type: lease.TrimHorizon}
	ended  = lease.Position{Type: lease.ShardEnd}
)

func after(i int, hour chain.Hour) lease.Position { return lease.After(seq(i), int64(hour)) }

// checkShard checks where a shard begins.
func checkShard(t *testing.T, d *replay.Draft, key string, want lease.Position, known bool, records int64) {
	t.Helper()
	for i := range d.Shards {
		if s := &d.Shards[i]; s.Row.Key == key {
			if s.Known != known || known && s.At != want || s.Records() != records {
				t.Errorf("%s begins at %v (known %v), %d records again; want %v (known %v), %d", key, s.At, s.Known, s.Records(), want, known, records)
			}
			return
		}
	}
	t.Errorf("nothing is drawn up for %s", key)
}

// TestWhereShardsBegin draws up a replay from one o'clock on.
func TestWhereShardsBegin(t *testing.T) {
	a := newApplication(t)
	a.row(shard("never-read"), oldest)
	a.write(layout, shard("straddles"), 0, 1, 2, 3, 4)
	a.row(shard("straddles"), after(3, hour12+1)) // which lags
	a.write(layout, shard("before"), 0, 1)
	a.row(shard("before"), after(1, hour12))
	a.write(layout, shard("after"), 4, 5)
	a.row(shard("after"), after(5, hour12+1))
	begun := a.write(layout, shard("begun-before"))
	_, err := begun.Begin(t.Context(), seq(1), arrival(1))
	a.must(err)
	a.row(shard("begun-before"), oldest)
	begun = a.write(layout, shard("begun-after"))
	_, err = begun.Begin(t.Context(), seq(4), arrival(4))
	a.must(err)
	a.row(shard("begun-after"), oldest)

	a.end(a.write(layout, shard("ended-before"), 0, 1))
	a.row(shard("ended-before"), ended)
	a.end(a.write(layout, shard("ended-after"), 1, 3))
	a.row(shard("ended-after"), ended)
	a.end(a.write(layout, shard("empty-before", "ended-before")))
	a.row(shard("empty-before", "ended-before"), ended)
	a.end(a.write(layout, shard("empty-after", "ended-after")))
	a.row(shard("empty-after", "ended-after"), ended)
	a.end(a.write(layout, shard("marked-alone"), 0, 2))
	a.row(shard("marked-alone"), after(2, hour12))
	a.row(chain.Shard{ID: "gone-before-there-was-a-log"}, ended)

	d := a.draft(replay.Request{From: hour12 + 1})
	checkShard(t, d, "never-read", lease.Position{}, false, 0)
	checkShard(t, d, "straddles", after(2, hour12), true, 2)
	checkShard(t, d, "before", after(1, hour12), true, 0)
	checkShard(t, d, "after", lease.Position{Type: lease.AtSequenceNumber, Value: seq(4)}, true, 2)
	checkShard(t, d, "begun-before", lease.Position{Type: lease.AtSequenceNumber, Value: seq(1)}, true, 0)
	checkShard(t, d, "begun-after", lease.Position{Type: lease.AtSequenceNumber, Value: seq(4)}, true, 0)
	checkShard(t, d, "ended-before", ended, true, 0)
	checkShard(t, d, "ended-after", after(1, hour12), true, 1)
	checkShard(t, d, "empty-before", ended, true, 0)
	checkShard(t, d, "empty-after", lease.Position{}, false, 0)
	checkShard(t, d, "marked-alone", after(2, hour12), true, 0)
	checkShard(t, d, "gone-before-there-was-a-log", ended, true, 0)
	if got := d.Named(); got != "1<2026-11-23T13;new" || d.Before.String() != "1" {
		t.Errorf("from %s to %s", d.Before, got)
	}
	if keys := a.bucket.Keys("events/_log/gen=2"); len(keys) > 0 {
		t.Errorf("a draft has written %v", keys)
	}
}

// replayed is an application of which one shard has been read again from one o'clock on, and published.
func replayed(t *testing.T) *application {
	a := newApplication(t)
	a.write(layout, shard("s"), 0, 1, 2, 3, 4)
	a.write(later, shard("s"), 3, 4, 5, 6)
	a.end(a.write(layout, shard("ended"), 2, 3))
	a.write(later, shard("ended"), 3) // read again, and its mark is still missing
	a.row(shard("s"), after(6, hour12+2))
	a.row(shard("ended"), ended)
	a.plan(lease.Plan{
		Number: 1, State: lease.PlanPublished, ID: "first", Map: later.Map().String(), Hour: int64(hour12 + 1), Published: later.Map().String(), By: 1, Previous: "1",
	})
	return a
}

// TestUndo goes back to the map of before, where that was left, and forth again.
func TestUndo(t *testing.T) {
	a := replayed(t)
	d := a.draft(replay.Request{Undo: true, From: hour12 + 9})
	if d.After.String() != "1" || d.Before.String() != later.Map().String() || d.From != hour12+1 {
		t.Errorf("undo leads from %s to %s, from %s on", d.Before, d.After, d.From)
	}
	checkShard(t, d, "s", after(4, hour12+1), true, 2)
	checkShard(t, d, "ended", ended, true, 0)

	made, err := d.Make(t.Context(), a.source(), a.operator(), "second", noon)
	a.must(err)
	if made.Map != "1" || made.Number != 2 || made.Published != later.Map().String() || made.Previous != "1" {
		t.Errorf("undo makes %+v", made)
	}
	if keys := a.bucket.Keys("events/_log/gen=3"); len(keys) > 0 {
		t.Errorf("undo has reserved %v", keys)
	}
	back := made // published
	back.State, back.Published, back.Previous, back.By = lease.PlanPublished, made.Map, made.Published, 2
	a.plan(back)
	d = a.draft(replay.Request{Undo: true})
	if d.After.String() != later.Map().String() || d.Before.String() != "1" || d.From != hour12+1 {
		t.Errorf("undo of undo leads from %s to %s, from %s on", d.Before, d.After, d.From)
	}
	checkShard(t, d, "s", after(6, hour12+2), true, 0)
	checkShard(t, d, "ended", after(3, hour12+1), true, 0) // the mark is generation 1's
}

// TestUndoOfAPlanThatIsNotPublished leaves readers what they see.
func TestUndoOfAPlanThatIsNotPublished(t *testing.T) {
	a := replayed(t)
	p := a.table.Plan()
	p.Number, p.State, p.Map, p.Hour = 2, lease.PlanFenced, "1<2026-11-23T12;3", int64(hour12)
	a.plan(p)
	d := a.draft(replay.Request{Undo: true})
	if d.After.String() != later.Map().String() || d.From != hour12 {
		t.Errorf("undo leads to %s, from %s on", d.After, d.From)
	}
	checkShard(t, d, "s", after(6, hour12+2), true, 0)
}

// TestUndoAfterAResume: plans that change no generations are passed over on the way back, and are not undone themselves.
func TestUndoAfterAResume(t *testing.T) {
	a := replayed(t)
	made, err := a.draft(replay.Request{Resume: true}).Make(t.Context(), a.source(), a.operator(), "resume", noon)
	a.must(err)
	a.nothingToUndo(made, "plan 2, which is not published yet, changes no generations")
	made.State = lease.PlanPublished
	a.plan(made)
	d := a.draft(replay.Request{Undo: true})
	if d.After.String() != "1" || d.From != hour12+1 || d.Undoes != 1 || made.Previous != "1" {
		t.Errorf("undo after %+v leads to %s, from %s on, and undoes plan %d", made, d.After, d.From, d.Undoes)
	}
	checkShard(t, d, "s", after(4, hour12+1), true, 2)
}

// nothingToUndo checks that an undo is refused.
func (a *application) nothingToUndo(plan lease.Plan, why string) {
	a.Helper()
	_, err := replay.Prepare(a.Context(), a.source(), nil, plan, replay.Request{Undo: true}, nil)
	if !errors.Is(err, replay.ErrNothingToUndo) || !strings.Contains(err.Error(), why) {
		a.Errorf("undo of %+v: %v, want %q", plan, err, why)
	}
}

func TestNothingToUndo(t *testing.T) {
	a := newApplication(t)
	a.nothingToUndo(lease.Plan{}, "no replay has been made")
	a.nothingToUndo(lease.Plan{Number: 3, State: lease.PlanPublished, Map: "1", Published: "1", By: 3, Previous: "1"}, "plan 3 changed no generations")
	a.nothingToUndo(lease.Plan{Number: 1, State: lease.PlanPublished, Map: "1", Published: "1", By: 1}, "plan 1 changed no generations")
}

// TestMakeReservesAGeneration: each plan has one of its own, also the one that loses, and that which takes the place of one that is not published.
func TestMakeReservesAGeneration(t *testing.T) {
	a := newApplication(t)
	a.must(chain.Freeze(t.Context(), a.source().Env, a.bucket, layout, "clicks"))
	a.write(layout, shard("s"), 0, 1, 2, 3)
	a.row(shard("s"), after(3, hour12+1))
	a.row(shard("never-read"), oldest)
	first, second := a.draft(replay.Request{From: hour12 + 1}), a.draft(replay.Request{From: hour12 + 1, Operator: "me", Reason: "a bad model"})
	made, err := first.Make(t.Context(), a.source(), a.operator(), "first", noon)
	a.must(err)
	if made.Map != "1<2026-11-23T13;2" || made.Number != 1 || made.Hour != int64(hour12+1) || made.At != noon.UnixMilli() {
		t.Errorf("made %+v", made)
	}
	if at, err := a.store.Position(t.Context(), "first", "s"); err != nil || at != after(2, hour12) {
		t.Errorf("position %v, %v", at, err)
	}
	if at, err := a.store.Position(t.Context(), "first", "never-read"); !errors.Is(err, lease.ErrAbsent) {
		t.Errorf("position of a shard that nobody has read: %v, %v", at, err)
	}
	if _, err := second.Make(t.Context(), a.source(), a.operator(), "second", noon); !errors.Is(err, lease.ErrPlanChanged) {
		t.Errorf("a plan in the place of one that is not there any more: %v", err)
	}
	third, err := a.draft(replay.Request{From: hour12, Operator: "me", Reason: "a bad model"}).Make(t.Context(), a.source(), a.operator(), "third", noon)
	a.must(err)
	if third.Map != "1<2026-11-23T12;4" || third.Number != 2 || third.Operator != "me" || third.Reason != "a bad model" {
		t.Errorf("the plan in the place of the first is %+v", third)
	}
}
