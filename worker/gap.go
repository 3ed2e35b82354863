package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
)

// pastRetention says that the record with which reading has to begin is past retention.
type pastRetention struct {
	record string
	next   string // with which the stream goes on; chain.GapToEnd: with none; empty: not known yet
}

func (e *pastRetention) Error() string {
	return fmt.Sprintf("%s: record %s, where reading has to begin, is past retention: records may be missing", ErrStop, e.record)
}

func (*pastRetention) Unwrap() error { return ErrStop }

// Skipper is a Processor that can go on although records are lost.
type Skipper interface {
	// AcceptGap records that what lies between the end of the log and the record next, or the end of the shard (chain.GapToEnd), is lost.
	// The shard is opened again after it.
	AcceptGap(ctx context.Context, next string) error
}

// accepts reports whether the plan of the term says that lost records are to be passed over.
func (s *shard) accepts() (lease.Plan, bool) {
	plan := s.worker.coord.Plan()
	return plan, plan.AcceptGaps && plan.Number == s.term.Lease().Plan
}

// pass goes over lost records if the plan says so, and opens the shard again behind them; else it returns the cause. It waits for the fence: a term of an
// older plan that still has the records must not go on where this one leaves a gap.
func (s *shard) pass(ctx context.Context, cause error) error {
	past, ok := errors.AsType[*pastRetention](cause)
	k, can := find[Skipper](s.proc)
	if _, accepted := s.accepts(); !ok || !can || !accepted {
		return cause
	}
	if err := s.leap(ctx, k, past.next); err != nil {
		return err
	}
	return s.restart(ctx)
}

// leap accepts a gap once the plan is fenced.
func (s *shard) leap(ctx context.Context, k Skipper, next string) error {
	for {
		plan, accepted := s.accepts()
		if !accepted {
			return fmt.Errorf("accept gap: another plan has been made: %w", ErrRestart)
		}
		if plan.Fenced(plan.Number) {
			break
		}
		s.alive()
		if err := s.worker.env.Sleep(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
	if err := k.AcceptGap(ctx, next); err != nil {
		return fmt.Errorf("accept gap: %w", err)
	}
	s.log.WithFields(logrus.Fields{"next": next, "plan": s.term.Lease().Plan}).Warn("records past retention are given up, as the plan says")
	return nil
}

// abandon gives a shard up that the stream has no more, if the plan says so: its children, as far as they have rows, may begin.
func (s *shard) abandon(ctx context.Context) (children []lease.Lease, err error) {
	k, can := find[Skipper](s.proc)
	if _, accepted := s.accepts(); !can || !accepted {
		return nil, errNotAccepted
	}
	if err := s.leap(ctx, k, chain.GapToEnd); err != nil {
		return nil, err
	}
	rows, _ := s.worker.Leases()
	for _, l := range rows {
		if slices.Contains(l.Parents, s.term.Key()) {
			children = append(children, l)
		}
	}
	return children, nil
}

// errNotAccepted says that nobody has accepted a gap.
var errNotAccepted = errors.New("no gap has been accepted")
