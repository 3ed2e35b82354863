package main

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/table"
	"github.com/streamrec/streamrec/worker"
)

// fleetStats counts what all workers do.
type fleetStats struct {
	rows, bad, objects, bytes atomic.Int64

	mu      sync.Mutex
	reached map[string]string // by shard: the sequence number of the last record processed
	latest  []recommended     // the newest last
	last    time.Time
	crash   time.Time
	waiting map[string]bool // shards of the crashed worker that nobody has gone on with
	resumed []time.Duration // how long after the crash each of them went on
}

// recommended is a list that a shopper has just got.
type recommended struct {
	shard, city, product string
	list                 []string
}

var _ processor.Observer = (*fleetStats)(nil)

func newFleetStats() *fleetStats {
	return &fleetStats{waiting: map[string]bool{}, reached: map[string]string{}}
}

// crashed notes the shards that a worker held when it crashed.
func (s *fleetStats) crashed(held []worker.ShardStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.crash = time.Now()
	for _, h := range held {
		s.waiting[h.Shard] = true
	}
}

// Processed implements processor.Observer.
func (s *fleetStats) Processed(shard string, row *table.Row) {
	s.rows.Add(1)
	if row.Error != nil {
		s.bad.Add(1)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if chain.Compare(row.SequenceNumber, s.reached[shard]) > 0 {
		s.reached[shard] = row.SequenceNumber
	}
	// The victim's last batch may still be in its hands: what it does after the crash does not count.
	if s.waiting[shard] && now.Sub(s.crash) > time.Second {
		delete(s.waiting, shard)
		s.resumed = append(s.resumed, now.Sub(s.crash))
	}
	if len(row.BrowseHistory) == 0 || len(row.Recommendations) == 0 || now.Sub(s.last) < 400*time.Millisecond {
		return
	}
	s.last = now
	s.latest = append(s.latest, newRecommended(shard, row))
	s.latest = s.latest[max(0, len(s.latest)-5):]
}

func newRecommended(shard string, row *table.Row) recommended {
	r := recommended{shard: shard}
	if row.City != nil {
		r.city = *row.City
	}
	if code := row.BrowseHistory[len(row.BrowseHistory)-1].ProductCode; code != nil {
		r.product = *code
	}
	for _, rec := range row.Recommendations[:min(3, len(row.Recommendations))] {
		r.list = append(r.list, rec.ProductCode)
	}
	return r
}

// Committed implements processor.Observer.
func (s *fleetStats) Committed(_ string, link chain.Batch, _ time.Duration) {
	s.objects.Add(1)
	s.bytes.Add(int64(len(link.Body)))
}

// reachedAll reports whether each shard has been processed up to the sequence number given for it.
func (s *fleetStats) reachedAll(last map[string]string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for shard, sequence := range last {
		if chain.Compare(s.reached[shard], sequence) < 0 {
			return false
		}
	}
	return true
}

// lists returns the newest recommendations.
func (s *fleetStats) lists() []recommended {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.latest)
}

// failover returns how long after the crash each shard of the crashed worker went on, and how many have not yet.
func (s *fleetStats) failover() (resumed []time.Duration, waiting int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(slices.Values(s.resumed)), len(s.waiting)
}
