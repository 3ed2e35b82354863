package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// shardProcessor lets a processor.Processor, which knows the log, run as a worker.Processor, which knows leases.
type shardProcessor struct {
	*processor.Processor
	checkpoint lease.Position // of the row when the term began
}

var _ worker.Processor = (*shardProcessor)(nil)

// logEnv tells the worker of the requests to the log that fail.
type logEnv struct {
	worker.System
	worker func() *worker.Worker
	shard  string
}

// Trouble implements chain.Env.
func (e logEnv) Trouble(err error) { e.worker().Trouble("access log of "+e.shard, err) }

// newFactory returns the factory of the processors. w returns the worker, which is made after its factory.
func newFactory(cfg processor.Config, bucket chain.Bucket, w func() *worker.Worker, o processor.Observer) worker.Factory {
	return func(t *lease.Term) worker.Processor {
		l := t.Lease()
		shard := processor.Shard{
			Shard:        chain.Shard{ID: l.Key, Parents: l.Parents, StartingHashKey: l.StartingHashKey, EndingHashKey: l.EndingHashKey},
			LeaseCounter: l.Counter,
		}
		if l.Checkpoint.Type == lease.AfterSequenceNumber {
			shard.Bookmark = chain.Bookmark{Last: l.Checkpoint.Value, Hour: chain.Hour(l.Checkpoint.Hour)}
		}
		bookmark := func(ctx context.Context, end chain.End) error {
			return w().Advance(ctx, t, lease.After(end.Last, int64(end.Hour)))
		}
		return &shardProcessor{processor.New(cfg, logEnv{worker: w, shard: l.Key}, bucket, shard, bookmark, o), l.Checkpoint}
	}
}

// Open implements worker.Processor.
func (p *shardProcessor) Open(ctx context.Context) (lease.Position, error) {
	at, err := p.Processor.Open(ctx)
	switch {
	case err != nil:
		return lease.Position{}, verdict(err)
	case at.Last != "":
		return lease.After(at.Last, 0), nil
	case at.First != "":
		return lease.Position{Type: lease.AtSequenceNumber, Value: at.First}, nil
	}
	return p.checkpoint, nil
}

// Process implements worker.Processor.
func (p *shardProcessor) Process(ctx context.Context, page worker.Page) error {
	return verdict(p.Processor.Process(ctx, page.Records))
}

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

// Close implements worker.Processor. Nothing outlives the last call.
func (p *shardProcessor) Close() {}

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
