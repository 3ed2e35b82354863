package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
)

// reader reads one shard: at Kinesis' pace, over expired iterators, throttling and failures, and never silently across a gap.
type reader struct {
	worker *Worker
	shard  string
	at     lease.Position
	tip    int64 // Unix ms: everything that arrived until then has been committed, or read since

	iterator string
	last     string // sequence number of the last record delivered
	expect   string // sequence number that the first record has to have
	skip     bool   // whether that record has been processed already
	patient  bool   // when there is nothing where reading has to begin, what comes is waited for
	resume   time.Time
	heard    time.Time // when there was last something to read
	children []lease.Lease
	ended    bool      // the end of the closed shard has been read
	begun    bool      // reading began where it had to
	behind   bool      // by the last page
	arrived  time.Time // when the last record did
	reads    int
	size     int // mean bytes of a record of the last page that had any, 0 before
}

func newReader(w *Worker, shard string, at lease.Position, tip int64) *reader {
	return &reader{worker: w, shard: shard, at: at, tip: tip}
}

// start gets the first iterator.
func (r *reader) start(ctx context.Context) error {
	r.heard = r.worker.env.Now()
	return r.begin(ctx, r.at)
}

// begin gets an iterator. After a record it begins at that record, so that its absence shows when it is past retention.
func (r *reader) begin(ctx context.Context, at lease.Position) error {
	switch at.Type {
	case lease.AfterSequenceNumber:
		at.Type, r.expect, r.skip, r.last = lease.AtSequenceNumber, at.Value, true, at.Value
	case lease.AtSequenceNumber:
		r.expect = at.Value
	}
	return r.iterate(ctx, at)
}

// iterate gets an iterator, however often it takes.
func (r *reader) iterate(ctx context.Context, at lease.Position) error {
	return r.insist(ctx, func(ctx context.Context) (err error) {
		r.iterator, err = r.worker.stream.Iterator(ctx, r.shard, at)
		return err
	})
}

// finish makes the next page the end of the shard, without asking the stream.
func (r *reader) finish(children []lease.Lease) { r.children, r.ended = children, true }

// next waits until Kinesis allows a read, and returns its page. The end of a closed shard is a page without Next.
func (r *reader) next(ctx context.Context) (page Page, err error) {
	if r.ended {
		return Page{Children: r.children}, nil
	}
	if err := r.worker.env.Sleep(ctx, r.resume.Sub(r.worker.env.Now())); err != nil {
		return Page{}, err
	}
	if r.overtaken() {
		if err := r.again(ctx); err != nil {
			return Page{}, err
		}
	}
	var began time.Time
	err = r.insist(ctx, func(ctx context.Context) (err error) {
		began = r.worker.env.Now()
		r.resume = began.Add(r.interval())
		page, err = r.worker.stream.Read(ctx, r.iterator, r.limit())
		if errors.Is(err, ErrIteratorExpired) || errors.Is(err, ErrStreamRefused) { // a shard that is gone refuses; asking for an iterator tells
			return errors.Join(err, r.again(ctx))
		}
		return err
	})
	if err != nil {
		return Page{}, err
	}
	r.rest(began, page)
	r.pay(page.Records)
	r.iterator, r.children, r.ended = page.Next, page.Children, page.Next == ""
	if page.Records, err = r.unseen(page); err != nil {
		return Page{}, err
	}
	r.note(page)
	return page, nil
}

// note remembers how far the shard has been read, once reading has begun: until then an empty page says nothing. A page at the tip is the last of all that arrived
// before.
func (r *reader) note(page Page) {
	if r.expect != "" {
		return
	}
	r.begun, r.behind = true, page.MillisBehindLatest > 0
	if !r.behind {
		r.tip = max(r.tip, r.worker.env.Wall().UnixMilli())
	}
	if n := len(page.Records); n > 0 {
		r.last, r.arrived = page.Records[n-1].SequenceNumber, page.Records[n-1].Arrival
	}
}

// overtaken reports whether what comes next may be past retention already. An iterator does not tell: it goes on with what is left.
func (r *reader) overtaken() bool {
	return r.behind && r.last != "" && r.expect == "" && r.worker.old(r.arrived)
}

// again gets another iterator where reading is: one has expired, or may have been overtaken by retention. Time has passed since the last record, so that it has to
// be there still.
func (r *reader) again(ctx context.Context) error {
	switch {
	case r.expect != "":
		return r.iterate(ctx, lease.Position{Type: lease.AtSequenceNumber, Value: r.expect})
	case r.last != "":
		return r.begin(ctx, lease.After(r.last, 0))
	}
	return r.iterate(ctx, r.at)
}

// unseen checks that reading begins where it has to, and drops the record that has been processed already. Otherwise
// that record is past retention, and records after it may be missing, unless the tip proves the opposite.
func (r *reader) unseen(page Page) ([]Record, error) {
	records := page.Records
	onTheWay := len(records) == 0 && page.MillisBehindLatest > 0 && page.Next != ""
	if r.expect == "" || onTheWay {
		return records, nil
	}
	if len(records) > 0 && chain.Compare(records[0].SequenceNumber, r.expect) == 0 {
		r.expect = ""
		if r.skip {
			return records[1:], nil
		}
		return records, nil
	}
	if r.skip && r.nothingMissed() {
		r.expect = ""
		return records, nil
	}
	past := &pastRetention{record: r.expect, overtaken: r.begun}
	switch {
	case len(records) > 0:
		past.next = records[0].SequenceNumber
	case page.Next == "":
		past.next = chain.GapToEnd
	case r.patient:
		return nil, nil // the record that comes next says how far the gap goes
	}
	return nil, past
}

// nothingMissed reports whether everything that arrived until a moment well within retention has been committed or read: then no
// record that is past retention can be missing.
func (r *reader) nothingMissed() bool { return r.tip > 0 && !r.worker.old(time.UnixMilli(r.tip)) }

// old reports whether what arrived at a time may be past retention.
func (w *Worker) old(arrived time.Time) bool {
	return w.env.Wall().Sub(arrived) >= w.cfg.Retention*23/24
}

// insist repeats a request until it succeeds, ctx ends, or the answer would always be the same. It backs off from 200 ms to
// 5 s with full jitter; throttling is an error like others.
func (r *reader) insist(ctx context.Context, request func(context.Context) error) error {
	for wait := 200 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := request(ctx)
		if err == nil || ctx.Err() != nil {
			return errors.Join(err, context.Cause(ctx))
		}
		if errors.Is(err, ErrPosition) || errors.Is(err, ErrShardGone) {
			return fmt.Errorf("%w: %w", ErrStop, err)
		}
		if !errors.Is(err, ErrIteratorExpired) {
			r.worker.report.Trouble("read shard "+r.shard, err)
			r.worker.Alive(r.shard)
		}
		if stop := r.worker.env.Sleep(ctx, time.Duration((0.5+r.worker.env.Rand()/2)*float64(wait))); stop != nil {
			return errors.Join(stop, err)
		}
	}
}
