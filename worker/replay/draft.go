package replay

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/shardlog"
)

// Source is where an application's rows and log are.
type Source struct {
	Env    chain.Env
	Bucket chain.Bucket
	Layout chain.Layout // as it was before there was a plan
	Stream string       // as the generations of the log name it; for Make
}

// Request says what is wanted: all hours from From on written anew, the state before the last plan, or nothing but that stopped shards go on.
type Request struct {
	From     chain.Hour
	Undo     bool
	Resume   bool   // nothing anew: shards that were stopped are opened again where they are
	Latest   bool   // with Resume and Gaps: what has arrived until then, and not been committed, is given up
	FromLog  bool   // what the log has is read back from there, and not from the stream
	Gaps     bool   // what is past retention is given up
	Operator string // who asks for it, and why
	Reason   string
}

// Draft is what would be done.
type Draft struct {
	Base   lease.Plan   // the plan row that it was drawn up from
	From   chain.Hour   // the first hour that is written anew
	Before chain.Map    // what readers see
	After  chain.Map    // what they are to see; newGeneration stands for the one that is to be reserved
	Shards []ShardDraft // in the order of the rows
	Wanted Request
	Undoes int64 // number of the plan that is undone, 0: none is
}

// ShardDraft is what would become of a shard.
type ShardDraft struct {
	Row   lease.Lease
	At    lease.Position // where it would begin
	Known bool           // that the plan says so; otherwise the shard begins where it would have begun
	Now   chain.End      // where its chain ends as readers see it
	Then  chain.End      // where it ends under the wanted map
	Began *chain.Hour    // the hour in which its chain begins, as readers see it; nil: it has not begun
	Log   bool           // what it has is read back from the log: that was asked for, and the two chains meet
	Over  bool           // the chain that readers see has an end mark

	// Set by Survey, for shards of which something would be read again.
	First    string    // the first record of the first link that is superseded
	Oldest   string    // the oldest record that the stream has
	OldestAt time.Time // its arrival
	Gone     bool      // the stream has none
	Unread   time.Time // arrival of the first record that has not been committed, if records are given up that have not been read; zero: there is none
}

// Records is how many records would be read again, as far as the log tells.
func (s *ShardDraft) Records() int64 { return max(s.Now.Records-s.Then.Records, 0) }

// Prepare draws up what would be done. It reads the log of every shard, some at a time; progress, if not nil, is told of each.
func Prepare(ctx context.Context, s Source, rows []lease.Lease, plan lease.Plan, r Request, progress func(done, of int)) (*Draft, error) {
	d := &Draft{Base: plan, From: r.From, Wanted: r}
	before, err := shardlog.LayoutOf(s.Layout, plan.Published)
	if err != nil {
		return nil, err
	}
	d.Before = before.Map()
	wanted := before.With(d.Before.Replace(r.From, 0, newGeneration))
	switch {
	case r.Resume:
		d.From, wanted = chain.HourOf(s.Env.Wall()), before
	case r.Undo:
		if wanted, err = d.past(s.Layout, before); err != nil {
			return nil, err
		}
	}
	d.After = wanted.Map()
	d.Shards = make([]ShardDraft, len(rows))
	var done atomic.Int64
	if r.FromLog && r.Resume {
		return nil, errors.New("draw up replay: shards that go on where they are have nothing to read back")
	}
	err = chain.Each(s.Env, len(rows), shardsAtATime, func(i int) error {
		d.Shards[i].Row = rows[i]
		if err := d.Shards[i].find(ctx, s, before, wanted, r.FromLog); err != nil {
			return err
		}
		if n := done.Add(1); progress != nil {
			progress(int(n), len(rows))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("draw up replay: %w", err)
	}
	return d, nil
}

// newGeneration stands for a generation that has not been reserved yet. Nothing lies in it.
const newGeneration = 1 << 30

// shardsAtATime is how many shards' logs are read concurrently.
const shardsAtATime = 16

// Named returns the wanted map for people: a generation that has still to be reserved is called new.
func (d *Draft) Named() string {
	return strings.ReplaceAll(d.After.String(), strconv.Itoa(newGeneration), "new")
}

// find finds where the shard begins under the wanted layout.
func (d *ShardDraft) find(ctx context.Context, s Source, before, wanted chain.Layout, fromLog bool) error {
	shard := chain.Shard{ID: d.Row.Key, Parents: d.Row.Parents, StartingHashKey: d.Row.StartingHashKey, EndingHashKey: d.Row.EndingHashKey}
	now, err := chain.Find(ctx, s.Env, s.Bucket, before, shard)
	if err != nil {
		return err
	}
	w, err := chain.Find(ctx, s.Env, s.Bucket, wanted, shard)
	if err != nil {
		return err
	}
	d.Now, d.Then = now.End(), w.End()
	if fromLog {
		if err := d.lookBack(ctx, s, before, shard.ID); err != nil {
			return err
		}
	}
	if start := now.Start(); start != nil {
		d.Began = &start.Hour
	}
	if d.Row.Ended() {
		end, err := chain.ReadEnd(ctx, s.Env, s.Bucket, wanted, shard.ID)
		if err != nil {
			return err
		}
		if trimmed := d.Row.StartingHashKey == ""; end != nil || trimmed {
			d.At, d.Known = lease.Position{Type: lease.ShardEnd}, true
			return nil
		}
	}
	if d.Then.Last != "" {
		d.At, d.Known = lease.After(d.Then.Last, int64(d.Then.Hour)), true
		return nil
	}
	first, err := chain.FirstRead(ctx, s.Env, s.Bucket, wanted, shard.ID)
	if d.Known = first != ""; d.Known {
		d.At = lease.Position{Type: lease.AtSequenceNumber, Value: first}
	}
	return err
}

// lookBack finds out whether what readers see can be read back from where the shard would begin.
func (d *ShardDraft) lookBack(ctx context.Context, s Source, before chain.Layout, shard string) error {
	trail, err := chain.OpenTrail(ctx, s.Env, s.Bucket, before, shard, d.Then, d.Now.Hour)
	if err != nil {
		return err
	}
	end, err := chain.ReadEnd(ctx, s.Env, s.Bucket, before, shard)
	d.Log, d.Over = trail != nil, end != nil
	return err
}

// Make reserves the generation, and makes the draft the application's plan. What is given up by Request.Latest is what has arrived before now, which is to be of the clock
// that stamps records. lease.ErrPlanChanged: somebody else has made a plan since the draft was drawn up.
func (d *Draft) Make(ctx context.Context, s Source, o *lease.Operator, id string, now time.Time) (lease.Plan, error) {
	after := d.After
	if !d.Wanted.Undo && !d.Wanted.Resume {
		last := 0
		for _, g := range d.Before.Generations() {
			last = max(last, g)
		}
		g, err := chain.Reserve(ctx, s.Env, s.Bucket, s.Layout.In(last), s.Stream)
		if err != nil {
			return lease.Plan{}, fmt.Errorf("make replay: %w", err)
		}
		after = d.Before.Replace(d.From, 0, g)
	}
	to := lease.Plan{
		ID: id, Map: after.String(), Hour: int64(d.From), AcceptGaps: d.Wanted.Gaps, At: now.UnixMilli(),
		Operator: d.Wanted.Operator, Reason: d.Wanted.Reason,
	}
	if d.Wanted.Latest {
		to.SkipTo = now.UnixMilli()
	}
	if d.Wanted.FromLog {
		to.Source = d.Before.String()
	}
	positions := map[string]lease.Position{}
	for i := range d.Shards {
		if sh := &d.Shards[i]; sh.Known {
			positions[sh.Row.Key] = sh.At
		}
	}
	base := d.Base
	if err := o.Make(ctx, &base, &to, positions); err != nil {
		return lease.Plan{}, fmt.Errorf("make replay: %w", err)
	}
	return to, nil
}

// Publish returns what shows the map of a published plan to readers.
func Publish(env chain.Env, b chain.Swapper, l chain.Layout) func(context.Context, *lease.Plan) error {
	return func(ctx context.Context, p *lease.Plan) error {
		published, err := shardlog.LayoutOf(l, p.Published)
		if err != nil {
			return err
		}
		return chain.Publish(ctx, env, b, l, chain.Published{Plan: p.By, Switched: p.Switched, Map: published.Map()})
	}
}
