package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/sirupsen/logrus"

	infradynamo "github.com/streamrec/streamrec/infra/dynamo"
	infrakinesis "github.com/streamrec/streamrec/infra/kinesis"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// runOurs runs a worker of streamrec with its defaults until ctx ends.
func runOurs(ctx context.Context, a assignment, c clients, d *diary, log logrus.FieldLogger) error {
	if err := createTable(ctx, c.dynamodb, a.Application); err != nil {
		return err
	}
	factory := func(t *lease.Term) worker.Processor {
		return &processor{term: t, diary: d, failed: d.note(granted, t.Key(), "-")}
	}
	w, err := worker.New(worker.Config{Name: a.Name, Application: a.Application, Stream: a.Stream}, worker.Dependencies{
		Store: infradynamo.NewStore(c.dynamodb, a.Application), Stream: infrakinesis.NewStream(c.kinesis, a.Stream), Factory: factory, Log: log,
	})
	if err != nil {
		return err
	}
	return w.Run(ctx)
}

// createTable creates the lease table unless it is there.
func createTable(ctx context.Context, client *dynamodb.Client, name string) error {
	sleep := worker.System{}.Sleep
	err := infradynamo.Check(ctx, client, name, sleep)
	if !errors.Is(err, infradynamo.ErrNoTable) {
		return err
	}
	if err := infradynamo.Create(ctx, client, name); err != nil {
		return fmt.Errorf("create lease table: %w", err)
	}
	return infradynamo.Check(ctx, client, name, sleep)
}

// processor is as trivial as a worker.Processor can be: it writes each record into the diary, and checkpoints after each batch.
type processor struct {
	term   *lease.Term
	diary  *diary
	failed error // of the factory, which cannot fail
	done   lease.Position
}

var _ worker.Processor = (*processor)(nil)

// Open implements worker.Processor.
func (p *processor) Open(context.Context) (lease.Position, error) {
	return p.term.Lease().Checkpoint, errors.Join(p.failed, p.diary.note(opened, p.term.Key(), "-"))
}

// Process implements worker.Processor.
func (p *processor) Process(ctx context.Context, page worker.Page) error {
	if len(page.Records) == 0 {
		return nil
	}
	for i := range page.Records {
		if err := p.diary.note(record, p.term.Key(), page.Records[i].SequenceNumber); err != nil {
			return err
		}
	}
	last := &page.Records[len(page.Records)-1]
	p.done = lease.After(last.SequenceNumber, last.Arrival.Unix()/3600)
	return p.term.Checkpoint(ctx, p.done)
}

// Idle implements worker.Processor.
func (p *processor) Idle() bool { return true }

// Flush implements worker.Processor.
func (p *processor) Flush(ctx context.Context) error { return p.Drain(ctx) }

// Drain implements worker.Processor. The term may have ended while a checkpoint was under way.
func (p *processor) Drain(ctx context.Context) error {
	if p.done == (lease.Position{}) {
		return nil
	}
	return p.term.Checkpoint(ctx, p.done)
}

// End implements worker.Processor.
func (p *processor) End(context.Context, []lease.Lease) error { return nil }

// Close implements worker.Processor.
func (p *processor) Close() {}
