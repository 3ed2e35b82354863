package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/streamrec/streamrec/processor/chain"
)

// list calls visit for every object under prefix, once and in the order of keys. A listing that fails half-way begins anew.
func (a *auditor) list(ctx context.Context, prefix string, visit func(chain.Object) error) error {
	last := ""
	var stop error
	err := chain.Retry(ctx, a.o.Env, func(ctx context.Context) error {
		for o, err := range a.o.Bucket.List(ctx, prefix) {
			if err != nil {
				return err
			}
			if o.Key <= last {
				continue
			}
			if stop = visit(o); stop != nil {
				return nil
			}
			last = o.Key
		}
		return nil
	})
	if err = errors.Join(err, stop); err != nil {
		return fmt.Errorf("list %s: %w", prefix, err)
	}
	return nil
}

// get returns the content of an object.
func (a *auditor) get(ctx context.Context, key string) (body []byte, err error) {
	err = chain.Retry(ctx, a.o.Env, func(ctx context.Context) (err error) {
		body, _, err = a.o.Bucket.Get(ctx, key)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", key, err)
	}
	return body, nil
}

// readLinks lists the links and reads their metadata.
func (a *auditor) readLinks(ctx context.Context) error {
	return a.heads(ctx, func(key string) bool {
		_, _, _, err := a.o.Layout.ParseLinkKey(key)
		switch {
		case errors.Is(err, chain.ErrSuperseded):
			a.superseded++
		case err != nil:
			a.found.add(Anomaly{
				Kind: Foreign, Key: key, Stray: true,
				Meaning: "It lies among the links and its key is not that of a link: readers of the table may trip over it.",
			})
		}
		return err == nil
	})
}

// fillHoles lists again for shards with holes, whose links it gets as they were listed, by first. While the first listing passed,
// a link may have been put behind it and its successor before it. Whatever precedes a listed link existed when that listing
// ended, so a second one has it.
func (a *auditor) fillHoles(ctx context.Context, holes map[string][]link) error {
	return a.heads(ctx, func(key string) bool {
		hour, id, first, err := a.o.Layout.ParseLinkKey(key)
		links := holes[id]
		if err != nil || len(links) == 0 || a.isStray(key) {
			return false
		}
		n, err := parseNumber(first)
		i, listed := slices.BinarySearchFunc(links, link{first: n, hour: hour}, byFirst)
		return err == nil && !listed && i < len(links)
	})
}

// heads reads the metadata of the wanted links while it lists.
func (a *auditor) heads(ctx context.Context, wanted func(key string) bool) error {
	g, ctx := errgroup.WithContext(ctx)
	keys := make(chan string)
	g.Go(func() error {
		defer close(keys)
		for _, generation := range a.o.Layout.Generations() {
			if err := a.listLinks(ctx, a.o.Layout.In(generation), wanted, keys); err != nil {
				return err
			}
		}
		return nil
	})
	for range a.o.Concurrency {
		g.Go(func() error { return a.headLinks(ctx, keys) })
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("read links: %w", err)
	}
	return nil
}

// listLinks sends the wanted links of a generation.
func (a *auditor) listLinks(ctx context.Context, layout chain.Layout, wanted func(key string) bool, keys chan<- string) error {
	return a.list(ctx, layout.DataPrefix(), func(o chain.Object) error {
		if !wanted(o.Key) {
			return nil
		}
		a.progress.expect(a.perLink())
		select {
		case keys <- o.Key:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
}

func (a *auditor) headLinks(ctx context.Context, keys <-chan string) error {
	for key := range keys {
		if err := a.headLink(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// headLink reads the metadata of one link and files it under its shard.
func (a *auditor) headLink(ctx context.Context, key string) error {
	o, err := a.head(ctx, key)
	if errors.Is(err, chain.ErrNotFound) {
		a.stray(key, Vanished, "It was listed and is not there any more: somebody deletes links.")
		return nil
	}
	if err != nil {
		return err
	}
	id, l, kind, bad := parseLink(a.o.Layout, o)
	if bad != nil {
		a.stray(key, kind, fmt.Sprintf("It is on no chain, so that readers see rows that were never committed: %v.", bad))
		return nil
	}
	a.progress.step(1)
	a.edit(id, func(s *shard) { s.links = append(s.links, l) })
	return nil
}

func (a *auditor) head(ctx context.Context, key string) (o chain.Object, err error) {
	err = chain.Retry(ctx, a.o.Env, func(ctx context.Context) (err error) {
		o, err = a.o.Bucket.Head(ctx, key)
		return err
	})
	if err != nil {
		return o, fmt.Errorf("head %s: %w", key, err)
	}
	o.Key = key
	return o, nil
}

// stray names an object with the key of a link that is on no chain.
func (a *auditor) stray(key string, kind Kind, meaning string) {
	_, id, _, _ := a.o.Layout.ParseLinkKey(key) // it is the key of a link
	a.progress.step(1)
	a.found.add(Anomaly{Kind: kind, Shard: id, Key: key, Stray: kind != Vanished, Meaning: meaning})
	a.mu.Lock()
	defer a.mu.Unlock()
	a.strays[key] = true
}

func (a *auditor) isStray(key string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.strays[key]
}

// perLink is how many steps of progress a link stands for.
func (a *auditor) perLink() int64 {
	if a.o.SkipRows {
		return 1
	}
	return 2
}
