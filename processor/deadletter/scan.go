package deadletter

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/table"
)

// Options say what is read. Env, Bucket and Layout are required.
type Options struct {
	Env    chain.Env
	Bucket chain.Bucket
	Layout chain.Layout
	Filter Filter
	// Concurrency is how many objects are fetched at a time. Defaults to 8.
	Concurrency int
	// MaxBytes bounds the objects that are in memory at a time; a larger one is fetched alone. Defaults to 256 MiB.
	MaxBytes int64
	// Progress, if not nil, is told after each object how many of those listed so far have been read.
	Progress func(done, total int64)
}

// Totals sum up what was read.
type Totals struct {
	Objects int64            `json:"objects"`
	Rows    int64            `json:"rows"`    // with and without error
	Letters int64            `json:"letters"` // that passed the filter
	Bytes   int64            `json:"bytes"`   // of what could not be decoded
	Classes map[string]int64 `json:"classes"`
	// Unreadable are the keys of objects that are no tables, or damaged.
	Unreadable []string `json:"unreadable,omitempty"`
}

// object is a listed object that is fetched while those before it are read.
type object struct {
	key    string
	weight int64
	body   []byte
	err    error
	ready  chan struct{}
}

// scan is one run.
type scan struct {
	o      Options
	room   *semaphore.Weighted
	queue  chan *object
	totals Totals
}

// Scan passes every letter that the filter wants to each, by hour, shard and sequence number. The error is that of each, of ctx, or of
// the bucket.
func Scan(ctx context.Context, o Options, each func(*Letter) error) (Totals, error) {
	o.Concurrency, o.MaxBytes = cmp.Or(o.Concurrency, 8), cmp.Or(o.MaxBytes, 256<<20)
	s := &scan{o: o, room: semaphore.NewWeighted(o.MaxBytes), queue: make(chan *object, o.Concurrency), totals: Totals{Classes: map[string]int64{}}}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(s.queue)
		return s.list(ctx)
	})
	g.Go(func() error { return s.read(ctx, each) })
	if err := g.Wait(); err != nil {
		return s.totals, fmt.Errorf("scan log: %w", err)
	}
	return s.totals, nil
}

// list starts to fetch the wanted objects, in the order of their keys, as far ahead as there is room for.
func (s *scan) list(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(s.o.Concurrency)
	var err error
	for _, prefix := range s.o.Filter.prefixes(s.o.Layout) {
		if err = s.listPrefix(ctx, g, prefix); err != nil {
			break
		}
	}
	return errors.Join(err, g.Wait())
}

// listPrefix begins anew when a listing fails half-way, after the objects that it has had.
func (s *scan) listPrefix(ctx context.Context, g *errgroup.Group, prefix string) error {
	last := ""
	var stop error
	err := chain.Retry(ctx, s.o.Env, func(ctx context.Context) error {
		for o, err := range s.o.Bucket.List(ctx, prefix) {
			if err != nil {
				return err
			}
			if o.Key <= last {
				continue
			}
			last = o.Key
			if stop = s.enqueue(ctx, g, o); stop != nil {
				return nil
			}
		}
		return nil
	})
	if err = errors.Join(err, stop); err != nil {
		return fmt.Errorf("list %s: %w", prefix, err)
	}
	return nil
}

func (s *scan) enqueue(ctx context.Context, g *errgroup.Group, o chain.Object) error {
	hour, shard, _, err := s.o.Layout.ParseLinkKey(o.Key)
	if err != nil || !s.o.Filter.wantsObject(hour, shard) {
		return nil
	}
	next := &object{key: o.Key, weight: min(o.Size, s.o.MaxBytes), ready: make(chan struct{})}
	if err := s.room.Acquire(ctx, next.weight); err != nil {
		return context.Cause(ctx)
	}
	g.Go(func() error {
		defer close(next.ready)
		next.body, next.err = s.get(ctx, next.key)
		return nil
	})
	select {
	case s.queue <- next:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *scan) get(ctx context.Context, key string) (body []byte, err error) {
	err = chain.Retry(ctx, s.o.Env, func(ctx context.Context) (err error) {
		body, _, err = s.o.Bucket.Get(ctx, key)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", key, err)
	}
	return body, nil
}

// read reads the objects in the order in which they were listed.
func (s *scan) read(ctx context.Context, each func(*Letter) error) error {
	for o := range s.queue {
		select {
		case <-o.ready:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if o.err != nil {
			return o.err
		}
		if err := s.readObject(ctx, o, each); err != nil {
			return err
		}
		s.room.Release(o.weight)
		s.totals.Objects++
		if s.o.Progress != nil {
			s.o.Progress(s.totals.Objects, s.totals.Objects+int64(len(s.queue)))
		}
	}
	return nil
}

func (s *scan) readObject(ctx context.Context, o *object, each func(*Letter) error) error {
	err := table.Read(ctx, bytes.NewReader(o.body), int64(len(o.body)), func(rows []row) error {
		for i := range rows {
			if err := s.readRow(o.key, &rows[i], each); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, table.ErrCorrupt) {
		s.totals.Unreadable = append(s.totals.Unreadable, o.key)
		return nil
	}
	return err
}

func (s *scan) readRow(key string, r *row, each func(*Letter) error) error {
	s.totals.Rows++
	if r.Error == nil {
		return nil
	}
	l := r.letter(key)
	if !s.o.Filter.wants(l) {
		return nil
	}
	s.totals.Letters++
	s.totals.Bytes += int64(l.Size())
	s.totals.Classes[l.Class()]++
	return each(l)
}
