package lease

import "time"

// Observer decides which workers are dead without comparing clocks: a worker is dead when a read that began at least T after
// the end of the read in which its counter was first seen returns the same counter. Time in which nothing could be read
// does not count, since only reads that succeed are told to the Observer.
type Observer struct {
	failover time.Duration
	seen     map[string]sighting // nil before the first read
}

type sighting struct {
	counter int64
	first   time.Time // end of the first read that returned counter
	last    time.Time // start of the latest read that returned counter
	moved   bool      // the counter has been seen to move, or the row to appear
}

// NewObserver returns an Observer with failover time T.
func NewObserver(failover time.Duration) *Observer {
	return &Observer{failover: failover}
}

// See takes note of a read of all heartbeat rows, which began and ended then.
func (o *Observer) See(workers []Worker, began, ended time.Time) {
	now := make(map[string]sighting, len(workers))
	for _, w := range workers {
		s, ok := o.seen[w.ID]
		if !ok || s.counter != w.Counter {
			s = sighting{counter: w.Counter, first: ended, last: began, moved: o.seen != nil}
		}
		s.last = began
		now[w.ID] = s
	}
	o.seen = now
}

// Still returns for how long the worker's counter is known not to have moved. A worker without row has been still for ever.
func (o *Observer) Still(worker string) time.Duration {
	s, ok := o.seen[worker]
	if !ok {
		return 1<<63 - 1
	}
	return max(0, s.last.Sub(s.first))
}

// Known reports whether the worker had a row at the latest read.
func (o *Observer) Known(worker string) bool {
	_, ok := o.seen[worker]
	return ok
}

// Dead reports whether the worker has to be held for dead, or has no row.
func (o *Observer) Dead(worker string) bool { return o.Still(worker) >= o.failover }

// Fresh reports whether the worker's counter moved lately, so that it may be handed a lease.
func (o *Observer) Fresh(worker string, now time.Time) bool {
	s, ok := o.seen[worker]
	return ok && s.moved && now.Sub(s.first) <= o.failover/2
}
