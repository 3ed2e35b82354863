package audit_test

import (
	"context"
	"iter"
	"slices"
	"sync"
	"testing"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/chain/chaintest"
)

// busy is a bucket into which workers write while it is audited. Its listings have pages of two keys, and the workers get on before every
// page and every request.
type busy struct {
	*chaintest.Bucket
	mu   sync.Mutex
	step func()
}

func (b *busy) work() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.step()
}

func (b *busy) Head(ctx context.Context, key string) (chain.Object, error) {
	b.work()
	return b.Bucket.Head(ctx, key)
}

func (b *busy) Get(ctx context.Context, key string) ([]byte, chain.Object, error) {
	b.work()
	return b.Bucket.Get(ctx, key)
}

func (b *busy) List(_ context.Context, prefix string) iter.Seq2[chain.Object, error] {
	return func(yield func(chain.Object, error) bool) {
		for last := ""; ; {
			b.work()
			page := slices.DeleteFunc(b.Keys(prefix), func(k string) bool { return k <= last })
			page = page[:min(2, len(page))]
			for _, key := range page {
				if last = key; !yield(chain.Object{Key: key}, nil) {
					return
				}
			}
			if len(page) == 0 {
				return
			}
		}
	}
}

// work makes some worker do something: commit a batch, end a chain, or let records arrive; now and then the stream is resharded.
func (w *world) work(tb testing.TB, split bool) {
	s := w.shards[w.rng.IntN(len(w.shards))]
	for _, id := range s.Parents { // parents before children
		if mark, err := chain.ReadEnd(context.Background(), w.env, w.bucket, layout, id); err != nil || mark == nil {
			return
		}
	}
	if s.writer == nil {
		w.open(tb, s)
	}
	switch n := w.committed(s); {
	case n < len(s.records):
		w.commitOne(tb, s, min(len(s.records), n+1+w.rng.IntN(3)))
	case s.closed:
		_, err := s.writer.Finish(context.Background(), s.children)
		must(tb, err)
	case split && w.rng.IntN(3) == 0:
		w.arrive(w.shard("", "", s), 3)
	default:
		w.arrive(s, 1+w.rng.IntN(4))
	}
}

// TestLogThatGrowsIsClean audits logs while workers write to them: what the audit sees of them is never a moment, and always sound.
func TestLogThatGrowsIsClean(t *testing.T) {
	logs := uint64(80)
	if testing.Short() {
		logs = 15
	}
	for seed := range logs {
		w := newWorld(t, seed)
		w.step /= 4
		for range 1 + w.rng.IntN(3) {
			w.arrive(w.shard("", ""), w.rng.IntN(10))
		}
		for range w.rng.IntN(30) {
			w.work(t, true)
		}
		steps := 150
		b := &busy{Bucket: w.bucket, step: func() {
			for range w.rng.IntN(6) {
				if steps--; steps > 0 {
					w.work(t, true)
				}
			}
		}}
		x := &stream{world: w}
		x.fault = func(string, string) error { b.work(); return nil }
		o := w.against()
		o.Bucket, o.Stream, o.SkipRows, o.Concurrency = b, x, seed%5 != 0, 1
		r := run(t, o)
		if !r.Clean() {
			t.Fatalf("seed %d: %s", seed, describe(r))
		}
		if steps > 100 {
			t.Fatalf("seed %d: the log hardly grew", seed)
		}
	}
}

// TestHoleInTheListingIsLookedAtAgain hides a link from the first listing, as if it had been put behind it.
func TestHoleInTheListingIsLookedAtAgain(t *testing.T) {
	w := standard(t, 41)
	keys := w.links(w.shards[0])
	for _, key := range keys[:len(keys)-1] {
		lists := 0
		o := w.against()
		o.Bucket = hiding{w.bucket, func(prefix, k string) bool {
			if prefix == layout.DataPrefix() && k == keys[0] {
				lists++
			}
			return prefix == layout.DataPrefix() && k == key && lists <= 1
		}}
		r := run(t, o)
		requireClean(t, r)
		if lists != 2 {
			t.Errorf("%d listings of the links", lists)
		}
	}
}

// TestHoleInTheSecondListing shows the second listing, too, a link whose predecessor it does not show: it is newer than the first one.
func TestHoleInTheSecondListing(t *testing.T) {
	w := standard(t, 41)
	s := w.shards[4]
	keys := w.links(s)
	n := len(keys)
	lists := 0
	o := w.options()
	o.Bucket = hiding{w.bucket, func(prefix, k string) bool {
		if prefix != layout.DataPrefix() {
			return false
		}
		if k == w.links(w.shards[0])[0] {
			lists++
		}
		if lists == 1 {
			return k == keys[1] || k == keys[n-2] || k == keys[n-1]
		}
		return k == keys[n-2]
	}}
	r := run(t, o)
	requireClean(t, r)
	if lists != 2 || r.Shards[4].Links != int64(n-2) {
		t.Errorf("%d listings, %d links of %d", lists, r.Shards[4].Links, n)
	}
}

// hiding leaves keys out of listings.
type hiding struct {
	chain.Bucket
	hidden func(prefix, key string) bool
}

func (h hiding) List(ctx context.Context, prefix string) iter.Seq2[chain.Object, error] {
	return func(yield func(chain.Object, error) bool) {
		for o, err := range h.Bucket.List(ctx, prefix) {
			if err == nil && h.hidden(prefix, o.Key) {
				continue
			}
			if !yield(o, err) {
				return
			}
		}
	}
}
