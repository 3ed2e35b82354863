package worker

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/sirupsen/logrus/hooks/test"

	"github.com/streamrec/streamrec/worker/lease"
)

// TestOnlyLossesAreWarnings holds how the log tells of the ends of terms: what somebody wanted is no warning.
func TestOnlyLossesAreWarnings(t *testing.T) {
	for _, c := range []struct {
		cause error
		level logrus.Level
		text  string
	}{
		{fmt.Errorf("%w: plan 3", lease.ErrReplanned), logrus.InfoLevel, "term is over, a plan begins the shard anew"},
		{fmt.Errorf("%w: the row names another term", lease.ErrLeaseLost), logrus.WarnLevel, "lease lost"},
		{lease.ErrHandOff, logrus.InfoLevel, "lease given up"},
		{context.Canceled, logrus.InfoLevel, "lease given up"},
		{errors.New("disk full"), logrus.InfoLevel, "lease given up"},
	} {
		log, hook := test.NewNullLogger()
		newReporter(log, time.Now, 5*time.Second).Ended(lease.Lease{Key: "shard-00", Owner: "w"}, c.cause)
		if e := hook.LastEntry(); e.Level != c.level || e.Message != c.text {
			t.Errorf("%v: %s %q", c.cause, e.Level, e.Message)
		}
	}
}

// TestOtherFailoverTimesAreToldOfOnce has a worker that the others hold for dead again and again, and that comes back under other ids.
func TestOtherFailoverTimesAreToldOfOnce(t *testing.T) {
	log, hook := test.NewNullLogger()
	r := newReporter(log, time.Now, 5*time.Second)
	for _, id := range []string{"ip-10.local-1f3a", "ip-10.local-1f3a", "ip-10.local-1f3a.2", "ip-10.local-1f3a.3"} {
		r.Scanned([]lease.Worker{{ID: id, Failover: 30 * time.Second}, {ID: "me", Failover: 5 * time.Second}, {ID: "of an old version"}}, nil, time.Now())
	}
	if len(hook.Entries) != 1 {
		t.Fatalf("%d lines: %v", len(hook.Entries), hook.Entries)
	}
	e := hook.Entries[0]
	if e.Level != logrus.WarnLevel || e.Data["peer"] != "ip-10.local-1f3a" || e.Data["failover_ms"] != int64(5000) || e.Data["peer_failover_ms"] != int64(30000) {
		t.Errorf("%v %v", e.Message, e.Data)
	}
}

// TestBothSidesTellOfAnotherFailoverTime starts two workers.
func TestBothSidesTellOfAnotherFailoverTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, hook := newFleet(t, "shard-00"), new(test.Hook)
		for _, w := range []struct {
			name     string
			failover time.Duration
		}{{"quick", 5 * time.Second}, {"slow", 30 * time.Second}} {
			f.startWith(Config{Name: w.name, Lease: lease.Config{Failover: w.failover}}, hook)
		}
		time.Sleep(time.Minute)
		told := map[string]int{}
		for _, e := range hook.AllEntries() {
			if e.Data["peer_failover_ms"] != nil {
				told[fmt.Sprint(e.Data["failover_ms"], " ", e.Data["peer_failover_ms"])]++
			}
		}
		if len(told) != 2 || told["5000 30000"] != 1 || told["30000 5000"] != 1 {
			t.Errorf("told: %v", told)
		}
	})
}
