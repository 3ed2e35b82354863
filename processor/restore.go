package processor

import (
	"context"
	"fmt"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
)

// Bounds of what restore holds in memory: objects that are fetched at a time, and their bytes unless a single one has more.
const (
	fetchObjects = 16
	fetchBytes   = 64 << 20
)

// restore folds what the shard and its ancestors have committed, as far back as the window goes, in the order in which it was
// committed: the order is the state. Some objects are fetched while those before them are folded.
func (p *Processor) restore(ctx context.Context) error {
	since := p.writer.End().Hour - chain.Hour((p.cfg.RestoreWindow+time.Hour-1)/time.Hour)
	links, err := p.writer.Lineage(ctx, since)
	if err != nil {
		return err
	}
	var bodies [][]byte
	for held := links[:0:0]; len(links) > 0 || len(held) > 0; {
		n := fetchable(links)
		next := make([][]byte, n)
		var fetchErr, foldErr error
		p.env.Join(
			func() { fetchErr = p.fetch(ctx, links[:n], next) },
			func() { foldErr = p.foldAll(ctx, held, bodies) }, // in this goroutine, whose panics are caught
		)
		if foldErr != nil {
			return foldErr
		}
		if fetchErr != nil {
			return fetchErr
		}
		held, bodies, links = links[:n], next, links[n:]
	}
	return nil
}

// fetchable is how many of the links may be fetched at a time.
func fetchable(links []chain.Object) (n int) {
	bytes := int64(0)
	for n < min(len(links), fetchObjects) && (n == 0 || bytes+links[n].Size <= fetchBytes) {
		bytes += links[n].Size
		n++
	}
	return n
}

func (p *Processor) fetch(ctx context.Context, links []chain.Object, bodies [][]byte) error {
	return chain.Each(p.env, len(links), fetchObjects, func(i int) error {
		err := chain.Retry(ctx, p.env, func(ctx context.Context) (err error) {
			bodies[i], _, err = p.bucket.Get(ctx, links[i].Key)
			return err
		})
		if err != nil {
			return fmt.Errorf("restore from %s: %w", links[i].Key, err)
		}
		return nil
	})
}

func (p *Processor) foldAll(ctx context.Context, links []chain.Object, bodies [][]byte) error {
	for i, body := range bodies {
		if err := p.contents.Restore(ctx, body); err != nil {
			return fmt.Errorf("restore from %s: %w", links[i].Key, err)
		}
	}
	return nil
}
