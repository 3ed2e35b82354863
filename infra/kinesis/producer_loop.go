package kinesis

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// flush is one call of Flush.
type flush struct {
	left int           // records accepted before it that are not settled
	done chan struct{} // closed by the loop when left is 0
}

// answer is the end of one request.
type answer struct {
	batch []*lane
	out   *kinesis.PutRecordsOutput
	err   error
}

// loop is the state of a producer. One goroutine owns it; requests run beside it and come back as answers.
type loop struct {
	p       *Producer
	backlog backlog
	alarm   alarm
	answers chan answer

	inFlight   int // requests
	closing    bool
	flushing   []*flush
	flushCount int

	failures    int       // requests that failed as a whole since the last that did not
	pausedUntil time.Time // no request before, after such a failure
	stall       stall

	failure error // why the producer ended; read by others after p.ended is closed
}

func newLoop(p *Producer) loop {
	return loop{
		p: p, backlog: newBacklog(), alarm: alarm{timer: p.opts.Timer},
		answers: make(chan answer, p.opts.MaxInFlight), // a request never waits to deliver its answer
	}
}

// run ends when the producer is closed and everything is settled, or when the stream or ctx is at its end.
func (l *loop) run(ctx context.Context) {
	defer close(l.p.ended)
	defer l.p.abort(nil)
	for l.failure == nil && !(l.closing && l.backlog.records == 0) {
		now := l.p.opts.Now()
		l.backlog.release(now)
		for l.maySend(now) {
			l.send(ctx)
		}
		l.alarm.set(l.wake(), now)
		l.await(ctx)
	}
	l.alarm.clear()
	l.giveUp()
}

// await takes the next event.
func (l *loop) await(ctx context.Context) {
	puts, closing := l.p.puts, l.p.closing
	if l.closing {
		puts, closing = nil, nil
	}
	if l.backlog.records >= l.p.opts.MaxPending || l.backlog.bytes >= l.p.opts.MaxPendingBytes {
		puts = nil
	}
	select {
	case r := <-puts:
		l.backlog.push(&waiting{Record: r, accepted: l.p.opts.Now(), flushes: l.flushCount})
	case a := <-l.answers:
		l.receive(a)
	case f := <-l.p.flushes:
		l.flush(f)
	case <-l.alarm.fired:
		l.alarm.clear()
	case <-closing:
		l.closing = true
	case <-ctx.Done():
		l.failure = context.Cause(ctx)
	}
}

// hurried reports whether somebody waits for the last record, so that lingering for more is in vain.
func (l *loop) hurried() bool { return l.closing || len(l.flushing) > 0 }

// maySend decides whether a request starts now.
func (l *loop) maySend(now time.Time) bool {
	oldest, ok := l.backlog.oldest()
	if !ok || l.inFlight >= l.p.opts.MaxInFlight || now.Before(l.pausedUntil) {
		return false
	}
	return l.backlog.full() || l.hurried() || now.Sub(oldest) >= l.p.opts.Linger
}

// wake is when the next request may become possible without anything else happening; zero when never.
func (l *loop) wake() time.Time {
	at, ok := l.backlog.nextRelease()
	if l.inFlight >= l.p.opts.MaxInFlight {
		return time.Time{} // the next answer wakes the loop
	}
	if oldest, ready := l.backlog.oldest(); ready {
		if due := oldest.Add(l.p.opts.Linger); !ok || due.Before(at) {
			at = due
		}
		ok = true
	}
	if ok && at.Before(l.pausedUntil) {
		at = l.pausedUntil
	}
	return at
}

// flush registers a waiter for everything that is unsettled now.
func (l *loop) flush(f *flush) {
	f.left = l.backlog.records
	if f.left == 0 {
		close(f.done)
		return
	}
	l.flushCount++
	l.flushing = append(l.flushing, f)
}

// countDown tells the flushes that a record is settled.
func (l *loop) countDown(w *waiting) {
	first := l.flushCount - len(l.flushing) // flushes before it are done
	for i, f := range l.flushing {
		if first+i >= w.flushes {
			f.left--
		}
	}
	for len(l.flushing) > 0 && l.flushing[0].left == 0 {
		close(l.flushing[0].done)
		l.flushing = l.flushing[1:]
	}
}
