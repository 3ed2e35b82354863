package processor

import (
	"context"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
)

// AcceptGap marks what lies between the end of the chain and the record next, or chain.GapToEnd, as lost. Nothing behind it lies before hour, nothing may be open, and
// nobody else stands at this end: see chain.Writer.AcceptGap. The Processor is of no use after it.
func (p *Processor) AcceptGap(ctx context.Context, next string, hour chain.Hour) error {
	if first := p.writer.First(); p.writer.Start() == nil && first != "" {
		if _, err := p.writer.Begin(ctx, first, time.Time{}); err != nil {
			return err
		}
	}
	_, err := p.writer.AcceptGap(ctx, next, hour)
	return err
}

// takeGap accepts a gap of the chain that is read back.
func (p *Processor) takeGap(ctx context.Context, theirs *chain.GapMark) error {
	if p.writer.Start() == nil {
		if _, err := p.writer.Begin(ctx, p.trail.Start().First, p.trail.Start().Hour.Time()); err != nil {
			return err
		}
	}
	_, err := p.writer.AcceptGap(ctx, theirs.Next, theirs.Hour)
	return err
}
