package kinesis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamrec/streamrec/infra/transport"
)

// errMismatch is an answer that cannot be matched with its request.
var errMismatch = errors.New("the answer has another number of results than the request has records")

// send starts the next request.
func (l *loop) send(ctx context.Context) {
	batch := l.backlog.take()
	entries := make([]types.PutRecordsRequestEntry, len(batch))
	for i, lane := range batch {
		w := lane.head()
		w.attempts++
		entries[i] = types.PutRecordsRequestEntry{PartitionKey: &w.Key, Data: w.Data}
	}
	l.inFlight++
	go func() { l.answers <- l.p.request(ctx, batch, entries) }()
}

// request makes one call.
func (p *Producer) request(ctx context.Context, batch []*lane, entries []types.PutRecordsRequestEntry) answer {
	ctx, cancel := context.WithTimeout(ctx, p.opts.RequestTimeout)
	defer cancel()
	out, err := p.api.PutRecords(ctx,
		&kinesis.PutRecordsInput{StreamName: &p.opts.Stream, Records: entries},
		callOptions)
	if err == nil && len(out.Records) != len(batch) {
		err = errMismatch
	}
	return answer{batch: batch, out: out, err: err}
}

// callOptions switches the SDK's own retries off: they would hide attempts, and wait in the wrong place.
func callOptions(o *kinesis.Options) {
	o.Retryer = aws.NopRetryer{}
	o.HTTPClient = transport.WholeBody{Next: o.HTTPClient}
}

// receive sorts an answer: settle what is in the stream, hold back or retry what is not.
func (l *loop) receive(a answer) {
	l.inFlight--
	if a.err == nil {
		l.failures, l.pausedUntil = 0, time.Time{}
		l.results(a)
		return
	}
	kind, reason := judge(a.err)
	switch {
	case kind == final:
		l.failure = l.streamError(reason, brief(a.err))
		l.requeue(a.batch)
	case kind == rejected && len(a.batch) == 1:
		l.refuse(a.batch[0], a.err)
	case kind == rejected:
		l.halve(a.batch)
	default:
		l.requeue(a.batch)
		l.pause()
		l.stalled(reason, brief(a.err))
	}
}

// results goes through the answer record by record.
func (l *loop) results(a answer) {
	refused := ""
	for i, lane := range a.batch {
		r := a.out.Records[i]
		if r.ErrorCode == nil && r.SequenceNumber != nil {
			l.acknowledge(lane, aws.ToString(r.ShardId), *r.SequenceNumber)
			continue
		}
		refused = cmp.Or(aws.ToString(r.ErrorCode), "a result without sequence number")
		l.backlog.hold(lane, l.p.opts.Now().Add(l.backoff(lane.head().attempts)))
	}
	if refused != "" {
		l.stalled(ErrStalled, errors.New(refused))
	}
}

// acknowledge settles the head of a lane as written.
func (l *loop) acknowledge(lane *lane, shard, sequence string) {
	w := l.backlog.settle(lane)
	l.settled(w, Ack{Record: w.Record, Shard: shard, Sequence: sequence, Attempts: w.attempts})
}

// refuse settles the head of a lane as unacceptable to the service.
func (l *loop) refuse(lane *lane, err error) {
	w := l.backlog.settle(lane)
	problem := fmt.Sprintf("the service refuses it: %v", brief(err))
	l.settled(w, Ack{Record: w.Record, Attempts: w.attempts, Err: &RecordError{Number: w.Number, Problem: problem}})
}

// settled reports what the service has decided on a record. A flush ends only after the report of its last record.
func (l *loop) settled(w *waiting, a Ack) {
	if l.stall.told {
		l.p.opts.Stalled(l.stall.over(l.p.opts.Now()))
	}
	l.stall = stall{}
	l.p.opts.Acknowledged(a)
	l.countDown(w)
}

// halve closes in on the record for which a request was refused: each of its records goes again with half the company,
// until the bad one is alone.
func (l *loop) halve(batch []*lane) {
	half := (len(batch) + 1) / 2
	for _, lane := range batch {
		lane.head().alone = half
	}
	l.requeue(batch)
}

// requeue makes the records of a request ready again.
func (l *loop) requeue(batch []*lane) {
	for _, lane := range batch {
		l.backlog.retry(lane)
	}
}

// pause keeps every request back after one that failed as a whole: the fault is not that of its records.
func (l *loop) pause() {
	l.failures++
	l.pausedUntil = l.p.opts.Now().Add(l.backoff(l.failures))
}

func (l *loop) backoff(failures int) time.Duration {
	return backoff(l.p.opts.BackoffBase, l.p.opts.BackoffCap, failures, l.p.opts.Random)
}

// stalled notes that a request brought nothing, and ends the producer when that has gone on for its patience.
func (l *loop) stalled(reason, cause error) {
	failure := l.streamError(reason, cause)
	lasted, tell := l.stall.goOn(l.p.opts.Now(), failure)
	if tell {
		l.p.opts.Stalled(lasted)
	}
	if l.failure == nil && lasted.For >= l.p.opts.Patience {
		l.failure = failure
	}
}

func (l *loop) streamError(reason, cause error) error {
	return &StreamError{Stream: l.p.opts.Stream, Reason: reason, Cause: cause}
}

// giveUp waits for the requests under way, takes what they still brought, and settles the rest with the failure.
func (l *loop) giveUp() {
	for l.inFlight > 0 {
		a := <-l.answers
		l.inFlight--
		if a.err != nil {
			l.requeue(a.batch)
			continue
		}
		l.results(a)
	}
	l.backlog.drain(func(w *waiting) {
		l.p.opts.Acknowledged(Ack{Record: w.Record, Attempts: w.attempts, Err: l.failure})
	})
}
