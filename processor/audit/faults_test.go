package audit_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"

	"github.com/streamrec/streamrec/processor/audit"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/chain/chaintest"
)

// TestVanishedObjectIsNamed lets an object be listed that is not there.
func TestVanishedObjectIsNamed(t *testing.T) {
	w := small(t, 42)
	s := w.shards[0]
	for _, c := range []struct {
		key  string
		want []finding
	}{
		{w.links(s)[1], []finding{{audit.Vanished, w.links(s)[1]}, {audit.Gap, w.links(s)[2]}}},
		{layout.StartKey(s.ID), []finding{{audit.Vanished, layout.StartKey(s.ID)}}},
		{layout.EndKey(s.ID), []finding{{audit.Vanished, layout.EndKey(s.ID)}}},
	} {
		w.restored(t, func() {
			o := w.options()
			o.Bucket = listing{w.bucket, w.bucket.Keys("")}
			w.bucket.Delete(c.key)
			requireFound(t, run(t, o), c.want...)
		})
	}
	o := w.options()
	key := w.links(s)[1]
	w.bucket.Decide = func(op, k string) chaintest.Fault {
		if op == "get" && k == key {
			w.bucket.Decide = nil
			w.bucket.Delete(key)
		}
		return chaintest.None
	}
	o.Concurrency = 1
	requireFound(t, run(t, o), finding{audit.Vanished, key})
}

// listing lists keys whatever is there.
type listing struct {
	chain.Bucket
	keys []string
}

func (l listing) List(_ context.Context, prefix string) iter.Seq2[chain.Object, error] {
	return func(yield func(chain.Object, error) bool) {
		for _, key := range l.keys {
			if strings.HasPrefix(key, prefix) && !yield(chain.Object{Key: key}, nil) {
				return
			}
		}
	}
}

// TestStoreFaultsAreOvercome lets a third of the requests fail, listings half-way among them.
func TestStoreFaultsAreOvercome(t *testing.T) {
	w := standard(t, 43)
	want := run(t, w.against())
	var mu sync.Mutex
	o := w.against()
	w.bucket.Decide = func(string, string) chaintest.Fault {
		mu.Lock()
		defer mu.Unlock()
		if w.rng.IntN(3) == 0 {
			return chaintest.Fail
		}
		return chaintest.None
	}
	o.Bucket = &halting{Bucket: w.bucket}
	got := run(t, o)
	got.At = want.At
	requireClean(t, got)
	if a, b := describe(want), describe(got); a != b {
		t.Errorf("with faults:\n%s\nwithout:\n%s", b, a)
	}
}

// halting breaks every other listing off after three keys.
type halting struct {
	*chaintest.Bucket
	lists int
}

func (h *halting) List(ctx context.Context, prefix string) iter.Seq2[chain.Object, error] {
	return func(yield func(chain.Object, error) bool) {
		h.lists++
		n := 0
		for o, err := range h.Bucket.List(ctx, prefix) {
			if n++; n == 4 && h.lists%2 == 0 {
				yield(chain.Object{}, chaintest.ErrLost)
				return
			}
			if !yield(o, err) {
				return
			}
		}
	}
}

// TestRefusalEndsTheAudit refuses requests of each kind: the audit cannot say anything then.
func TestRefusalEndsTheAudit(t *testing.T) {
	w := standard(t, 44)
	for _, op := range []string{
		"list " + layout.MarksPrefix(), "list " + layout.DataPrefix(), "head " + w.links(w.shards[1])[0],
		"get " + w.links(w.shards[1])[0], "get " + layout.StartKey(w.shards[1].ID), "get " + layout.EndKey(w.shards[1].ID), "get " + layout.ConfigKey(),
	} {
		w.bucket.Decide = nil
		o := w.against()
		o.Bucket = refusing{w.bucket, op}
		r, err := audit.Run(t.Context(), o)
		if !errors.Is(err, chain.ErrRefused) || r != nil {
			t.Errorf("%s is refused: %v", op, err)
		}
	}
}

type refusing struct {
	*chaintest.Bucket
	what string
}

func (r refusing) check(op, key string) error {
	if r.what == op+" "+key {
		return fmt.Errorf("%s: %w", r.what, chain.ErrRefused)
	}
	return nil
}

func (r refusing) Head(ctx context.Context, key string) (chain.Object, error) {
	if err := r.check("head", key); err != nil {
		return chain.Object{}, err
	}
	return r.Bucket.Head(ctx, key)
}

func (r refusing) Get(ctx context.Context, key string) ([]byte, chain.Object, error) {
	if err := r.check("get", key); err != nil {
		return nil, chain.Object{}, err
	}
	return r.Bucket.Get(ctx, key)
}

func (r refusing) List(ctx context.Context, prefix string) iter.Seq2[chain.Object, error] {
	if err := r.check("list", prefix); err != nil {
		return func(yield func(chain.Object, error) bool) { yield(chain.Object{}, err) }
	}
	return r.Bucket.List(ctx, prefix)
}

// TestCancelledAuditEnds ends the context at each request in turn.
func TestCancelledAuditEnds(t *testing.T) {
	w := small(t, 45)
	stop := errors.New("operator went home")
	for n := 1; ; n++ {
		ctx, cancel := context.WithCancelCause(t.Context())
		left := n
		o := w.against()
		o.Concurrency = 1
		o.Bucket = &busy{Bucket: w.bucket, step: func() {
			if left--; left == 0 {
				cancel(stop)
			}
		}}
		_, err := audit.Run(ctx, o)
		cancel(nil)
		if left > 0 {
			if err != nil || n < 10 {
				t.Errorf("run with %d requests: %v", n, err)
			}
			return
		}
		if !errors.Is(err, stop) {
			t.Fatalf("cancelled at request %d: %v", n, err)
		}
	}
}
