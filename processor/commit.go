package processor

import (
	"context"
	"fmt"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/table"
)

// due reports whether the open batch is full or old enough.
func (p *Processor) due() bool {
	if p.batch.empty() {
		return false
	}
	age := p.cfg.MaxAge
	if p.end.Last == "" {
		age = p.cfg.FirstAge
	}
	return p.full() || p.env.Now().Sub(p.batch.opened) >= age
}

// full reports whether the open batch is as large as it may be, or as the memory of the worker allows.
func (p *Processor) full() bool {
	return p.contents.Bytes() >= p.cfg.MaxBytes || p.contents.Rows() >= p.cfg.MaxRows || p.share.due()
}

// Idle reports whether everything that was processed is committed.
func (p *Processor) Idle() bool { return p.upload == nil && (p.batch == nil || p.batch.empty()) }

// commit seals the open batch and sends it, once the one before it is in the log: of two that are under way the second could survive the
// first. After an error nothing may be processed: the outcome is unknown, and a new Processor has to find it out.
func (p *Processor) commit(ctx context.Context) error {
	if p.batch == nil || p.batch.empty() {
		return nil
	}
	if err := p.settle(ctx); err != nil {
		return err
	}
	link := p.batch.seal()
	body, err := p.contents.Seal(notes(p.shard.ID, p.shard.LeaseCounter, link))
	if err != nil {
		return fmt.Errorf("encode object: %w", err)
	}
	link.Body, link.SchemaHash = body, table.SchemaHash()
	p.end = p.batch.end(link)
	state, err := p.keep(link)
	if err != nil {
		return fmt.Errorf("encode state: %w", err)
	}
	p.batch.reset()
	p.contents.Reset()
	p.kept = p.contents.Heap()
	p.send(ctx, link, state)
	p.account()
	return nil
}

// Flush commits what is open, and makes sure that nobody has begun the chain with records that this Processor has not met; the shard goes on after it.
// ErrAdopted: somebody has.
func (p *Processor) Flush(ctx context.Context) error {
	if err := p.Drain(ctx); err != nil {
		return err
	}
	if begun, err := p.writer.Begun(ctx); err != nil || !begun {
		return err
	}
	return fmt.Errorf("chain of %s has begun without us: %w", p.shard.ID, chain.ErrAdopted)
}

// Drain commits what is open. ctx may be another one than before, whose end has interrupted an upload. Half of a link that is read back is not committed: the
// next owner begins with it.
func (p *Processor) Drain(ctx context.Context) error {
	if err := p.settle(ctx); err != nil || p.batch != nil && p.batch.hashed != "" {
		return err
	}
	if err := p.commit(ctx); err != nil {
		return err
	}
	return p.settle(ctx)
}

// End commits what is open and marks the end of the chain, unless that is beyond Config.Until. The lease row may say SHARD_END after that, not before.
func (p *Processor) End(ctx context.Context, children []chain.Child) error {
	if err := p.Drain(ctx); err != nil || p.closed {
		return err
	}
	if err := p.keepLast(ctx); err != nil {
		return err
	}
	_, err := p.writer.Finish(ctx, children)
	return err
}

// Finished returns the mark that End has written in an earlier term, or nil. It is called after Open.
func (p *Processor) Finished(ctx context.Context) (*chain.EndMark, error) {
	return chain.ReadEnd(ctx, p.env, p.bucket, p.cfg.Layout, p.shard.ID)
}
