package kinesis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// ErrProducerClosed is returned by Put and Flush after Close was called.
var ErrProducerClosed = errors.New("the producer is closed")

// PutRecordsAPI is the one call a Producer makes. *kinesis.Client has it.
//
// It must be safe for concurrent use and return soon after its context ends.
type PutRecordsAPI interface {
	PutRecords(ctx context.Context, in *kinesis.PutRecordsInput, opts ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error)
}

// ProducerOptions configures a Producer. Only Stream is needed; every other zero value means its default.
type ProducerOptions struct {
	// Stream is the name of the stream.
	Stream string

	// Acknowledged, if not nil, is called exactly once for every record that Put accepted: with its place in the
	// stream, or with the error for which it was given up. Calls never overlap; those of one key come in the order of
	// Put. It runs on the producer's own goroutine: it must be quick, and must not call the producer.
	Acknowledged func(Ack)

	// Stalled, if not nil, is called when every attempt has failed for some seconds, and when that is over, as Acknowledged is.
	Stalled func(Stall)

	// MaxInFlight bounds the requests that are under way at once. Defaults to 4.
	MaxInFlight int

	// MaxPending bounds the records that are accepted but not settled; a full producer blocks Put. Defaults to 10,000.
	MaxPending int

	// MaxPendingBytes bounds the same in bytes of key and data; the record that crosses it is still accepted.
	// Defaults to 64 MiB.
	MaxPendingBytes int

	// MaxRecordBytes is the largest key plus data that the stream takes; Put refuses more. Defaults to 10 MiB, the most
	// that any stream can be set to; CheckWritable tells what this one is set to.
	MaxRecordBytes int

	// Linger is how long a record may wait for others to share its request. Defaults to 5 ms.
	Linger time.Duration

	// RequestTimeout is how long one request may take before it counts as lost. Defaults to 10 s.
	RequestTimeout time.Duration

	// Patience is how long the producer goes on while every attempt fails. Defaults to 30 s.
	Patience time.Duration

	// BackoffBase and BackoffCap bound the wait after the first failure and after many: the wait doubles with each
	// failure and is drawn from its upper half. Default to 50 ms and 2 s.
	BackoffBase, BackoffCap time.Duration

	// Now, Timer and Random stand in for the clock and the dice in tests. Random returns a float in [0, 1).
	// Default to the real ones.
	Now    func() time.Time
	Timer  func(time.Duration) (fired <-chan time.Time, stop func() bool)
	Random func() float64
}

// withDefaults fills in what was left zero.
func (o ProducerOptions) withDefaults() ProducerOptions {
	o.MaxInFlight = cmp.Or(o.MaxInFlight, 4)
	o.MaxPending = cmp.Or(o.MaxPending, 10_000)
	o.MaxPendingBytes = cmp.Or(o.MaxPendingBytes, 64<<20)
	o.MaxRecordBytes = cmp.Or(o.MaxRecordBytes, MaxRecordBytes)
	o.Linger = cmp.Or(o.Linger, 5*time.Millisecond)
	o.RequestTimeout = cmp.Or(o.RequestTimeout, 10*time.Second)
	o.Patience = cmp.Or(o.Patience, 30*time.Second)
	o.BackoffBase = cmp.Or(o.BackoffBase, 50*time.Millisecond)
	o.BackoffCap = cmp.Or(o.BackoffCap, 2*time.Second)
	if o.Acknowledged == nil {
		o.Acknowledged = func(Ack) {}
	}
	if o.Stalled == nil {
		o.Stalled = func(Stall) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Timer == nil {
		o.Timer = systemTimer
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	return o
}

// validate returns every problem of o after its defaults were filled in.
func (o ProducerOptions) validate() error {
	var problems []error
	need := func(ok bool, problem string) {
		if !ok {
			problems = append(problems, errors.New(problem))
		}
	}
	need(o.Stream != "", "the stream has no name")
	need(o.MaxInFlight > 0, "MaxInFlight is negative")
	need(o.MaxPending > 0, "MaxPending is negative")
	need(o.MaxPendingBytes > 0, "MaxPendingBytes is negative")
	need(o.MaxRecordBytes > 0 && o.MaxRecordBytes <= MaxRecordBytes, "MaxRecordBytes is not within 1 byte and 10 MiB")
	need(o.Linger > 0, "Linger is negative")
	need(o.RequestTimeout > 0, "RequestTimeout is negative")
	need(o.Patience > 0, "Patience is negative")
	need(o.BackoffBase > 0 && o.BackoffBase <= o.BackoffCap, "BackoffBase is not within 0 and BackoffCap")
	return errors.Join(problems...)
}

// A Producer puts records into one stream: in batches, keeping the order of each partition key, and retrying what was
// not taken. Its methods may be called from several goroutines. It must be closed.
type Producer struct {
	opts ProducerOptions
	api  PutRecordsAPI

	puts    chan Record
	flushes chan *flush
	closing chan struct{} // closed by the first Close: no more records
	ended   chan struct{} // closed when the loop has returned and everything is settled
	abort   context.CancelCauseFunc
	close   func()

	loop loop
}

// NewProducer starts a producer. When ctx ends, whatever is not acknowledged is given up with its cause.
func NewProducer(ctx context.Context, api PutRecordsAPI, opts ProducerOptions) (*Producer, error) {
	opts = opts.withDefaults()
	if err := opts.validate(); err != nil {
		return nil, fmt.Errorf("configure producer: %w", err)
	}
	p := &Producer{
		opts: opts, api: api,
		puts: make(chan Record), flushes: make(chan *flush),
		closing: make(chan struct{}), ended: make(chan struct{}),
	}
	p.close = sync.OnceFunc(func() { close(p.closing) })
	ctx, p.abort = context.WithCancelCause(ctx)
	p.loop = newLoop(p)
	go p.loop.run(ctx)
	return p, nil
}

// Put accepts a record, or blocks while the producer is full. It returns as soon as the record is accepted: whether it
// reached the stream is what Acknowledged says. The data must not be changed until then.
//
// Errors: *RecordError for a record that no stream takes, the context's, ErrProducerClosed, or the *StreamError that
// ended the producer. A record for which Put returns an error is never sent.
func (p *Producer) Put(ctx context.Context, r Record) error {
	if err := r.check(p.opts.MaxRecordBytes); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case p.puts <- r:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-p.closing:
		return p.closed()
	case <-p.ended:
		return p.closed()
	}
}

// Flush sends what is waiting without lingering, and returns when every record accepted before it is settled.
// Errors: the context's, ErrProducerClosed, or the *StreamError that ended the producer; how single records fared is
// what Acknowledged says.
func (p *Producer) Flush(ctx context.Context) error {
	f := &flush{done: make(chan struct{})}
	select {
	case p.flushes <- f:
	case <-ctx.Done():
		return ctx.Err()
	case <-p.ended:
		return p.closed()
	}
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-p.ended:
		return p.loop.failure
	}
}

// Close accepts no more records, flushes, and ends the producer's goroutines before it returns. When ctx ends first,
// what is still not acknowledged is given up with the cause of ctx. It returns the error that ended the producer, nil
// when everything was settled. It may be called again, and returns the same.
func (p *Producer) Close(ctx context.Context) error {
	p.close()
	stop := context.AfterFunc(ctx, func() { p.abort(context.Cause(ctx)) })
	defer stop()
	<-p.ended
	return p.loop.failure
}

// closed is the error of a call that came too late.
func (p *Producer) closed() error {
	select {
	case <-p.ended:
		return cmp.Or(p.loop.failure, ErrProducerClosed)
	default:
		return ErrProducerClosed
	}
}
