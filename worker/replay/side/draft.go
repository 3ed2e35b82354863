package side

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/replay"
)

// Draft is what a side replay would do. It changes nothing.
type Draft struct {
	Wanted Replay // without generation
	Shards []Shard
}

// Shard is what it would do with one shard.
type Shard struct {
	replay.ShardDraft
	Until chain.End // where the chain ends before the hour at which the replay does
	Open  string    // why something may still be written there, empty: nothing will
}

// Records is how many records would be read, and Rows how many rows written.
func (s *Shard) Records() int64 { return max(s.Until.Records-s.Then.Records, 0) }

// Rows is how many rows would be written.
func (s *Shard) Rows() int64 { return max(s.Until.Rows-s.Then.Rows, 0) }

// Origin is the stream that the log was made of.
type Origin interface {
	worker.Stream
	// Time returns the time of day by the clock that stamps the arrival of records.
	Time(ctx context.Context) (time.Time, error)
}

// closing is how long after an hour's end its records have certainly arrived: the clocks of the services differ by less.
const closing = time.Minute

// Prepare draws up a side replay of the hours of wanted. It reads the log of every shard, and the stream where the log does not tell whether an hour is over.
// progress, if not nil, is told of each shard. lease.ErrPlanUnderway: what readers see is about to change.
func Prepare(ctx context.Context, s replay.Source, stream Origin, rows []lease.Lease, plan lease.Plan, wanted Replay, progress func(done, of int)) (*Draft, error) {
	now, err := stream.Time(ctx) // before anything is read
	if err != nil {
		return nil, fmt.Errorf("draw up side replay: %w", err)
	}
	if !plan.None() && plan.State != lease.PlanPublished {
		return nil, fmt.Errorf("draw up side replay: %w: number %d", lease.ErrPlanUnderway, plan.Number)
	}
	d, err := replay.Prepare(ctx, s, rows, plan, replay.Request{From: wanted.From, FromLog: true}, progress)
	if err != nil {
		return nil, err
	}
	wanted.Source = d.Before
	out := &Draft{Wanted: wanted, Shards: make([]Shard, len(d.Shards))}
	err = chain.Each(s.Env, len(d.Shards), shardsAtATime, func(i int) error {
		out.Shards[i].ShardDraft = d.Shards[i]
		return out.Shards[i].find(ctx, s, stream, now, rows, &wanted)
	})
	if err != nil {
		return nil, fmt.Errorf("draw up side replay: %w", err)
	}
	return out, nil
}

// shardsAtATime is how many shards are looked at concurrently.
const shardsAtATime = 16

// nowhere stands for a generation in which nothing lies.
const nowhere = 1<<30 + 1

// find finds how far the shard would be read, and whether that is final.
func (d *Shard) find(ctx context.Context, s replay.Source, stream worker.Stream, now time.Time, rows []lease.Lease, wanted *Replay) error {
	shard := chain.Shard{ID: d.Row.Key, Parents: d.Row.Parents, StartingHashKey: d.Row.StartingHashKey, EndingHashKey: d.Row.EndingHashKey}
	before := s.Layout.With(wanted.Source)
	w, err := chain.Find(ctx, s.Env, s.Bucket, before.With(wanted.Source.Replace(wanted.To, 0, nowhere)), shard)
	if err != nil {
		return err
	}
	d.Until = w.End()
	if now.Before(wanted.To.Time().Add(closing)) {
		d.Open = "the hour is not over"
		return nil
	}
	d.Open, err = d.open(ctx, s, stream, rows, before, wanted.To)
	return err
}

// open says why a link of an hour before to may still come, empty when none can.
func (d *Shard) open(ctx context.Context, s replay.Source, stream worker.Stream, rows []lease.Lease, before chain.Layout, to chain.Hour) (string, error) {
	if d.Began != nil && d.Now.Hour >= to {
		return "", nil
	}
	end, err := chain.ReadEnd(ctx, s.Env, s.Bucket, before, d.Row.Key)
	if err != nil {
		return "", err
	}
	if end != nil {
		return unknown(end.Children, rows), nil
	}
	if d.Row.Ended() {
		return "", nil // before the log began
	}
	at := d.Row.Checkpoint
	if d.Now.Last != "" {
		at = lease.After(d.Now.Last, int64(d.Now.Hour))
	}
	r, over, err := replay.FirstAt(ctx, s.Env, stream, d.Row.Key, at)
	switch {
	case err != nil:
		return "", fmt.Errorf("look for what comes next in %s: %w", d.Row.Key, err)
	case r != nil && chain.HourOf(r.Arrival) < to:
		return "a record that arrived at " + r.Arrival.UTC().Format(time.RFC3339) + " is not in the log yet", nil
	case over: // its children may have records of the hour, and no rows yet
		return "its end is not in the log yet", nil
	}
	return "", nil
}

// unknown names a child that has no row yet.
func unknown(children []chain.Child, rows []lease.Lease) string {
	for _, c := range children {
		if !slices.ContainsFunc(rows, func(l lease.Lease) bool { return l.Key == c.Shard }) {
			return "its child " + c.Shard + " has no row yet"
		}
	}
	return ""
}

// Make reserves the generation, and makes the rows of the replay. One of this name that was being made for the same work is brought to its end. ErrExists:
// there is another one.
func (d *Draft) Make(ctx context.Context, s replay.Source, reg Registry, now time.Time) (Replay, error) {
	r, err := reg.Replay(ctx, d.Wanted.Name)
	if errors.Is(err, lease.ErrAbsent) {
		r, err = d.create(ctx, s, reg, now)
	}
	switch {
	case err != nil:
	case r.State != Preparing || !r.same(&d.Wanted):
		err = ErrExists
	default:
		err = d.fill(ctx, s.Env, reg, &r)
	}
	if err != nil {
		return r, fmt.Errorf("make replay %s: %w", d.Wanted.Name, err)
	}
	return r, nil
}

// create reserves a generation and makes the row of the replay, or returns that which somebody else has just made.
func (d *Draft) create(ctx context.Context, s replay.Source, reg Registry, now time.Time) (Replay, error) {
	r := d.Wanted
	last := slices.Max(r.Source.Generations())
	var err error
	if r.Generation, err = chain.Reserve(ctx, s.Env, s.Bucket, s.Layout.In(last), s.Stream); err != nil {
		return r, err
	}
	r.State, r.At = Preparing, now.UnixMilli()
	err = reg.Create(ctx, &r)
	if errors.Is(err, lease.ErrConflict) { // or the request took effect and was repeated
		return reg.Replay(ctx, r.Name)
	}
	return r, err
}

// plan is the number of the only plan that the rows of a side replay ever have. It is fenced: in what it reads nobody writes any more.
const plan = 1

// fill makes the lease rows, and then lets workers take them.
func (d *Draft) fill(ctx context.Context, env chain.Env, reg Registry, r *Replay) error {
	store := reg.Rows(r)
	if _, err := store.Begin(ctx, lease.Genesis{Position: lease.Position{Type: lease.TrimHorizon}}); err != nil {
		return err
	}
	err := chain.Each(env, len(d.Shards), shardsAtATime, func(i int) error {
		return store.Create(ctx, d.Shards[i].row(r))
	})
	if err != nil {
		return err
	}
	to := lease.Plan{
		Number: plan, State: lease.PlanFenced, ID: r.Name, Map: r.Map().String(), Hour: int64(r.From), Published: r.Source.String(), Source: r.Source.String(),
		At: r.At, Operator: r.Operator, Reason: r.Reason,
	}
	if err := store.WritePlan(ctx, &lease.Plan{}, &to); err != nil && !errors.Is(err, lease.ErrConflict) {
		return err
	}
	if err := reg.Move(ctx, r, Running); err != nil {
		now, readErr := reg.Replay(ctx, r.Name)
		if readErr != nil || now.Generation != r.Generation || now.State != Running {
			return err
		}
	}
	r.State = Running
	return nil
}

// row is the lease row of the shard: it begins at the end of its chain before the replay.
func (d *Shard) row(r *Replay) lease.Lease {
	l := lease.Lease{
		Key: d.Row.Key, Parents: d.Row.Parents, StartingHashKey: d.Row.StartingHashKey, EndingHashKey: d.Row.EndingHashKey,
		Checkpoint: lease.Position{Type: lease.TrimHorizon}, Plan: plan, Map: r.Map().String(), Source: r.Source.String(),
	}
	if d.Known {
		l.Checkpoint = d.At
	}
	return l
}
