package produce

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/streamrec/streamrec/infra/kinesis"
)

// Client is what Run needs of Kinesis. *kinesis.Client of the SDK has it.
type Client interface {
	kinesis.PutRecordsAPI
	kinesis.DescribeAPI
}

// Deps are what a run works with.
type Deps struct {
	Client Client
	Stdin  io.Reader
	// Stdout gets the summary, Stderr everything else.
	Stdout, Stderr io.Writer
	// Terminal tells that Stderr is one.
	Terminal bool
	// Now and Sleep stand in for the clock in tests. Sleep returns the cause of the end of its context. Default to the
	// real ones.
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error
}

func (d Deps) withDefaults() Deps {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Sleep == nil {
		d.Sleep = sleep
	}
	return d
}

const (
	// ordinaryPatience is how long a run goes on while the stream takes nothing.
	ordinaryPatience = 30 * time.Second
	// grace is how long what was accepted may still take after an interrupt.
	grace = 20 * time.Second
	// perRequest is how many records may be accepted and not acknowledged, for each request that may be under way: those
	// that it carries. More would only wait, and be refused more often by a stream at its limit.
	perRequest = 500
	// refresh is how often the acknowledgement log is flushed and the display drawn.
	refresh = 200 * time.Millisecond
	// maxNotes bounds how many lines and records are complained of one by one.
	maxNotes = 20
)

// Run produces what o says. The summary is printed to Stdout, unless the error is ErrUsage or ErrRefused: then nothing was
// done. The end of ctx is an interrupt, after which Run still puts what it has accepted.
func Run(ctx context.Context, o Options, d Deps) (Summary, error) {
	if err := o.Validate(); err != nil {
		return Summary{}, usage(oneLine(err))
	}
	r := &run{opts: o.withDefaults(), deps: d.withDefaults()}
	if err := r.open(ctx); err != nil {
		return Summary{}, err
	}
	err := r.produce(ctx)
	err = errors.Join(err, r.log.close(), r.source.Close())
	s := r.summary(ctx)
	return s, errors.Join(oneLine(err), s.Write(r.deps.Stdout, r.opts.Output))
}

// run is one run.
type run struct {
	opts     Options
	deps     Deps
	source   source
	log      *ackLog
	display  display
	producer *kinesis.Producer
	tally    tally
	notes    int
	notesMu  sync.Mutex
	start    time.Time
}

// open prepares everything, and looks whether the stream is there.
func (r *run) open(ctx context.Context) (err error) {
	r.display = newDisplay(r.deps.Stderr, r.deps.Terminal)
	if r.source, err = openSource(ctx, r.opts, r.deps, r.display.note); err != nil {
		return err
	}
	largest, err := kinesis.CheckWritable(ctx, r.deps.Client, r.opts.Stream)
	if err != nil {
		return errors.Join(refusal(err), r.source.Close())
	}
	if r.log, err = openAckLog(r.opts.AckLog); err != nil {
		return errors.Join(err, r.source.Close())
	}
	r.start = r.deps.Now()
	patience := ordinaryPatience
	if f, ok := r.source.(*followSource); ok {
		f.flush, patience = r.log.flush, followPatience
	}
	r.tally.sum.Stream = r.opts.Stream
	r.producer, err = kinesis.NewProducer(context.WithoutCancel(ctx), r.deps.Client, kinesis.ProducerOptions{
		Stream: r.opts.Stream, MaxInFlight: r.opts.MaxInFlight, MaxRecordBytes: largest, MaxPending: perRequest * (r.opts.MaxInFlight + 1),
		Acknowledged: r.acknowledged, Stalled: r.stalled, Now: r.deps.Now, Patience: patience,
	})
	if err != nil {
		return errors.Join(err, r.log.close(), r.source.Close())
	}
	return nil
}

// produce feeds the producer until the source ends, and waits for the last acknowledgement.
func (r *run) produce(ctx context.Context) error {
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	var ticking sync.WaitGroup
	ticking.Go(func() { r.tick(background) })
	fed := r.feed(ctx)
	closed := r.settle(ctx)
	stop()
	ticking.Wait()
	r.display.finish()
	if closed != nil {
		return fmt.Errorf("produce: %w", closed) // also why feeding ended, if it did before its time
	}
	if fed == nil && r.summary(ctx).Refused > 0 {
		fed = fmt.Errorf("the stream refused %d records", r.summary(ctx).Refused)
	}
	return fed
}

// tick refreshes what is seen from outside until ctx ends.
func (r *run) tick(ctx context.Context) {
	for r.deps.Sleep(ctx, refresh) == nil {
		if err := r.log.flush(); err != nil {
			return // feed finds it too
		}
		done, total := r.progress()
		r.display.show(r.summary(ctx), done, total)
	}
}

// progress is that of the limit if there is one, else that of the source.
func (r *run) progress() (done, total int64) {
	if r.opts.Limit > 0 {
		return r.tally.at(0).Records, r.opts.Limit
	}
	return r.source.progress()
}

// acknowledged is called by the producer for every record.
func (r *run) acknowledged(a kinesis.Ack) {
	refused := r.tally.settled(a)
	if refused != nil {
		r.complain("%v", refused)
	}
	if a.Err == nil {
		r.log.add(a)
	}
	if a.Err == nil || refused != nil { // trying again would not help
		r.settled(a.Record.Number)
	}
}

// stalled is called by the producer when the stream takes nothing, and when it does again.
func (r *run) stalled(s kinesis.Stall) {
	took := s.For.Round(time.Second)
	if s.Over {
		r.display.note("the stream takes records again, after %v and %d attempts that failed", took, s.Failed)
		return
	}
	r.display.note("nothing has been taken for %v, trying again: %v", took, s.Cause)
}

// settled tells the source that a record is done with.
func (r *run) settled(number int64) {
	if s, ok := r.source.(settler); ok {
		s.settled(number)
	}
}

// complain notes what is wrong with a single line or record, the first few times.
func (r *run) complain(format string, args ...any) {
	r.notesMu.Lock()
	defer r.notesMu.Unlock()
	switch r.notes++; {
	case r.notes <= maxNotes:
		r.display.note(format, args...)
	case r.notes == maxNotes+1:
		r.display.note("more lines or records are malformed or refused; the summary counts them")
	}
}

// settle waits until everything accepted is acknowledged; after an interrupt only for a while.
func (r *run) settle(ctx context.Context) error {
	patient, giveUp := context.WithCancelCause(context.WithoutCancel(ctx))
	defer giveUp(nil)
	stop := context.AfterFunc(ctx, func() {
		if r.deps.Sleep(patient, grace) == nil {
			giveUp(fmt.Errorf("interrupted, and not everything was acknowledged within %v", grace))
		}
	})
	defer stop()
	return r.producer.Close(patient)
}

// summary is what was done so far.
func (r *run) summary(ctx context.Context) Summary {
	s := r.tally.at(r.deps.Now().Sub(r.start))
	s.Interrupted = ctx.Err() != nil
	if f, ok := r.source.(*followSource); ok {
		f.count(&s)
		s.Interrupted = false // it has no other end
	}
	return s
}
