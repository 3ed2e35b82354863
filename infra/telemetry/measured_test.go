package telemetry

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/streamrec/streamrec/worker/lease"
)

// TestTermsAreCountedByTheirEnds holds that what a planned reset ends is not counted as lost.
func TestTermsAreCountedByTheirEnds(t *testing.T) {
	m := NewMetrics(nil)
	c := &termCounter{metrics: m, terms: map[string]*lease.Term{}}
	for _, cause := range []error{
		nil, fmt.Errorf("%w: plan 3", lease.ErrReplanned), fmt.Errorf("%w: plan 4", lease.ErrReplanned), fmt.Errorf("%w: the row names another term", lease.ErrLeaseLost),
		lease.ErrHandOff, lease.ErrShutdownRequested, context.DeadlineExceeded,
	} {
		c.count(lease.Lease{}, cause)
	}
	c.count(lease.Lease{Checkpoint: lease.Position{Type: lease.ShardEnd}}, nil)
	text := scrape(t, m)
	for _, want := range []string{
		"streamrec_replanned_terms_total 2", "streamrec_lost_leases_total 1", "streamrec_handed_off_leases_total 2", "streamrec_failed_terms_total 1", "streamrec_ended_shards_total 1",
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("no %s", want)
		}
	}
}
