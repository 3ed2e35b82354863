package shardlog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// shardProcessor is a processor.Processor as a worker.Processor.
type shardProcessor struct {
	*processor.Processor
	models *Models // nil: none
	row    lease.Lease
	merged *editions
	alive  func()
	broken error // the row cannot be understood
}

// editions are those of the model of the shard's plan, once there is one.
type editions struct{ processor.Editions }

// Latest implements processor.Editions.
func (e *editions) Latest() *model.Edition {
	if e.Editions == nil {
		return nil
	}
	return e.Editions.Latest()
}

var (
	_ worker.Processor = (*shardProcessor)(nil)
	_ worker.Finisher  = (*shardProcessor)(nil)
	_ worker.Rereader  = (*shardProcessor)(nil)
)

// Env is what workers and processors need of their surroundings; worker.System has it.
type Env interface {
	worker.Env
	// Start runs f concurrently and returns at once; wait returns when f has.
	Start(f func()) (wait func())
}

// logEnv tells the worker of the requests to the log that fail.
type logEnv struct {
	Env
	worker func() *worker.Worker
	shard  string
}

// Trouble implements chain.Env.
func (e logEnv) Trouble(err error) {
	e.worker().Trouble("access log of "+e.shard, err)
	e.Answered()
}

// Answered implements chain.Env.
func (e logEnv) Answered() { e.worker().Alive(e.shard) }

// NewFactory returns the factory of the processors of a worker. w returns the worker, which is made after its factory. o may be nil.
func NewFactory(cfg processor.Config, env Env, bucket chain.Bucket, w func() *worker.Worker, o processor.Observer, models *Models) worker.Factory {
	return func(t *lease.Term) worker.Processor {
		l, cfg := t.Lease(), cfg
		bookmark := func(ctx context.Context, end chain.End) error {
			return t.Checkpoint(ctx, lease.After(end.Last, int64(end.Hour)))
		}
		env := logEnv{Env: env, worker: w, shard: l.Key}
		p := &shardProcessor{models: models, row: l, merged: &editions{}, alive: env.Answered}
		if models != nil {
			cfg.Merged = p.merged
		}
		base := cfg.Layout
		cfg.Layout, p.broken = LayoutOf(base, l.Map)
		if past := pastOf(&l, cfg.Until); past != "" && p.broken == nil {
			cfg.Source, p.broken = LayoutOf(base, past)
		}
		p.Processor = processor.New(cfg, env, bucket, shardOf(l), bookmark, o)
		return p
	}
}

// pastOf is the map of what is read back, or "". Hours that end have no stream behind them: what they were read from also tells how they end.
func pastOf(l *lease.Lease, until chain.Hour) string {
	if until > 0 {
		return l.Source
	}
	return l.Past()
}

func shardOf(l lease.Lease) processor.Shard {
	return processor.Shard{
		Shard:        chain.Shard{ID: l.Key, Parents: l.Parents, StartingHashKey: l.StartingHashKey, EndingHashKey: l.EndingHashKey},
		LeaseCounter: l.Counter, Bookmark: bookmarkOf(&l), Past: chain.HourOf(time.UnixMilli(l.Tip)),
	}
}

// Open implements worker.Processor.
func (p *shardProcessor) Open(ctx context.Context) (lease.Position, error) {
	if p.broken != nil {
		return lease.Position{}, verdict(p.broken)
	}
	if p.models != nil {
		merged, err := p.models.wait(ctx, p.row.Plan, p.alive)
		if err != nil {
			return lease.Position{}, err
		}
		p.merged.Editions = merged
	}
	at, err := p.Processor.Open(ctx)
	if err != nil {
		return lease.Position{}, verdict(err)
	}
	return position(at, p.row.Checkpoint), nil
}

// position is where the reader begins. Of a shard of which everything else has been given up only the end is read: it is closed.
func position(at processor.Resume, checkpoint lease.Position) lease.Position {
	switch {
	case at.Exhausted:
		return lease.Position{Type: lease.Latest}
	case at.Last != "":
		return lease.After(at.Last, 0)
	case at.First != "":
		return lease.Position{Type: lease.AtSequenceNumber, Value: at.First}
	}
	return checkpoint
}

// Process implements worker.Processor.
func (p *shardProcessor) Process(ctx context.Context, page worker.Page) error {
	return verdict(p.Processor.Process(ctx, page.Records))
}

// AcceptGap implements worker.Skipper.
func (p *shardProcessor) AcceptGap(ctx context.Context, next string, hour chain.Hour) error {
	return verdict(p.Processor.AcceptGap(ctx, next, hour))
}

// Reread implements worker.Rereader.
func (p *shardProcessor) Reread(ctx context.Context, settled func(context.Context) error) (worker.Reread, error) {
	n, err := p.Processor.ReadBack(ctx, settled)
	if err != nil {
		return worker.Reread{}, verdict(err)
	}
	out := worker.Reread{Records: int(n.Records), Reached: n.Reached, Over: n.Over, Whole: n.Whole, Ended: n.Ended != nil || n.Closed}
	if n.Over {
		out.At = position(p.Processor.Resume(), p.row.Checkpoint)
	}
	if n.Ended != nil {
		out.Children = rowsOf(n.Ended.Children)
	}
	return out, nil
}

// Flush implements worker.Processor.
func (p *shardProcessor) Flush(ctx context.Context) error { return verdict(p.Processor.Flush(ctx)) }

// Drain implements worker.Processor. Another writer's link has taken the place of this batch: the next owner goes on from there.
func (p *shardProcessor) Drain(ctx context.Context) error {
	if err := p.Processor.Drain(ctx); !errors.Is(err, chain.ErrAdopted) {
		return verdict(err)
	}
	return nil
}

// End implements worker.Processor.
func (p *shardProcessor) End(ctx context.Context, children []lease.Lease) error {
	marks := make([]chain.Child, len(children))
	for i, c := range children {
		marks[i] = chain.Child{Shard: c.Key, Parents: c.Parents, StartingHashKey: c.StartingHashKey, EndingHashKey: c.EndingHashKey}
	}
	return verdict(p.Processor.End(ctx, marks))
}

// Finished implements worker.Finisher.
func (p *shardProcessor) Finished(ctx context.Context) (children []lease.Lease, ok bool, err error) {
	mark, err := p.Processor.Finished(ctx)
	if mark == nil || err != nil {
		return nil, false, verdict(err)
	}
	return rowsOf(mark.Children), true, nil
}

// rowsOf returns the children that an end mark names, as lease rows.
func rowsOf(children []chain.Child) (rows []lease.Lease) {
	for _, c := range children {
		rows = append(rows, lease.Lease{Key: c.Shard, Parents: c.Parents, StartingHashKey: c.StartingHashKey, EndingHashKey: c.EndingHashKey})
	}
	return rows
}

// verdict says what an error of the log means for the term.
func verdict(err error) error {
	switch {
	case errors.Is(err, chain.ErrAdopted):
		return fmt.Errorf("%w: %w", worker.ErrRestart, err)
	case errors.Is(err, chain.ErrBroken), errors.Is(err, processor.ErrPastRetention):
		return fmt.Errorf("%w: %w", worker.ErrStop, err)
	}
	return err
}
