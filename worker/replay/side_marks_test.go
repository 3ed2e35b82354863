package replay_test

import (
	"testing"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/replay"
	"github.com/streamrec/streamrec/worker/replay/side"
	"github.com/streamrec/streamrec/worker/shardlog"
)

// ending is a side replay of an hour in which two shards are that may end at any time: one that is idle since then, and one that has never had a record, whose parent
// ended in that hour.
type ending struct {
	*application
	reg   *registry
	r     side.Replay
	under chain.Layout // that of the fleet
}

// steps are what happens to them.
var steps = []struct {
	name string
	do   func(*ending)
}{
	{"made", (*ending).make},
	{"published", func(e *ending) { e.reg.finish("what-if"); e.must(e.publish(e.reg, &e.r, false)) }},
	{"behind a live replay", (*ending).live},
	{"withdrawn", func(e *ending) { e.must(e.publish(e.reg, &e.r, true)) }},
}

func newEnding(t *testing.T) *ending {
	e := &ending{application: newApplication(t), reg: newRegistry(), under: layout}
	e.must(chain.Freeze(t.Context(), e.source().Env, e.bucket, layout, "clicks"))
	e.end(e.write(layout, shard("parent"), 0, 4))
	e.row(shard("parent"), ended)
	e.write(layout, shard("idle"), 3)
	e.row(shard("idle"), after(3, hour12+1))
	e.row(shard("empty", "parent"), oldest)
	return e
}

// make makes the replay, and does what its workers do when the shards have not ended.
func (e *ending) make() {
	rows, plan, err := e.store.Leases(e.Context())
	e.must(err)
	d, err := side.Prepare(e.Context(), e.source(), stream{records: map[string][]int{"idle": {3}, "empty": {}}}, rows, plan, hours, nil)
	e.must(err)
	e.r, err = d.Make(e.Context(), e.source(), e.reg, noon)
	e.must(err)
	e.end(e.write(layout.With(e.r.Map()), shard("parent"), 4))
	e.write(layout.With(e.r.Map()), shard("idle"), 3)
}

// live makes a live replay of the hour after, and brings it to its end.
func (e *ending) live() {
	plan, err := e.draft(replay.Request{From: hour12 + 2}).Make(e.Context(), e.source(), e.operator(), "live", noon)
	e.must(err)
	plan.State, plan.Published, plan.By, plan.Switched, plan.Previous = lease.PlanPublished, plan.Map, plan.Number, 0, plan.Published
	e.plan(plan)
	_, err = e.operator().Step(e.Context())
	e.must(err)
	e.under, err = shardlog.LayoutOf(layout, plan.Map)
	e.must(err)
}

// close ends the shards, under the map of the fleet.
func (e *ending) close() {
	for _, s := range []chain.Shard{shard("idle"), shard("empty", "parent")} {
		e.end(e.write(e.under, s))
		e.row(s, ended)
	}
}

// requireEnds fails when readers, or who plans the next replay, do not see that the shards have ended.
func (e *ending) requireEnds(closed, now string) {
	e.Helper()
	p, err := chain.ReadPublished(e.Context(), e.source().Env, e.bucket, layout)
	e.must(err)
	seen := layout.With(p.Map)
	for _, id := range []string{"parent", "idle", "empty"} {
		start, err := chain.ReadStart(e.Context(), e.source().Env, e.bucket, seen, id)
		e.must(err)
		end, err := chain.ReadEnd(e.Context(), e.source().Env, e.bucket, seen, id)
		if e.must(err); start == nil || end == nil {
			e.Errorf("%s, which has ended %s, under %s, %s: start mark %v, end mark %v", id, closed, p.Map, now, start, end)
		}
	}
	for _, s := range e.draft(replay.Request{From: hour12 + 3}).Shards {
		if s.At.Type != lease.ShardEnd {
			e.Errorf("%s, which has ended %s, would begin again at %s, %s", s.Row.Key, closed, s.At, now)
		}
	}
}

// TestShardEndsInTheHoursOfASideReplay: its marks count whatever readers are shown there, whether the side replay has met them or not.
func TestShardEndsInTheHoursOfASideReplay(t *testing.T) {
	for at := range len(steps) + 1 {
		e, closed := newEnding(t), "before all"
		for i, step := range steps {
			if i == at {
				e.close()
			}
			if step.do(e); i >= at {
				e.requireEnds(closed, step.name)
			} else {
				closed = step.name
			}
		}
		if at == len(steps) {
			e.close()
			e.requireEnds(closed, "then")
		}
	}
}

// TestMarksOfASideReplayThatIsShownWithThem reads a map as it was written before maps said where marks are: there they lie in the generation that is shown.
func TestMarksOfASideReplayThatIsShownWithThem(t *testing.T) {
	e := newEnding(t)
	e.close()
	e.make()
	e.end(e.write(layout.With(e.r.Map()), shard("idle")))
	old := chain.Map{{Generation: 1}, {From: hour12 + 1, Generation: 2}, {From: hour12 + 2, Generation: 1}}
	for _, id := range []string{"parent", "idle"} {
		e.bucket.Delete(layout.EndKey(id))
		end, err := chain.ReadEnd(t.Context(), e.source().Env, e.bucket, layout.With(old), id)
		if e.must(err); end == nil {
			t.Errorf("%s has no end mark under %s", id, old)
		}
	}
	if back := e.r.Switched(old, true); back.String() != "1" {
		t.Errorf("withdrawn, readers see %s", back)
	}
}
