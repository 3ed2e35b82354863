package chain

import (
	"context"
	"fmt"
)

// Lineage returns the links that the writer's shard and its ancestors have from the hour since on, as keys with sizes, parents before
// children and each chain in its order. It is what the state of the shard is restored from.
func (w *Writer) Lineage(ctx context.Context, since Hour) ([]Object, error) {
	walk := lineage{Writer: w, since: since, done: map[string]bool{}}
	if err := walk.visit(ctx, w.shard.ID, w.start, w.shard.Parents, w.end); err != nil {
		return nil, fmt.Errorf("list lineage of %s: %w", w.shard.ID, err)
	}
	return walk.links, nil
}

type lineage struct {
	*Writer
	since Hour
	done  map[string]bool
	links []Object
}

// visit appends the links of a shard's ancestors and then its own, up to where its chain ends.
func (g *lineage) visit(ctx context.Context, shard string, start *StartMark, parents []string, until End) error {
	if g.done[shard] {
		return nil
	}
	g.done[shard] = true
	for _, p := range parents {
		end, err := ReadEnd(ctx, g.env, g.bucket, g.layout, p)
		if err != nil {
			return err
		}
		if end == nil || end.Hour < g.since {
			continue
		}
		begin, err := ReadStart(ctx, g.env, g.bucket, g.layout, p)
		if err != nil {
			return err
		}
		if begin == nil {
			return fmt.Errorf("%s has an end mark and no start mark: %w", p, ErrBroken)
		}
		if err := g.visit(ctx, p, begin, begin.Parents, End{Last: end.Last, Hour: end.Hour}); err != nil {
			return err
		}
	}
	if start == nil || start.First == "" {
		return nil
	}
	return g.list(ctx, shard, max(g.since, start.Hour), until)
}

// list appends a shard's links from an hour on, up to the end of its chain that the writer knows: another writer's link may have come
// since, and what it holds will be read from the stream. Several hours are listed at a time: a day is 24 requests.
func (g *lineage) list(ctx context.Context, shard string, from Hour, until End) error {
	hours := make([][]Listed, max(until.Hour-from+1, 0))
	err := Each(g.env, len(hours), 8, func(i int) (err error) {
		hours[i], err = Links(ctx, g.env, g.bucket, g.layout, from+Hour(i), shard)
		return err
	})
	for _, keys := range hours {
		for _, k := range keys {
			if Compare(k.First, until.Last) <= 0 {
				g.links = append(g.links, k.Object())
			}
		}
	}
	return err
}
