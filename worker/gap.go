package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sirupsen/logrus"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
)

// pastRetention says that the record with which reading has to begin is past retention.
type pastRetention struct {
	record string
	next   string // with which the stream goes on; chain.GapToEnd: with none; empty: not known yet

	overtaken bool // it has been read, and what comes next has not
}

// Error implements error.
func (e *pastRetention) Error() string {
	return fmt.Sprintf("%s: record %s, where reading has to begin, is past retention: records may be missing", ErrStop, e.record)
}

// Unwrap makes it an ErrStop.
func (*pastRetention) Unwrap() error { return ErrStop }

// Skipper is a Processor that can go on although records are lost.
type Skipper interface {
	// AcceptGap records that what lies between the end of the log and the record next, or the end of the shard (chain.GapToEnd), is lost, and that nothing behind it
	// lies in an hour before one. The shard is opened again after it.
	AcceptGap(ctx context.Context, next string, hour chain.Hour) error
}

// accepts reports whether the plan of the term says that lost records are to be passed over.
func (s *shard) accepts() (lease.Plan, bool) {
	plan := s.worker.coord.Plan()
	return plan, plan.AcceptGaps && plan.Number == s.term.Lease().Plan
}

// passGap goes over lost records if the plan says so, and opens the shard again behind them; else it returns the cause. It waits for the fence: a term of an
// older plan that still has the records must not go on where this one leaves a gap.
func (s *shard) passGap(ctx context.Context, cause error) error {
	past, ok := errors.AsType[*pastRetention](cause)
	k, can := Find[Skipper](s.proc)
	if _, accepted := s.accepts(); !ok || !can || !accepted {
		return cause
	}
	if err := s.acceptGap(ctx, k, past.next); err != nil {
		return err
	}
	return s.restart(ctx)
}

// acceptGap accepts a gap once the plan is fenced. What has been read before it is committed first.
func (s *shard) acceptGap(ctx context.Context, k Skipper, next string) error {
	plan, accepted := s.accepts()
	if !accepted {
		return fmt.Errorf("accept gap: another plan has been made: %w", ErrRestart)
	}
	if err := s.settled(ctx); err != nil {
		return fmt.Errorf("accept gap: %w", err)
	}
	if err := s.proc.Flush(ctx); err != nil {
		return fmt.Errorf("commit before records that are given up: %w", err)
	}
	hour, err := lastFrom(&plan)
	if err == nil {
		err = k.AcceptGap(ctx, next, hour)
	}
	if err != nil {
		return fmt.Errorf("accept gap: %w", err)
	}
	s.log.WithFields(logrus.Fields{"record": next, "plan": s.term.Lease().Plan}).Warn("records are given up, as the plan says")
	return nil
}

// lastFrom is the first hour from which on the generations are the same under the plan, under the map that readers see, and under the one before that, which the
// plan may be undone to.
func lastFrom(plan *lease.Plan) (hour chain.Hour, err error) {
	for _, text := range []string{plan.Map, plan.Published, plan.Previous} {
		if text == "" {
			continue // the one that the log began with
		}
		m, err := chain.ParseMap(text)
		if err != nil {
			return 0, err
		}
		hour = max(hour, m.LastFrom())
	}
	return hour, nil
}

// skip passes a page on, unless what it has is given up by the plan, which wants to go on with what has arrived since a moment. Then reading goes on there, and with
// the first record that comes the rest is known to be lost. Until then the shard is not at the tip: what is lost has neither been committed nor marked.
//
// The first record is kept: its link is where all meet whose requests to go on from here may still be under way, so that none of them is put behind the gap.
func (s *shard) skip(ctx context.Context, page Page) (Page, error) {
	plan, accepted := s.accepts()
	k, can := Find[Skipper](s.proc)
	if !accepted || !can || plan.SkipTo == 0 || s.skipped {
		return page, nil
	}
	if s.lost != nil {
		return s.skipTo(ctx, k, plan.SkipTo, page)
	}
	if len(page.Records) == 0 {
		return page, nil
	}
	if s.skipped = page.Records[0].Arrival.UnixMilli() >= plan.SkipTo; s.skipped {
		return page, nil
	}
	if err := s.keep(ctx, page); errors.Is(err, ErrRestart) {
		if err := s.restart(ctx); err != nil {
			return Page{}, err
		}
		return s.read(ctx)
	} else if err != nil {
		return Page{}, fmt.Errorf("keep the first of the records that are skipped: %w", err)
	}
	s.lost = &page.Records[0]
	s.reader = newReader(s.worker, s.term.Key(), lease.At(plan.SkipTo), 0)
	if err := s.reader.start(ctx); err != nil {
		return Page{}, fmt.Errorf("skip records: %w", err)
	}
	return s.read(ctx)
}

// keep commits the first record of a page.
func (s *shard) keep(ctx context.Context, page Page) error {
	page.Records, page.MillisBehindLatest = page.Records[:1], max(page.MillisBehindLatest, 1)
	if err := s.proc.Process(ctx, page); err != nil {
		return err
	}
	s.records.Add(1)
	return s.proc.Flush(ctx)
}

// skipTo gives up what lies before the first record of a page that arrived since ms. Arrival times are not always in order: one of the past may look as if it had.
func (s *shard) skipTo(ctx context.Context, k Skipper, ms int64, page Page) (Page, error) {
	next, first := chain.GapToEnd, *s.lost
	i := slices.IndexFunc(page.Records, func(r Record) bool {
		return r.Arrival.UnixMilli() >= ms && chain.Compare(r.SequenceNumber, first.SequenceNumber) > 0
	})
	switch {
	case i >= 0:
		next = page.Records[i].SequenceNumber
	case page.Next != "":
		return Page{Next: page.Next, MillisBehindLatest: max(page.MillisBehindLatest, 1)}, nil
	}
	if err := s.acceptGap(ctx, k, next); err != nil {
		return Page{}, fmt.Errorf("skip records: %w", err)
	}
	s.lost = nil
	if err := s.restart(ctx); err != nil {
		return Page{}, err
	}
	return s.read(ctx)
}

// forgo gives a shard up that the stream has no more, if the plan says so: its children, as far as they have rows, may begin.
func (s *shard) forgo(ctx context.Context) (children []lease.Lease, err error) {
	k, can := Find[Skipper](s.proc)
	if _, accepted := s.accepts(); !can || !accepted {
		return nil, errNotAccepted
	}
	if err := s.acceptGap(ctx, k, chain.GapToEnd); err != nil {
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
