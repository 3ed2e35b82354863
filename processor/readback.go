package processor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/processor/table"
)

// ReadBack is what one call of Processor.ReadBack has done.
type ReadBack struct {
	Records int64
	Reached time.Time      // when the last of them arrived
	Over    bool           // nothing is left to be read back
	Whole   bool           // when it is over: the chain now has everything that the one has which was read
	Ended   *chain.EndMark // when it is over: how the shard ended, so that the stream need not be asked
	Closed  bool           // when it is over: Config.Until is reached, and the stream is not to be asked
}

// lookBack finds out whether the chain in Config.Source goes on where this one ends.
func (p *Processor) lookBack(ctx context.Context) (err error) {
	if p.cfg.Source != (chain.Layout{}) {
		p.trail, err = chain.OpenTrail(ctx, p.env, p.bucket, p.cfg.Source, p.shard.ID, p.writer.End(), p.shard.Past)
	}
	return err
}

// HasPast reports, after Open, whether anything has to be read back before reading begins in the stream.
func (p *Processor) HasPast() bool { return p.trail != nil || p.cfg.Until > 0 && !p.over }

// ReadBack makes the next link of another generation a link of this one: the same records with the same hash, and new recommendations. It passes what else lies
// on the chain: gaps that were accepted, once settled has returned. That waits until nobody is left who could still write there.
func (p *Processor) ReadBack(ctx context.Context, settled func(context.Context) error) (ReadBack, error) {
	if err := p.collect(); err != nil {
		return ReadBack{}, err
	}
	if p.trail == nil {
		return p.nothingThere(ctx)
	}
	s, err := p.trail.Next(ctx)
	if err == nil && s.Link == nil {
		err = p.settle(ctx)
	}
	switch {
	case err != nil:
		return ReadBack{}, err
	case p.beyond(s):
		return p.close(ctx)
	case s.Link != nil:
		return p.again(ctx, s)
	case s.Gap != nil:
		return ReadBack{}, p.passGap(ctx, settled)
	}
	p.trail, p.over = nil, true
	return ReadBack{Over: true, Whole: true, Ended: s.End}, nil
}

// beyond reports whether what comes next is that of another hour than those that are read back, or nothing.
func (p *Processor) beyond(s chain.Step) bool {
	switch until := p.cfg.Until; {
	case until == 0:
		return false
	case s.Link != nil:
		return s.Link.Hour >= until
	case p.trail.Start().Hour >= until:
		return true
	case s.Gap != nil:
		return s.Gap.Hour >= until
	case s.End != nil:
		return s.End.Hour >= until
	}
	return true
}

// close ends the work on a chain that goes on, or will, in hours that are not read back: its end is marked where that is.
func (p *Processor) close(ctx context.Context) (ReadBack, error) {
	if err := p.settle(ctx); err != nil {
		return ReadBack{}, err
	}
	p.trail, p.over, p.closed = nil, true, true
	return ReadBack{Over: true, Whole: true, Closed: true}, nil
}

// nothingThere finds out why nothing can be read back: the chain has not begun, or has just begun behind all that would be, which is well. When it has just begun before
// that, it has marks there and no links: its shard has ended. Else it does not lead to where this one is.
func (p *Processor) nothingThere(ctx context.Context) (ReadBack, error) {
	start, err := chain.ReadStart(ctx, p.env, p.bucket, p.cfg.Source, p.shard.ID)
	if err != nil {
		return ReadBack{}, err
	}
	if start == nil || start.Hour >= p.cfg.Until {
		return p.close(ctx)
	}
	if err = p.lookBack(ctx); err == nil && p.trail == nil {
		err = fmt.Errorf("chain of %s, which is read back, does not come by %q: %w", p.shard.ID, p.writer.End().Last, chain.ErrBroken)
	}
	return ReadBack{}, err
}

// Resume says where reading has to begin in the stream when what had to be read back has been.
func (p *Processor) Resume() Resume { return p.resume() }

// passGap takes a gap over that is still there when nobody can put a link in its place any more.
func (p *Processor) passGap(ctx context.Context, settled func(context.Context) error) error {
	if err := settled(ctx); err != nil {
		return err
	}
	s, err := p.trail.Next(ctx)
	if err != nil || s.Gap == nil {
		return err
	}
	if err := p.takeGap(ctx, s.Gap); err != nil {
		return err
	}
	p.trail.Pass(s)
	return nil
}

// again makes a link of a link. The two chains have been one so far, so that the first record, the hour and the hash are those of this one as well.
func (p *Processor) again(ctx context.Context, s chain.Step) (ReadBack, error) {
	if begun, err := p.beginAt(ctx, s.Link); err != nil || !begun {
		if err == nil && p.cfg.Until > 0 {
			err = fmt.Errorf("chain of %s has begun with other records than the one which is read back: %w", p.shard.ID, chain.ErrBroken)
		}
		p.trail = nil
		return ReadBack{Over: true}, err
	}
	if err := p.await(ctx, heapOf(s.Size)); err != nil {
		return ReadBack{}, err
	}
	body, err := p.trail.Body(ctx, s.Link)
	if errors.Is(err, chain.ErrNotFound) {
		err = fmt.Errorf("%w: %w", err, chain.ErrBroken)
	}
	if err != nil {
		return ReadBack{}, fmt.Errorf("read back: %w", err)
	}
	err = p.contents.Again(ctx, body, func(r *event.Record, rows int) error {
		if p.batch.empty() {
			p.batch.open(p.env.Now(), p.end, r, table.SchemaVersion)
			p.batch.hashed = s.Link.Hash
		}
		p.batch.add(r, rows)
		p.account()
		return nil
	})
	if err == nil {
		err = p.batch.same(s.Link)
	}
	if err != nil {
		return ReadBack{}, fmt.Errorf("read %s back: %w", s.Link.Key, err)
	}
	p.needs = 0
	if err := p.commit(ctx); err != nil {
		return ReadBack{}, err
	}
	p.trail.Pass(s)
	return ReadBack{Records: s.Link.Records, Reached: s.Link.LastArrival}, nil
}

// beginAt makes sure that the chain has begun, and reports whether it goes on with a link of the other one: another writer may have begun it elsewhere.
func (p *Processor) beginAt(ctx context.Context, l *chain.Link) (bool, error) {
	if p.upload != nil {
		return true, nil // behind the last link of the other chain
	}
	if _, err := p.writer.Begin(ctx, l.First, l.Hour.Time()); err != nil {
		return false, err
	}
	p.end = p.writer.End()
	_, at := p.writer.Next()
	return at == "" || chain.Compare(at, l.First) == 0, nil
}

// heapOf is about what reading a link back takes: its object, and the one that it becomes.
func heapOf(size int64) int64 { return 2 * size }

// await waits until there is room for a batch.
func (p *Processor) await(ctx context.Context, needs int64) error {
	for !p.share.admit(needs) {
		p.env.Answered()
		if err := p.env.Sleep(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
	p.needs = needs
	return nil
}

// same checks that a batch has the records of the link that it was made from.
func (b *batch) same(l *chain.Link) error {
	if b.link.First != l.First || b.link.Last != l.Last || b.link.Records != l.Records || b.link.Rows != l.Rows || b.hour != l.Hour {
		return fmt.Errorf("its rows are %d of %d records, %s to %s in hour %s; its metadata say %d of %d, %s to %s in hour %s: %w",
			b.link.Rows, b.link.Records, b.link.First, b.link.Last, b.hour, l.Rows, l.Records, l.First, l.Last, l.Hour, chain.ErrBroken)
	}
	return nil
}
