package serve

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/processor/table"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// Live are the shards of this worker that can be asked, and those who wait for what their sessions do.
type Live struct {
	mu     sync.RWMutex
	shards map[string]*Shard

	waiting atomic.Int64 // number of watches: most of the time there is none, and a record costs nothing
	watches sync.Map     // session id → *watchers
}

// Shard is a shard that can be asked, from the end of its Open to its Close.
type Shard struct {
	asker
	term   term
	hashes event.HashRange
	behind atomic.Int64 // MillisBehindLatest of the last page that has been processed
}

// term is what a Shard has to know of a lease.Term.
type term interface {
	Key() string
	Lease() lease.Lease
	Context() context.Context
}

// asker is what a worker.Processor has to be besides, if its shard is to be asked: processor.Processor is it.
type asker interface {
	Ask(q model.Question, why bool) (processor.Answer, bool)
	OpenVisits() (n int, ok bool)
}

var _ processor.Observer = (*Live)(nil)

// NewLive returns a Live without shards.
func NewLive() *Live { return &Live{shards: map[string]*Shard{}} }

// Watch returns a factory of the same processors, whose shards can be asked.
func (l *Live) Watch(f worker.Factory) worker.Factory {
	return func(t *lease.Term) worker.Processor {
		p := f(t)
		row := t.Lease()
		hashes, err := event.ParseHashRange(row.StartingHashKey, row.EndingHashKey)
		a, ok := worker.Find[asker](p)
		if !ok || err != nil { // without a range the processor's own Open says so
			return p
		}
		return &watched{Processor: p, live: l, shard: &Shard{asker: a, term: t, hashes: hashes}}
	}
}

// watched is a processor whose shard is in live while it can be asked.
type watched struct {
	worker.Processor
	live  *Live
	shard *Shard
}

// Unwrap implements worker.Wrapper.
func (w *watched) Unwrap() worker.Processor { return w.Processor }

// Open implements worker.Processor.
func (w *watched) Open(ctx context.Context) (lease.Position, error) {
	at, err := w.Processor.Open(ctx)
	if err == nil {
		w.live.mu.Lock()
		defer w.live.mu.Unlock()
		w.live.shards[w.shard.term.Key()] = w.shard
	}
	return at, err
}

// Process implements worker.Processor.
func (w *watched) Process(ctx context.Context, page worker.Page) error {
	err := w.Processor.Process(ctx, page)
	w.shard.behind.Store(page.MillisBehindLatest)
	return err
}

// Close implements worker.Processor.
func (w *watched) Close() {
	w.live.mu.Lock()
	if key := w.shard.term.Key(); w.live.shards[key] == w.shard {
		delete(w.live.shards, key)
	}
	w.live.mu.Unlock()
	w.Processor.Close()
}

// Shards returns the shards that can be asked, by id.
func (l *Live) Shards() map[string]*Shard {
	l.mu.RLock()
	defer l.mu.RUnlock()
	all := make(map[string]*Shard, len(l.shards))
	for id, s := range l.shards {
		all[id] = s
	}
	return all
}

// owner returns the shard that a hash key belongs to, if its term goes on; else nil.
func (l *Live) owner(key event.HashKey) *Shard {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, s := range l.shards {
		if s.hashes.Contains(key) && s.term.Context().Err() == nil {
			return s
		}
	}
	return nil
}

// any returns a shard that can be asked, or nil.
func (l *Live) any() *Shard {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, s := range l.shards {
		return s
	}
	return nil
}

// watchers are those who wait for one session.
type watchers struct {
	mu   sync.Mutex
	all  map[chan struct{}]bool
	gone bool // out of the map: a new one has to be made
}

// watch returns a channel that gets something whenever the session has acted; several acts may become one. stop ends that.
func (l *Live) watch(session string) (acts <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	l.waiting.Add(1)
	for {
		v, _ := l.watches.LoadOrStore(session, &watchers{all: map[chan struct{}]bool{}})
		w := v.(*watchers)
		if w.add(c) {
			return c, func() {
				l.waiting.Add(-1)
				w.remove(c, func() { l.watches.CompareAndDelete(session, v) })
			}
		}
	}
}

func (w *watchers) add(c chan struct{}) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.gone {
		w.all[c] = true
	}
	return !w.gone
}

func (w *watchers) remove(c chan struct{}, last func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if delete(w.all, c); len(w.all) == 0 {
		w.gone = true
		last()
	}
}

// Processed implements processor.Observer.
func (l *Live) Processed(_ string, row *table.Row) {
	if l.waiting.Load() == 0 || row.SessionID == nil {
		return
	}
	v, ok := l.watches.Load(*row.SessionID)
	if !ok {
		return
	}
	w := v.(*watchers)
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.all {
		select {
		case c <- struct{}{}:
		default: // it has not looked since the last act
		}
	}
}

// Committed implements processor.Observer.
func (*Live) Committed(string, chain.Batch, time.Duration) {}
