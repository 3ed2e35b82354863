package worker

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/streamrec/streamrec/worker/lease"
)

// shard is the life of one term: granted, then run by a consumer of the KCL, then closed. The consumer's goroutine calls
// open, read, process, end and finish, in this order; nobody else touches what is not atomic.
type shard struct {
	term    *lease.Term
	worker  *Worker
	proc    Processor
	log     logrus.FieldLogger
	reader  *reader
	lost    *Record  // the first of those that are given up, while the first behind them is looked for; nil: none are
	skipped bool     // nothing has to be given up any more
	past    Rereader // what has to be read back before the stream is read; nil: nothing
	page    *Page    // that has been read and not been processed

	records atomic.Int64 // delivered in this term
	behind  atomic.Int64 // MillisBehindLatest of the last read, -1 before the first
	reached atomic.Int64 // arrival time up to which all records have been processed, Unix ms; 0 before the first page
	rate    rate
	sign    atomic.Int64 // when the last sign of progress was seen, by Env.Now, Unix ns
	first   int64        // lease counter with which the term began
	tipAt   time.Time    // when the tip was last written to the row
	fenced  bool         // the plan of the term was fenced before the last read began
	ended   bool         // the shard has been finished
}

func newShard(w *Worker, t *lease.Term) *shard {
	s := &shard{
		term: t, worker: w, first: t.Counter(),
		log: w.log.WithFields(logrus.Fields{"shard": t.Key(), "lease_counter": t.Counter()}),
	}
	s.behind.Store(-1)
	s.rate.begin(w.env.Now())
	t.MeasureWith(func() float64 { return s.rate.perSecond(w.env.Now()) })
	s.proc = w.factory(t)
	s.alive()
	return s
}

// alive notes a sign of progress.
func (s *shard) alive() { s.sign.Store(s.worker.env.Now().UnixNano()) }

// open restores the processor's state and begins to read, again after ErrRestart. It waits first when earlier terms failed.
func (s *shard) open(ctx context.Context) error {
	if err := s.worker.env.Sleep(ctx, s.worker.penalties.of(s.term.Key())); err != nil {
		return err
	}
	at, err := s.proc.Open(ctx)
	if err != nil {
		return fmt.Errorf("open shard: %w", err)
	}
	row := s.term.Lease()
	if row.Past() != "" {
		row.Tip = 0 // it is that of what is read back, and holds when all of that has been
	}
	s.reader, s.past = newReader(s.worker, s.term.Key(), at, row.Tip), nil
	if p, ok := Find[Rereader](s.proc); ok && p.HasPast() {
		s.past = p
		s.log.WithField("position", at.String()).Info("shard is read back from the log")
		return nil
	}
	return s.begin(ctx)
}

// begin begins to read the stream.
func (s *shard) begin(ctx context.Context) error {
	began := s.worker.env.Now()
	if err := s.reader.start(ctx); err != nil {
		if err = s.gone(ctx, err); err != nil {
			return fmt.Errorf("start reading: %w", err)
		}
	}
	s.log.WithFields(logrus.Fields{"position": s.reader.at.String(), "took_ms": s.worker.env.Now().Sub(began).Milliseconds()}).Info("shard is being read")
	return nil
}

// gone is told why the shard could not be read. One that the stream has no more has nothing left to be read if End has been called for it; else
// records may be missing, and it stops.
func (s *shard) gone(ctx context.Context, cause error) error {
	f, ok := Find[Finisher](s.proc)
	if !ok || !errors.Is(cause, ErrShardGone) {
		return cause
	}
	children, finished, err := f.Finished(ctx)
	if err != nil {
		return err
	}
	if !finished {
		if children, err = s.forgo(ctx); errors.Is(err, errNotAccepted) {
			return fmt.Errorf("%w: records of it may be missing", cause)
		} else if err != nil {
			return err
		}
	}
	s.reader.finish(children)
	return nil
}

// read returns the next page, when it is time for it.
func (s *shard) read(ctx context.Context) (Page, error) {
	if s.past != nil {
		return Page{Next: "the past", MillisBehindLatest: max(s.behind.Load(), 1)}, nil
	}
	plan := s.worker.coord.Plan()
	s.fenced = plan.Fenced(s.term.Lease().Plan)
	_, s.reader.patient = s.accepts()
	page, err := s.reader.next(ctx)
	s.alive()
	if err != nil {
		if err = s.lead(ctx, err); err == nil {
			return s.read(ctx)
		}
		return Page{}, fmt.Errorf("read shard: %w", err)
	}
	return s.skip(ctx, page)
}

// lead finds out where reading goes on after an error, or returns one.
func (s *shard) lead(ctx context.Context, cause error) error {
	if past, ok := errors.AsType[*pastRetention](cause); ok && past.overtaken {
		return s.overtaken(ctx, past)
	}
	if cause = s.gone(ctx, cause); cause != nil {
		return s.passGap(ctx, cause)
	}
	return nil
}

// overtaken commits what has been read before retention took what comes next, and opens the shard again: the log may have more than has been read here. If it
// has not, reading cannot begin.
func (s *shard) overtaken(ctx context.Context, past *pastRetention) error {
	s.log.WithField("record", past.record).Warn("reading has been overtaken by retention")
	if err := s.proc.Flush(ctx); err != nil && !errors.Is(err, ErrRestart) {
		return fmt.Errorf("commit before records that are past retention: %w", err)
	}
	return s.restart(ctx)
}

// takePage returns the page that has been read last, once.
func (s *shard) takePage() (page Page) {
	page, s.page = *s.page, nil
	return page
}

// process hands a page to the processor.
func (s *shard) process(ctx context.Context, page Page) error {
	if s.past != nil {
		return s.reread(ctx)
	}
	err := s.proc.Process(ctx, page)
	s.alive()
	if errors.Is(err, ErrRestart) {
		return s.restart(ctx)
	}
	if err != nil {
		return fmt.Errorf("process records: %w", err)
	}
	now := s.worker.env.Now()
	s.records.Add(int64(len(page.Records)))
	s.rate.add(now, len(page.Records))
	s.behind.Store(page.MillisBehindLatest)
	s.reached.Store(s.worker.env.Wall().UnixMilli() - page.MillisBehindLatest)
	s.worker.penalties.succeeded(s.term.Key())
	if page.MillisBehindLatest > 0 {
		return nil
	}
	if len(page.Records) == 0 && page.Next != "" && s.proc.Idle() {
		s.noteTip(ctx, now)
	}
	return s.catchUp(ctx)
}

// restart rebuilds the state from the log with a new processor.
func (s *shard) restart(ctx context.Context) error {
	s.log.Info("shard is opened again from the log")
	s.proc.Close()
	s.proc = s.worker.factory(s.term)
	return s.open(ctx)
}

// end finishes a shard whose last record has been processed: the log first, then the children's rows, then SHARD_END.
func (s *shard) end(ctx context.Context) error {
	if !s.reader.ended {
		return fmt.Errorf("end shard: opened again before its end: %w", ErrRestart)
	}
	children := slices.Clone(s.reader.children)
	for i := range children {
		children[i].Tip = s.reader.openUntil()
	}
	if err := s.proc.End(ctx, children); err != nil {
		return fmt.Errorf("end shard: %w", err)
	}
	if err := s.term.End(ctx, children); err != nil {
		return fmt.Errorf("end shard: %w", err)
	}
	s.ended = true
	s.log.WithField("children", len(children)).Info("shard has ended")
	return nil
}

// finish ends the term: it commits what may be committed, and gives the lease up. It is called once, whatever happened before.
func (s *shard) finish() {
	term := s.term.Context()
	ctx, cancel := s.worker.env.WithTimeout(context.WithoutCancel(term), s.worker.cfg.Lease.Grace, lease.ErrLeaseLost)
	defer cancel()
	cause := context.Cause(term)
	if s.reader != nil && !s.ended && lease.MayCommit(cause) {
		s.drain(ctx)
	}
	s.proc.Close()
	stopped := ""
	if errors.Is(cause, ErrStop) {
		stopped = cause.Error()
	}
	if err := s.term.Close(ctx, stopped); err != nil {
		s.log.WithError(err).Warn("lease was not given up, it will expire")
	}
}

// drain commits what has been processed. It may outlive the term, which has been asked to end, but not the trust in the lease.
func (s *shard) drain(ctx context.Context) {
	ctx, cancel := s.worker.env.WithTimeout(ctx, s.worker.trustedUntil().Sub(s.worker.env.Now()), lease.ErrLeaseLost)
	defer cancel()
	if err := unpanicked(func() error { return s.proc.Drain(ctx) }); err != nil && !errors.Is(err, lease.ErrReplanned) { // the row is the plan's, and the log has the batch
		s.log.WithError(err).Warn("batch was not committed, the next owner reads it again")
	}
}

// unpanicked turns a panic of a Processor into an error: one shard's bug does not end the others.
func unpanicked(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return f()
}

// fail ends the term because of an error of the consumer. Errors that say that the term has ended already change nothing.
func (s *shard) fail(err error) {
	if s.term.Context().Err() != nil {
		return
	}
	s.worker.penalties.failed(s.term.Key())
	if errors.Is(err, ErrStop) {
		s.log.WithError(err).Error("shard is stopped: nobody takes it until a reset")
	} else {
		s.log.WithError(err).Error("shard has failed and will be taken again")
	}
	s.term.Fail(err)
}
