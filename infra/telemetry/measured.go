package telemetry

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// Stream returns the same stream, whose reads are measured.
func (m *Metrics) Stream(s worker.Stream) worker.Stream { return &measuredStream{s, m} }

type measuredStream struct {
	worker.Stream
	metrics *Metrics
}

// Read implements worker.Stream.
func (s *measuredStream) Read(ctx context.Context, iterator string, limit int32) (worker.Page, error) {
	began := time.Now()
	page, err := s.Stream.Read(ctx, iterator, limit)
	if err != nil {
		if ctx.Err() == nil {
			s.metrics.counters["get_records_failures_total"].Inc()
		}
		return page, err
	}
	s.metrics.observe("get_records_seconds", time.Since(began))
	bytes := 0
	for i := range page.Records {
		bytes += len(page.Records[i].Data)
	}
	s.metrics.counters["data_bytes_processed_total"].Add(float64(bytes))
	return page, nil
}

// Terms returns the same factory, whose terms are counted.
func (m *Metrics) Terms(f worker.Factory) worker.Factory {
	c := &termCounter{metrics: m, terms: map[string]*lease.Term{}}
	return func(t *lease.Term) worker.Processor {
		c.begin(t)
		return &countedTerm{f(t), c, t}
	}
}

// termCounter knows which terms have been counted: a shard that is opened again keeps its term.
type termCounter struct {
	metrics *Metrics

	mu    sync.Mutex
	terms map[string]*lease.Term
}

func (c *termCounter) begin(t *lease.Term) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.terms[t.Key()] == t {
		c.metrics.counters["reopened_shards_total"].Inc()
		return
	}
	c.terms[t.Key()] = t
	c.metrics.counters["taken_leases_total"].Inc()
}

// end notes the end of a processor, which need not be that of its term: where it is opened again, the term has no cause.
func (c *termCounter) end(t *lease.Term) {
	if !c.count(t.Lease(), context.Cause(t.Context())) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.terms[t.Key()] == t {
		delete(c.terms, t.Key())
	}
}

// count counts the end of a term, and reports whether it is one.
func (c *termCounter) count(row lease.Lease, cause error) bool {
	name := "failed_terms_total"
	switch {
	case row.Ended():
		name = "ended_shards_total"
	case cause == nil:
		return false
	case errors.Is(cause, lease.ErrHandOff), errors.Is(cause, lease.ErrShutdownRequested):
		name = "handed_off_leases_total"
	case errors.Is(cause, lease.ErrReplanned):
		name = "replanned_terms_total"
	case errors.Is(cause, lease.ErrLeaseLost):
		name = "lost_leases_total"
	}
	c.metrics.counters[name].Inc()
	return true
}

// countedTerm is a processor whose end is counted.
type countedTerm struct {
	worker.Processor
	counter *termCounter
	term    *lease.Term
}

// Close implements worker.Processor.
func (t *countedTerm) Close() {
	t.Processor.Close()
	t.counter.end(t.term)
}

// Unwrap implements worker.Wrapper.
func (t *countedTerm) Unwrap() worker.Processor { return t.Processor }
