package main

import (
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/streamrec/streamrec/infra/dashboard"
	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/table"
)

// tally counts what one worker does in its life, for the dashboard. The hit rate is that of lists the worker has made itself: how often
// the next product of a session was in the list made for the one before.
type tally struct {
	started                                     time.Time
	rows, bad, objects, bytes, predicted, right atomic.Int64

	seed maphash.Seed
	mu   sync.Mutex
	// The sessions that have come lately, and those before them, which are forgotten when there are as many of the former as are kept.
	young, old map[uint64]listMade
}

// listMade is the newest list of a session, as hashes. It is small enough for a map to hold it without an allocation of its own.
type listMade struct {
	product uint32
	length  int32
	list    [recommendationLength]uint32
}

// sessionsTallied bounds the memory: some 100 bytes each, twice.
const sessionsTallied = 20_000

var _ processor.Observer = (*tally)(nil)

func newTally() *tally {
	return &tally{started: time.Now(), seed: maphash.MakeSeed(), young: map[uint64]listMade{}}
}

// Processed implements processor.Observer.
func (t *tally) Processed(_ string, row *table.Row) {
	t.rows.Add(1)
	if row.Error != nil {
		t.bad.Add(1)
	}
	n := len(row.BrowseHistory)
	if row.SessionID == nil || row.Duplicate || n == 0 || row.BrowseHistory[n-1].ProductCode == nil || len(row.Recommendations) == 0 {
		return
	}
	made := listMade{product: t.hash(*row.BrowseHistory[n-1].ProductCode)}
	for i := range min(recommendationLength, len(row.Recommendations)) {
		made.list[i] = t.hash(row.Recommendations[i].ProductCode)
		made.length++
	}
	t.judge(maphash.String(t.seed, *row.SessionID), &made)
}

func (t *tally) hash(product string) uint32 { return uint32(maphash.String(t.seed, product)) }

// judge compares a product with the list made before it, and keeps the list made after it.
func (t *tally) judge(session uint64, made *listMade) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before, ok := t.young[session]
	if !ok {
		before, ok = t.old[session]
	}
	if len(t.young) >= sessionsTallied {
		t.young, t.old = map[uint64]listMade{}, t.young
	}
	t.young[session] = *made
	if !ok || before.product == made.product {
		return
	}
	t.predicted.Add(1)
	if slices.Contains(before.list[:before.length], made.product) {
		t.right.Add(1)
	}
}

// Committed implements processor.Observer.
func (t *tally) Committed(_ string, link chain.Batch, _ time.Duration) {
	t.objects.Add(1)
	t.bytes.Add(int64(len(link.Body)))
}

func (t *tally) counters() dashboard.Counters {
	return dashboard.Counters{
		StartedAt: t.started.UnixMilli(), Rows: t.rows.Load(), DeadLetters: t.bad.Load(), Objects: t.objects.Load(), Bytes: t.bytes.Load(),
		Predictions: t.predicted.Load(), Hits: t.right.Load(), StaleMs: -1,
	}
}

// self is what the service knows of itself.
func (s *service) self() dashboard.Self {
	self := dashboard.Self{Worker: s.ID(), Counters: s.tally.counters()}
	if s.models != nil && s.models.Latest() != nil {
		stats := s.models.Latest().Stats()
		self.Counters.Facts, self.Counters.Items, self.Counters.StaleMs = int64(stats.Facts), int64(stats.Items), s.models.StaleMs()
	}
	for _, sh := range s.Shards() {
		silent, usual := s.silence(sh)
		if !s.upstream.Heard(sh.Shard) {
			silent = -time.Millisecond // since the last record of an owner before this one, or since ever
		}
		self.Shards = append(self.Shards, dashboard.SelfShard{
			Shard: sh.Shard, Counter: sh.LeaseCounter, LagMs: sh.MillisBehindLatest, Rate: sh.RecordsPerSecond, SilentMs: silent.Milliseconds(), Usual: usual,
		})
	}
	self.Upstream = new(s.upstream.Report())
	return self
}

// observers tell several observers.
type observers []processor.Observer

var _ processor.Observer = observers(nil)

// Processed implements processor.Observer.
func (all observers) Processed(shard string, row *table.Row) {
	for _, o := range all {
		o.Processed(shard, row)
	}
}

// Committed implements processor.Observer.
func (all observers) Committed(shard string, link chain.Batch, took time.Duration) {
	for _, o := range all {
		o.Committed(shard, link, took)
	}
}
