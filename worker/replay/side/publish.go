package side

import (
	"context"
	"errors"
	"fmt"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/replay"
	"github.com/streamrec/streamrec/worker/shardlog"
)

// Sentinels of Publish, Withdraw and Drop.
var (
	// ErrUnfinished says that shards have still to be written.
	ErrUnfinished = errors.New("the replay is not finished")
	// ErrReplaced says that readers see another generation in these hours than the one that the replay stands for, or was read from.
	ErrReplaced = errors.New("the hours have been replaced by another generation since")
	// ErrInUse says that readers see the replay, or the fleet goes on from what it wrote.
	ErrInUse = errors.New("the replay is in use")
)

// Seen is which of the two generations of its hours readers see.
type Seen int

// What readers see.
const (
	Other  Seen = iota // something else, in some hour at least
	Before             // what the replay was read from
	After              // what it has written
)

// String returns the name for people.
func (s Seen) String() string { return [...]string{"other", "before", "after"}[s] }

// SeenIn returns what readers of a map see in the hours of a replay.
func (r *Replay) SeenIn(m chain.Map) Seen {
	before, after := true, true
	for h := r.From; h < r.To; h++ {
		g := m.At(h)
		before, after = before && g == r.Source.At(h), after && g == r.Generation
	}
	switch {
	case after:
		return After
	case before:
		return Before
	}
	return Other
}

// Switched returns the map with the hours of the replay given to its generation, or, back, to those from which it was read. Hours in which it has others stay, and
// so do all marks: workers, whom nobody tells, go on putting them where they did.
func (r *Replay) Switched(m chain.Map, back bool) chain.Map {
	for h := r.From; h < r.To; h++ {
		from := r.Source.SpanAt(h)
		to := from.Beside(r.Generation)
		if back {
			from, to = to, from
		}
		if m.At(h) == from.Generation {
			m = m.Put(to, h+1)
		}
	}
	return m
}

// Publish lets readers see what a replay that is finished has written, in its hours, instead of what it was read from: one conditional write of the plan row
// of the application, and then of the map. It is no error when they do already. id is random. ErrUnfinished, ErrReplaced; lease.ErrPlanUnderway: a live replay is on
// its way; lease.ErrPlanChanged: somebody else has published something meanwhile.
func Publish(ctx context.Context, s replay.Source, live lease.Store, o *lease.Operator, reg Registry, r *Replay, id string) (chain.Map, error) {
	_, plan, err := live.Leases(ctx) // before the row of the replay: see Drop
	if err != nil {
		return nil, fmt.Errorf("publish replay %s: read plan: %w", r.Name, err)
	}
	if err := finished(ctx, reg, r); err != nil {
		return nil, fmt.Errorf("publish replay %s: %w", r.Name, err)
	}
	m, err := change(ctx, s, &plan, o, r, id, false)
	if err != nil {
		return nil, fmt.Errorf("publish replay %s: %w", r.Name, err)
	}
	return m, nil
}

// finished refuses when the replay is not done, or not there any more.
func finished(ctx context.Context, reg Registry, r *Replay) error {
	now, err := reg.Replay(ctx, r.Name)
	if err != nil {
		return err
	}
	if now.Generation != r.Generation || now.State != Running {
		return fmt.Errorf("%w: it is %s", ErrUnfinished, now.State)
	}
	p, err := Look(ctx, reg, r)
	if err == nil && !p.Done() {
		err = fmt.Errorf("%w: %d of %d shards are", ErrUnfinished, p.Ended, p.Shards)
	}
	return err
}

// Withdraw lets readers see again what they saw before Publish. It is no error when they do already.
func Withdraw(ctx context.Context, s replay.Source, live lease.Store, o *lease.Operator, r *Replay, id string) (chain.Map, error) {
	_, plan, err := live.Leases(ctx)
	if err != nil {
		return nil, fmt.Errorf("withdraw replay %s: read plan: %w", r.Name, err)
	}
	m, err := change(ctx, s, &plan, o, r, id, true)
	if err != nil {
		return nil, fmt.Errorf("withdraw replay %s: %w", r.Name, err)
	}
	return m, nil
}

// change switches readers from what they should see to the other.
func change(ctx context.Context, s replay.Source, plan *lease.Plan, o *lease.Operator, r *Replay, id string, back bool) (chain.Map, error) {
	now, before, err := maps(s, plan)
	if err != nil {
		return nil, err
	}
	want, is := After, r.SeenIn(now)
	if back {
		want = Before
	}
	switch {
	case is == Other:
		return now, fmt.Errorf("%w: readers see %s", ErrReplaced, now)
	case is == want && plan.None():
		return now, nil
	case is == want: // a tool that died may have left the map behind the row
		return now, replay.Publish(s.Env, s.Bucket.(chain.Swapper), s.Layout)(ctx, plan)
	}
	to := r.Switched(now, back)
	if _, err := o.Switch(ctx, plan, id, to.String(), r.Switched(before, back).String()); err != nil {
		return now, err
	}
	return to, nil
}

// maps returns what readers see, and what an undo of the last plan would let them see.
func maps(s replay.Source, plan *lease.Plan) (now, before chain.Map, err error) {
	a, err := shardlog.LayoutOf(s.Layout, plan.Published)
	b, err2 := shardlog.LayoutOf(s.Layout, plan.Previous)
	return a.Map(), b.Map(), errors.Join(err, err2)
}

// Shown returns the map that readers see.
func Shown(s replay.Source, plan *lease.Plan) (chain.Map, error) {
	now, _, err := maps(s, plan)
	return now, err
}
