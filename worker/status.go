package worker

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/streamrec/streamrec/worker/lease"
)

// ShardStatus is what a worker knows about a shard that it holds.
type ShardStatus struct {
	Shard              string  // its id
	LeaseCounter       int64   // of the term, as it was last written
	MillisBehindLatest int64   // of the last read, -1 before the first
	Records            int64   // delivered in this term
	RecordsPerSecond   float64 // mean of about the last minute
}

// Shards returns the status of the shards that the worker holds, in order of their ids.
func (w *Worker) Shards() []ShardStatus {
	var out []ShardStatus
	now := w.env.Now()
	for _, s := range w.shards.all() {
		out = append(out, ShardStatus{
			Shard: s.term.Key(), LeaseCounter: s.term.Counter(), MillisBehindLatest: s.behind.Load(),
			Records: s.records.Load(), RecordsPerSecond: s.rate.perSecond(now),
		})
	}
	slices.SortFunc(out, func(a, b ShardStatus) int { return cmp.Compare(a.Shard, b.Shard) })
	return out
}

// Leases returns all rows of the lease table as they were last read, and the time of day at which that was. None before the first time.
func (w *Worker) Leases() ([]lease.Lease, time.Time) {
	rows, at := w.report.rows()
	return rows, w.env.Wall().Add(at.Sub(w.env.Now()))
}

// Workers returns the heartbeat rows as they were last read. None before the first time.
func (w *Worker) Workers() []lease.Worker { return w.report.workers() }

// Plan returns the plan of the last replay, as the table said at some time, not long ago.
func (w *Worker) Plan() lease.Plan { return w.coord.Plan() }

// Reached returns the arrival time that all shards of this worker have reached, Unix ms: about now, when they are at the tip of the stream or
// there is none. It is 0 as long as one of them has not been read.
func (w *Worker) Reached() int64 {
	reached := w.env.Wall().UnixMilli()
	for _, s := range w.shards.all() {
		reached = min(reached, s.reached.Load())
	}
	return reached
}

// Ready says what keeps the worker from working on leases: it has not begun, or it cannot reach the table.
func (w *Worker) Ready() error {
	_, at := w.report.rows()
	switch {
	case at.IsZero():
		return errors.New("the lease table has not been read yet")
	case !w.env.Now().Before(w.trustedUntil()):
		return errors.New("no heartbeat was confirmed in time")
	}
	return nil
}
