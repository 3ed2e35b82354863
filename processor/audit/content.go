package audit

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/streamrec/streamrec/processor/chain"
)

// content is what was found in Parquet objects.
type content struct {
	objects    int64
	records    int64
	rows       int64
	duplicates int64
	errors     map[string]int64 // rows with an error, by class
}

// maxClasses bounds how many classes of errors are told apart: there are a few dozen, unless a file is not ours.
const (
	maxClasses = 64
	otherClass = "other"
)

func (c *content) addError(class string, n int64) {
	if c.errors == nil {
		c.errors = map[string]int64{}
	}
	if _, ok := c.errors[class]; !ok && len(c.errors) >= maxClasses {
		class = otherClass
	}
	c.errors[class] += n
}

func (c *content) add(d *content) {
	c.objects, c.records, c.rows, c.duplicates = c.objects+d.objects, c.records+d.records, c.rows+d.rows, c.duplicates+d.duplicates
	for class, n := range d.errors {
		c.addError(class, n)
	}
}

// bodyBytes bounds the objects that are in memory at a time. A larger one is read alone.
const bodyBytes = 256 << 20

// readRows reads the object of every link of every chain.
func (a *auditor) readRows(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(a.o.Concurrency)
	room := semaphore.NewWeighted(bodyBytes)
	err := a.eachLink(func(s *shard, i int) error {
		weight := min(s.chain[i].size, bodyBytes)
		if err := room.Acquire(ctx, weight); err != nil {
			return context.Cause(ctx)
		}
		g.Go(func() error {
			defer room.Release(weight)
			defer a.progress.step(1)
			return a.readObject(ctx, s, i)
		})
		return nil
	})
	if failed := g.Wait(); failed != nil {
		err = failed
	}
	if err != nil {
		return fmt.Errorf("read rows: %w", err)
	}
	return nil
}

// eachLink visits the links of all chains, in order, until an error.
func (a *auditor) eachLink(visit func(s *shard, i int) error) error {
	for _, s := range a.sorted() {
		for i := range s.chain {
			if err := visit(s, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// readObject checks the rows of one link.
func (a *auditor) readObject(ctx context.Context, s *shard, i int) error {
	l := &s.chain[i]
	key := linkKey(a.o.Layout, s.id, l.hour, l.first)
	add := func(p problem) { a.found.add(Anomaly{Kind: p.kind, Shard: s.id, Key: key, Meaning: p.meaning}) }
	body, err := a.get(ctx, key)
	if errors.Is(err, chain.ErrNotFound) {
		add(problem{Vanished, "It was listed and is not there any more: somebody deletes links."})
		return nil
	}
	if err != nil {
		return err
	}
	in := newInspection(s, i, a.acks.within(s.id, l.first, l.last))
	problems, err := in.read(ctx, body)
	if err != nil {
		return err
	}
	for _, p := range problems {
		add(p)
	}
	a.edit(s.id, func(s *shard) { s.content.add(&in.content) })
	return nil
}
