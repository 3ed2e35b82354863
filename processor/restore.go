package processor

import (
	"context"
	"fmt"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
)

// restore folds what the shard and its ancestors have committed, as far back as the window goes, in the order in which it was
// committed: the order is the state.
func (p *Processor) restore(ctx context.Context) error {
	since := p.writer.End().Hour - chain.Hour((p.cfg.RestoreWindow+time.Hour-1)/time.Hour)
	links, err := p.writer.Lineage(ctx, since)
	if err != nil {
		return err
	}
	err = chain.Fold(ctx, p.env, p.bucket, links, func(o chain.Object, body []byte) error {
		if err := p.contents.Restore(ctx, body); err != nil {
			return fmt.Errorf("read %s: %w", o.Key, err)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	return nil
}
