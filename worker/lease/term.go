package lease

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Term is one ownership of one lease by this worker, from a take to its end. Its Counter is the fencing token.
// All writes name (owner, counter) of the term and the position that they replace, so one that arrives late changes nothing.
type Term struct {
	c      *Coordinator
	key    string // of the lease, for readers without the lock
	ctx    context.Context
	cancel context.CancelCauseFunc
	owner  string // this worker, under the id that it had when the term began

	mu     sync.Mutex
	lease  Lease          // as last written by this term
	unsure []*Lease       // as written since then, perhaps: the context ended before the answer came
	next   string         // who gets the lease at the end
	given  bool           // the lease is given up, or about to be
	rate   func() float64 // measures the shard, records/s; nil: not measured
}

// Key returns the shard id.
func (t *Term) Key() string { return t.key }

// Counter returns the fencing token.
func (t *Term) Counter() int64 { return t.Lease().Counter }

// Lease returns the row as this term last wrote it.
func (t *Term) Lease() Lease {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lease
}

// Context ends when the term has to: context.Cause says ErrLeaseLost, ErrHandOff, ErrShutdownRequested or why the consumer failed.
func (t *Term) Context() context.Context { return t.ctx }

// MayCommit reports whether the cause of a term's end leaves it the right to flush and commit.
func MayCommit(cause error) bool {
	return cause == nil || errors.Is(cause, ErrHandOff) || errors.Is(cause, ErrShutdownRequested) || errors.Is(cause, ErrPassedOver)
}

// Fail ends the term because the consumer cannot go on.
func (t *Term) Fail(cause error) { t.cancel(fmt.Errorf("%w: %w", ErrProcessorFailed, cause)) }

// MeasureWith says how the shard's rate is measured, in records/s: checkpoints and heartbeats carry it, and leases are balanced by it. It is asked by several
// goroutines.
func (t *Term) MeasureWith(rate func() float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rate = rate
}

// measure returns the rate of the shard, in records/s; 0: it is not measured.
func (t *Term) measure() float64 {
	t.mu.Lock()
	measure := t.rate
	t.mu.Unlock()
	if measure == nil {
		return 0
	}
	return measure()
}

// Checkpoint moves the checkpoint: everything before it has been committed. ErrLeaseLost: the row names another term, which
// also ends this one.
func (t *Term) Checkpoint(ctx context.Context, at Position) error {
	if t.Lease().Checkpoint == at {
		return nil
	}
	now, rate := t.c.env.Wall().UnixMilli(), t.measure()
	return t.write(ctx, func(l *Lease) *Lease { return l.checkpointed(at, rate, now) })
}

// NoteTip records that everything that arrived until ms, Unix milliseconds, has been committed, and the rate of the shard, which is idle.
func (t *Term) NoteTip(ctx context.Context, ms int64) error {
	rate := t.measure()
	return t.write(ctx, func(l *Lease) *Lease { return l.with(func(n *Lease) { n.Tip, n.Rate = ms, rate }) })
}

// NoteCaughtUp records that a reading which began after the fence of the term's plan has found the tip of the stream, and that everything up to there
// has been committed.
func (t *Term) NoteCaughtUp(ctx context.Context) error {
	return t.write(ctx, func(l *Lease) *Lease { return l.with(func(n *Lease) { n.TipPlan = l.Plan }) })
}

// End marks the shard as processed to its end, after its children have got their rows: whoever reads SHARD_END can
// start them. The log's end mark has to be written before.
func (t *Term) End(ctx context.Context, children []Lease) error {
	genesis, err := t.c.genesis(ctx, nil)
	if err != nil {
		return err
	}
	keys := make([]string, len(children))
	for i, child := range children {
		keys[i] = child.Key
		l := t.Lease()
		child.Checkpoint, child.Plan, child.Map, child.Source = genesis.start(child.Key), l.Plan, l.Map, l.Source
		if err := t.c.insist(ctx, func(ctx context.Context) error { return t.c.store.Create(ctx, child) }); err != nil {
			return fmt.Errorf("create child %s: %w", child.Key, err)
		}
	}
	now := t.c.env.Wall().UnixMilli()
	return t.write(ctx, func(l *Lease) *Lease { return l.ended(keys, now) })
}

// Close gives the lease up after the consumer has ended: to the next owner, to nobody, or not at all when it is lost already.
// stopped, if not empty, says why nobody may take it.
func (t *Term) Close(ctx context.Context, stopped string) error {
	if !t.giveUp() {
		t.c.avoidLease(t.Key(), false)
		return nil
	}
	defer t.c.closed(ctx, t)
	l := t.Lease()
	cause := context.Cause(t.ctx)
	switch {
	case l.Ended() || errors.Is(cause, ErrLeaseLost):
		return nil
	case stopped != "":
		return t.write(ctx, func(l *Lease) *Lease { return l.stopped(stopped) })
	case MayCommit(cause):
		to := t.receiver()
		return t.write(ctx, func(l *Lease) *Lease { return l.taken(to) })
	}
	return t.write(ctx, (*Lease).released)
}

// Abandon gives the lease up although its consumer has not ended: it hangs. This worker leaves the lease to others until the consumer
// does end, and calls Close, which then does nothing more.
func (t *Term) Abandon(ctx context.Context, cause error) error {
	if !t.giveUp() {
		return nil
	}
	defer t.c.closed(ctx, t)
	t.c.avoidLease(t.Key(), true)
	t.Fail(cause) // unless it has been asked to end already, and did not
	if l := t.Lease(); l.Ended() || errors.Is(context.Cause(t.ctx), ErrLeaseLost) {
		return nil
	}
	return t.write(ctx, (*Lease).released)
}

// GivenUp reports whether the lease has been given up, or is about to be.
func (t *Term) GivenUp() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.given
}

// giveUp reports true once: to whoever is to give the lease up.
func (t *Term) giveUp() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	first := !t.given
	t.given = true
	return first
}

// handOff ends the term in favour of another worker.
func (t *Term) handOff(to string, cause error) {
	t.mu.Lock()
	t.next = to
	t.mu.Unlock()
	t.cancel(cause)
}

// promised returns who is to get the lease.
func (t *Term) promised() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.next
}

// receiver returns who is to get the lease, if it still lives.
func (t *Term) receiver() string {
	if next := t.promised(); next != "" && t.c.fresh(next) {
		return next
	}
	return ""
}

// write makes one conditional write of what change makes of the row. An unknown outcome is resolved by a consistent read: the row is
// as I wrote it, so it was done; it is as before, so it may be tried again, and the condition keeps the two from both taking effect.
// Where the context leaves no time for the read, it is resolved by the next write, which meets a row that is not as it expects.
func (t *Term) write(ctx context.Context, change func(*Lease) *Lease) error {
	err := t.replace(ctx, change)
	if errors.Is(err, ErrConflict) && t.recognise(ctx) {
		if l := t.Lease(); l.Ended() || l.Owner != t.owner {
			return nil // that write has given the lease up already
		}
		err = t.replace(ctx, change)
	}
	if errors.Is(err, ErrConflict) || errors.Is(err, ErrAbsent) {
		err = fmt.Errorf("write lease %s: %w: %w", t.Key(), t.loss(ctx), err)
		t.cancel(err)
	}
	return err
}

// loss returns why the row is not as this term wrote it, as far as it can be told: whoever makes a plan applies it, which may be before a heartbeat brings it.
func (t *Term) loss(ctx context.Context) error {
	ctx, cancel := t.c.env.WithTimeout(ctx, t.c.cfg.Failover/4, errTimeout)
	defer cancel()
	if l, err := t.c.store.Lease(ctx, t.key); err == nil && l.Plan > t.Lease().Plan {
		return ErrReplanned
	}
	return ErrLeaseLost
}

// replace writes what change makes of the row as this term last wrote it.
func (t *Term) replace(ctx context.Context, change func(*Lease) *Lease) error {
	from := t.Lease()
	if from.Owner != t.owner { // the term has given the lease up, and a consumer that hung goes on after all
		return ErrConflict
	}
	to := change(&from)
	err := t.c.insist(ctx, func(ctx context.Context) error { return replace(ctx, t.c.store, &from, to) })
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case err == nil:
		t.lease, t.unsure = *to, nil
	case !errors.Is(err, ErrConflict) && !errors.Is(err, ErrAbsent) && !errors.Is(err, ErrRefused):
		t.unsure = append(t.unsure, to)
	}
	return err
}

// recognise reads the row, and reports whether it is as an earlier write of this term left it whose answer never came.
func (t *Term) recognise(ctx context.Context) bool {
	t.mu.Lock()
	unsure := t.unsure
	t.mu.Unlock()
	if len(unsure) == 0 {
		return false
	}
	var now Lease
	err := t.c.insist(ctx, func(ctx context.Context) (err error) {
		now, err = t.c.store.Lease(ctx, t.Key())
		return err
	})
	i := slices.IndexFunc(unsure, func(l *Lease) bool { return now.same(l) })
	if err != nil || i < 0 {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lease, t.unsure = *unsure[i], nil
	return true
}
