package worker

import (
	"errors"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/streamrec/streamrec/worker/lease"
)

// reporter logs what the coordinator reports. Repeated trouble of one kind is logged every ten seconds, with a count.
type reporter struct {
	log      logrus.FieldLogger
	now      func() time.Time
	failover time.Duration

	mu       sync.Mutex
	trust    time.Time
	beats    []lease.Worker
	leases   []lease.Lease
	readAt   time.Time
	troubles map[string]*trouble
	others   map[string]time.Duration // failover times of workers that have another one, by the ids with which they started
}

type trouble struct {
	logged  time.Time
	skipped int
}

func newReporter(log logrus.FieldLogger, now func() time.Time, failover time.Duration) *reporter {
	return &reporter{log: log, now: now, failover: failover, troubles: map[string]*trouble{}, others: map[string]time.Duration{}}
}

// Taken implements lease.Reporter.
func (r *reporter) Taken(l lease.Lease, from string) {
	r.log.WithFields(logrus.Fields{"shard": l.Key, "lease_counter": l.Counter, "peer": from, "checkpoint": l.Checkpoint.String()}).Info("lease taken")
}

// Ended implements lease.Reporter.
func (r *reporter) Ended(l lease.Lease, cause error) {
	entry := r.log.WithFields(logrus.Fields{"shard": l.Key, "lease_counter": l.Counter, "peer": l.Owner})
	switch {
	case errors.Is(cause, lease.ErrReplanned): // the row names this worker still, or whom it will
		r.log.WithFields(logrus.Fields{"shard": l.Key, "lease_counter": l.Counter, "cause": cause.Error()}).Info("term is over, a plan begins the shard anew")
	case errors.Is(cause, lease.ErrLeaseLost):
		entry.WithField("cause", cause.Error()).Warn("lease lost")
	default:
		entry.Info("lease given up")
	}
}

// Trouble implements lease.Reporter.
func (r *reporter) Trouble(doing string, err error) {
	r.mu.Lock()
	t := r.troubles[doing]
	if t == nil {
		t = &trouble{}
		r.troubles[doing] = t
	}
	now := r.now()
	if now.Sub(t.logged) < 10*time.Second {
		t.skipped++
		r.mu.Unlock()
		return
	}
	skipped := t.skipped
	t.logged, t.skipped = now, 0
	r.mu.Unlock()
	r.log.WithError(err).WithFields(logrus.Fields{"doing": doing, "repeated": skipped}).Warn("request failed, trying again")
}

// Hole implements lease.Reporter.
func (r *reporter) Hole(from, to string) {
	r.log.WithFields(logrus.Fields{"from_hash_key": from, "to_hash_key": to}).Error("no open shard covers this part of the hash range")
}

// Moving implements lease.Reporter.
func (r *reporter) Moving(key, _, to string) {
	r.log.WithFields(logrus.Fields{"shard": key, "peer": to}).Info("lease is handed over")
}

// Died implements lease.Reporter.
func (r *reporter) Died(worker string) {
	r.log.WithField("peer", worker).Warn("worker is held for dead")
}

// Heartbeat implements lease.Reporter.
func (r *reporter) Heartbeat(trustedUntil time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.trust = trustedUntil
}

// Scanned implements lease.Reporter.
func (r *reporter) Scanned(workers []lease.Worker, leases []lease.Lease, readAt time.Time) {
	for _, w := range r.note(workers, leases, readAt) {
		r.log.WithFields(logrus.Fields{
			"peer": w.ID, "failover_ms": r.failover.Milliseconds(), "peer_failover_ms": w.Failover.Milliseconds(),
		}).Warn("worker has another failover time: start all workers with the same --failover-time")
	}
}

// note returns the workers that have another failover time and have not been told of.
func (r *reporter) note(workers []lease.Worker, leases []lease.Lease, readAt time.Time) (news []lease.Worker) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.beats, r.leases, r.readAt = workers, leases, readAt
	for _, w := range workers {
		id := w.Start()
		if w.Failover == 0 || w.Failover == r.failover || w.Failover == r.others[id] {
			continue
		}
		r.others[id] = w.Failover
		news = append(news, w)
	}
	return news
}

// workers returns the heartbeat rows as they were last read.
func (r *reporter) workers() []lease.Worker {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.beats
}

// rows returns the lease rows as they were last read, and when that was.
func (r *reporter) rows() ([]lease.Lease, time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.leases, r.readAt
}

func (r *reporter) trusted() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.trust
}
