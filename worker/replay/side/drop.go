package side

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/replay"
	"github.com/streamrec/streamrec/worker/shardlog"
)

// Removed is what Drop has removed.
type Removed struct {
	Objects int
	Bytes   int64
}

// Dropper removes replays.
type Dropper struct {
	Source   replay.Source
	Live     lease.Store // of the application
	Registry Registry
	Operator *lease.Operator
	Failover time.Duration                               // T of the workers of the replay
	Remove   func(ctx context.Context, key string) error // deletes an object
	ID       string                                      // random
}

// Drop removes a replay that is of no use to anybody: its workers stop, then its objects and rows go, its own row last. The generation is never used again.
// Called again it goes on where it was interrupted. ErrInUse: it is needed.
func (d *Dropper) Drop(ctx context.Context, r *Replay) (Removed, error) {
	err := d.fence(ctx, r)
	var out Removed
	if err == nil {
		err = stopped(ctx, d.Source.Env, d.Registry.Rows(r), d.Failover)
	}
	if err == nil {
		out, err = d.sweep(ctx, r)
	}
	if err == nil {
		err = d.Registry.Clear(ctx, r)
	}
	if err == nil {
		err = d.Registry.Remove(ctx, r)
	}
	if err != nil {
		return out, fmt.Errorf("drop replay %s: %w", r.Name, err)
	}
	return out, nil
}

// fence makes sure that nobody can publish the replay any more. Who publishes reads the plan row, then that of the replay, and then writes the former if it has not
// changed: it is changed here once the latter says that the replay is dropped.
func (d *Dropper) fence(ctx context.Context, r *Replay) error {
	if err := d.Unused(ctx, r); err != nil {
		return err
	}
	was := *r
	err := d.mark(ctx, r)
	if err == nil {
		err = d.touch(ctx)
	}
	if err == nil {
		err = d.Unused(ctx, r)
	}
	if errors.Is(err, ErrInUse) && was.State != Dropping {
		if back := d.Registry.Move(ctx, r, was.State); back != nil {
			return errors.Join(err, back)
		}
		r.State = was.State
	}
	return err
}

// mark makes the row say that the replay is being dropped. Somebody else may have done so.
func (d *Dropper) mark(ctx context.Context, r *Replay) error {
	if r.State == Dropping {
		return nil
	}
	err := d.Registry.Move(ctx, r, Dropping)
	if errors.Is(err, lease.ErrConflict) {
		now, readErr := d.Registry.Replay(ctx, r.Name)
		if readErr != nil {
			return readErr
		}
		if now.Generation == r.Generation && now.State == Dropping {
			err = nil
		}
	}
	if err == nil {
		r.State = Dropping
	}
	return err
}

// touch changes the plan row without changing what it says. While a live replay is on its way nobody publishes, and its next step changes the row.
func (d *Dropper) touch(ctx context.Context) error {
	for {
		_, plan, err := d.Live.Leases(ctx)
		if err != nil {
			return fmt.Errorf("read plan: %w", err)
		}
		now, before, err := maps(d.Source, &plan)
		if err != nil {
			return err
		}
		_, err = d.Operator.Switch(ctx, &plan, d.ID, now.String(), before.String())
		if errors.Is(err, lease.ErrPlanUnderway) {
			return nil
		}
		if !errors.Is(err, lease.ErrPlanChanged) {
			return err
		}
	}
}

// Unused refuses when readers see the generation or marks of it, an undo would let them, or the fleet writes behind it.
func (d *Dropper) Unused(ctx context.Context, r *Replay) error {
	s := d.Source
	rows, plan, err := d.Live.Leases(ctx)
	if err != nil {
		return fmt.Errorf("read plan: %w", err)
	}
	published, err := chain.ReadPublished(ctx, s.Env, s.Bucket, s.Layout)
	if err != nil {
		return err
	}
	uses := []struct{ generations, why string }{
		{published.Map.String(), "readers see it"},
		{plan.Published, "readers are about to see it"},
		{plan.Previous, "the last replay of the fleet can be undone to it"},
		{plan.Map, "the last replay of the fleet begins from it"},
	}
	for i := range rows {
		uses = append(uses, struct{ generations, why string }{rows[i].Map, "the fleet writes behind it"}, struct{ generations, why string }{rows[i].Source, "the fleet reads it back"})
	}
	for _, use := range uses {
		l, err := shardlog.LayoutOf(s.Layout, use.generations)
		if err != nil {
			return err
		}
		if slices.Contains(slices.Concat(l.Generations(), l.Marks().Generations()), r.Generation) {
			return fmt.Errorf("%w: %s", ErrInUse, use.why)
		}
	}
	return nil
}

// stopped returns when no worker of the replay is alive: each has left, or has not been heard of for so long that it has stopped by itself.
func stopped(ctx context.Context, env chain.Env, store lease.Store, failover time.Duration) error {
	seen := lease.NewObserver(failover)
	for {
		began := env.Now()
		workers, err := store.Workers(ctx)
		if err != nil {
			return fmt.Errorf("read workers: %w", err)
		}
		seen.See(workers, began, env.Now())
		if !slices.ContainsFunc(workers, func(w lease.Worker) bool { return !seen.Dead(w.ID) }) {
			return nil
		}
		if err := env.Sleep(ctx, failover/10); err != nil {
			return err
		}
	}
}

// sweep removes the objects of the generation but for the configuration that reserves its number.
func (d *Dropper) sweep(ctx context.Context, r *Replay) (out Removed, err error) {
	s := d.Source
	l := s.Layout.In(r.Generation)
	var found []chain.Object
	for _, prefix := range []string{l.DataPrefix(), l.MarksPrefix(), l.StatesPrefix()} {
		for o, err := range s.Bucket.List(ctx, prefix) {
			if err != nil {
				return out, fmt.Errorf("list %s: %w", prefix, err)
			}
			if o.Key != l.ConfigKey() {
				found = append(found, o)
			}
		}
	}
	err = chain.Each(s.Env, len(found), removedAtATime, func(i int) error { return d.Remove(ctx, found[i].Key) })
	if err != nil {
		return out, err
	}
	for _, o := range found {
		out.Objects, out.Bytes = out.Objects+1, out.Bytes+o.Size
	}
	return out, nil
}

const removedAtATime = 8
