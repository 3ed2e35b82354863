package erasure

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"sync/atomic"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
)

// List is the list as it was when it was last read. Erased may be called while Refresh runs; Refresh by one goroutine at a time.
type List struct {
	env    chain.Env
	bucket chain.Bucket
	log    string
	read   map[string]bool // keys of tombstones
	count  atomic.Int64    // of them
	until  atomic.Pointer[map[string]time.Time]
}

// NewList returns an empty List of the log with this prefix.
func NewList(env chain.Env, b chain.Bucket, log string) *List {
	return &List{env: env, bucket: b, log: log, read: map[string]bool{}}
}

// Refresh reads the tombstones that have been added. A wrong one is an error, after the others have been taken over: whoever goes on without it
// would write what should be forgotten.
func (l *List) Refresh(ctx context.Context) error {
	var added []string
	err := chain.Retry(ctx, l.env, func(ctx context.Context) error {
		added = added[:0]
		for o, err := range l.bucket.List(ctx, Prefix(l.log)) {
			if err != nil {
				return err
			}
			if !l.read[o.Key] {
				added = append(added, o.Key)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("list erasures: %w", err)
	}
	if len(added) == 0 {
		return nil
	}
	return l.add(ctx, added)
}

func (l *List) add(ctx context.Context, keys []string) error {
	found := make([]Tombstone, len(keys))
	err := chain.Each(l.env, len(keys), 16, func(i int) (err error) {
		found[i], err = l.get(ctx, keys[i])
		return err
	})
	next := map[string]time.Time{}
	if now := l.until.Load(); now != nil {
		maps.Copy(next, *now)
	}
	for i, t := range found {
		if t.valid() {
			l.read[keys[i]] = true
			if t.ErasedAt.After(next[t.CustomerID]) {
				next[t.CustomerID] = t.ErasedAt
			}
		}
	}
	l.until.Store(&next)
	l.count.Store(int64(len(l.read)))
	return err
}

func (l *List) get(ctx context.Context, key string) (t Tombstone, err error) {
	var body []byte
	err = chain.Retry(ctx, l.env, func(ctx context.Context) (err error) {
		body, _, err = l.bucket.Get(ctx, key)
		return err
	})
	if err != nil {
		return t, fmt.Errorf("get %s: %w", key, err)
	}
	if err := json.Unmarshal(body, &t); err != nil || !t.valid() {
		return Tombstone{}, fmt.Errorf("%s is no tombstone", key)
	}
	return t, nil
}

// Erased reports whether a record of a customer that arrived then is covered by a tombstone.
func (l *List) Erased(customerID string, arrival time.Time) bool {
	until := l.until.Load()
	if until == nil {
		return false
	}
	t, ok := (*until)[customerID]
	return ok && !arrival.After(t)
}

// Tombstones is how many have been read. As none is ever removed, whoever has heeded so many has heeded the same ones.
func (l *List) Tombstones() int { return int(l.count.Load()) }

// Len is how many pseudonyms have been erased.
func (l *List) Len() int {
	if until := l.until.Load(); until != nil {
		return len(*until)
	}
	return 0
}
