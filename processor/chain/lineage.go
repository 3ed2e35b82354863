package chain

import (
	"context"
	"fmt"
	"slices"
)

// Lineage returns what the state of the shard is restored from: the links that the writer's shard and its ancestors have from the hour since on, as
// objects with sizes, parents before children and each chain in its order. A state that usable accepts, of a shard at the end of some
// link, takes the place of the links up to there and of all ancestors; Layout.IsState tells it from a link.
func (w *Writer) Lineage(ctx context.Context, since Hour, usable func(key, shard, last string) bool) ([]Object, error) {
	walk := lineage{Writer: w, since: since, usable: usable, done: map[string]bool{}}
	if err := walk.visit(ctx, w.shard.ID, w.start, w.shard.Parents, w.end); err != nil {
		return nil, fmt.Errorf("list lineage of %s: %w", w.shard.ID, err)
	}
	return walk.objects(), nil
}

type lineage struct {
	*Writer
	since  Hour
	usable func(key, shard, last string) bool
	done   map[string]bool
	chains []*lineageChain
}

// lineageChain is the part of a shard's chain that is needed.
type lineageChain struct {
	first   string // where the whole chain begins
	objects []Object
}

// objects returns all objects, those of an ancestor before those of its descendants. One parent's state may stand for a common ancestor whose
// links the other parent needs, and must not be joined before these are folded. Sequence numbers tell: a shard's are higher than all of its
// ancestors'.
func (g *lineage) objects() (all []Object) {
	slices.SortStableFunc(g.chains, func(a, b *lineageChain) int { return Compare(a.first, b.first) })
	for _, c := range g.chains {
		all = append(all, c.objects...)
	}
	return all
}

// visit adds a shard's newest state, or else what is needed of its ancestors, and its links after that.
func (g *lineage) visit(ctx context.Context, shard string, start *StartMark, parents []string, until End) error {
	if g.done[shard] {
		return nil
	}
	g.done[shard] = true
	from, began := g.since, start != nil && start.First != ""
	if began {
		from = max(from, start.Hour)
		state, err := g.state(ctx, shard, from, until)
		if err != nil {
			return err
		}
		if state != nil {
			return g.add(ctx, shard, start.First, state.At, until, state.Object)
		}
	}
	for _, p := range parents {
		if err := g.visitParent(ctx, p); err != nil {
			return err
		}
	}
	if !began {
		return nil
	}
	return g.add(ctx, shard, start.First, Bookmark{Hour: from}, until)
}

func (g *lineage) visitParent(ctx context.Context, shard string) error {
	end, err := ReadEnd(ctx, g.env, g.bucket, g.layout, shard)
	if err != nil {
		return err
	}
	if end == nil || end.Hour < g.since {
		return nil
	}
	begin, err := ReadStart(ctx, g.env, g.bucket, g.layout, shard)
	if err != nil {
		return err
	}
	if begin == nil {
		return fmt.Errorf("%s has an end mark and no start mark: %w", shard, ErrBroken)
	}
	return g.visit(ctx, shard, begin, begin.Parents, End{Last: end.Last, Hour: end.Hour})
}

// hoursAtATime is how many hours are listed concurrently: a day is 24 requests.
const hoursAtATime = 8

// state returns the newest usable state of a shard, or nil.
func (g *lineage) state(ctx context.Context, shard string, from Hour, until End) (*Stored, error) {
	if until.Last == "" || until.Hour < from {
		return nil, nil
	}
	hours := make([][]Stored, until.Hour-from+1)
	err := Each(g.env, len(hours), hoursAtATime, func(i int) (err error) {
		hours[i], err = States(ctx, g.env, g.bucket, g.layout, shard, from+Hour(i))
		return err
	})
	if err != nil {
		return nil, err
	}
	all := slices.Concat(hours...)
	for i := len(all) - 1; i >= 0; i-- {
		if s := &all[i]; Compare(s.At.Last, until.Last) <= 0 && g.usable(s.Key, shard, s.At.Last) {
			return s, nil
		}
	}
	return nil, nil
}

// add adds what is needed of a shard's chain: its state, if any, and the links after it, up to the end of the chain that the writer knows. Another
// writer's link may have come since, and what it holds will be read from the stream.
func (g *lineage) add(ctx context.Context, shard, first string, after Bookmark, until End, state ...Object) error {
	hours := make([][]Listed, max(until.Hour-after.Hour+1, 0))
	err := Each(g.env, len(hours), hoursAtATime, func(i int) (err error) {
		hours[i], err = Links(ctx, g.env, g.bucket, g.layout, after.Hour+Hour(i), shard)
		return err
	})
	c := &lineageChain{first: first, objects: state}
	for _, k := range slices.Concat(hours...) {
		if Compare(k.First, after.Last) > 0 && Compare(k.First, until.Last) <= 0 {
			c.objects = append(c.objects, k.Object())
		}
	}
	g.chains = append(g.chains, c)
	return err
}
