package main

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// lagGauge measures how far checkpoints are behind. All readers of a shard share five reads a second, and the worker uses nearly
// all of them: a shard is read once, without a second try, and not again before a time is over.
type lagGauge struct {
	stream worker.Stream // does not try again by itself
	every  time.Duration

	mu       sync.Mutex
	readings map[string]lagReading // the last that succeeded
	tried    map[string]time.Time
}

// lagReading is one measurement.
type lagReading struct {
	behind time.Duration
	at     time.Time
}

const (
	lagReaders = 8               // at a time
	lagTimeout = 5 * time.Second // for all shards: those that are left have their turn at the next look
)

func newLagGauge(stream worker.Stream, every time.Duration) *lagGauge {
	return &lagGauge{stream: stream, every: every, readings: map[string]lagReading{}, tried: map[string]time.Time{}}
}

// measure reads the shards that are due, and returns what is known of all that have not ended.
func (g *lagGauge) measure(ctx context.Context, leases []lease.Lease) map[string]lagReading {
	ctx, cancel := context.WithTimeout(ctx, lagTimeout)
	defer cancel()
	var readers errgroup.Group
	readers.SetLimit(lagReaders)
	for _, l := range leases {
		if l.Ended() {
			g.forget(l.Key)
		} else if g.due(l.Key) {
			readers.Go(func() error {
				g.read(ctx, &l)
				return nil
			})
		}
	}
	_ = readers.Wait() // what could not be read stays unknown, or as it was
	g.mu.Lock()
	defer g.mu.Unlock()
	known := make(map[string]lagReading, len(g.readings))
	for shard, r := range g.readings {
		known[shard] = r
	}
	return known
}

func (g *lagGauge) due(shard string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	last, ok := g.tried[shard]
	return !ok || time.Since(last) >= g.every
}

func (g *lagGauge) forget(shard string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.readings, shard)
}

// read measures one shard: the first record after the checkpoint has been waiting since it arrived.
func (g *lagGauge) read(ctx context.Context, l *lease.Lease) {
	if ctx.Err() != nil {
		return
	}
	now := time.Now()
	g.mu.Lock()
	g.tried[l.Key] = now
	g.mu.Unlock()
	iterator, err := g.stream.Iterator(ctx, l.Key, l.Checkpoint)
	if err != nil {
		return
	}
	page, err := g.stream.Read(ctx, iterator, 1)
	if err != nil {
		return
	}
	behind := time.Duration(page.MillisBehindLatest) * time.Millisecond
	if len(page.Records) > 0 {
		behind = max(behind, now.Sub(page.Records[0].Arrival))
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.readings[l.Key] = lagReading{behind, now}
}
