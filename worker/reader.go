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
	doubt    bool   // reading begins with what is left of the shard, and what came since the tip may be past retention
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

// begin gets an iterator. After a record it begins at that record, so that its absence shows when it is past retention. Of a shard without one, only its tip
// tells.
func (r *reader) begin(ctx context.Context, at lease.Position) error {
	switch at.Type {
	case lease.AfterSequenceNumber:
		at.Type, r.expect, r.skip, r.last = lease.AtSequenceNumber, at.Value, true, at.Value
	case lease.AtSequenceNumber:
		r.expect = at.Value
	case lease.TrimHorizon, lease.AtTimestamp:
		r.doubt = r.tip > 0 && !r.nothingMissed()
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
	var began, asked time.Time
	err = r.insist(ctx, func(ctx context.Context) (err error) {
		began, asked = r.worker.env.Now(), r.worker.env.Wall()
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
	r.note(page, asked)
	return page, nil
}

// note remembers how far the shard has been read, once reading has begun: until then an empty page says nothing. A page at the tip is the last of all that arrived
// before it was asked for, and of a shard that was open then.
func (r *reader) note(page Page, asked time.Time) {
	if r.expect != "" || r.doubt {
		return
	}
	r.begun, r.behind = true, page.MillisBehindLatest > 0
	if !r.behind && page.Next != "" {
		r.tip = max(r.tip, asked.UnixMilli())
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
	return r.begin(ctx, r.at)
}

// unseen checks that reading begins where it has to, and drops the record that has been processed already. Otherwise
// that record is past retention, and records after it may be missing, unless the tip proves the opposite.
func (r *reader) unseen(page Page) ([]Record, error) {
	records := page.Records
	onTheWay := len(records) == 0 && page.MillisBehindLatest > 0 && page.Next != ""
	if onTheWay {
		return nil, nil
	}
	if r.doubt {
		return records, r.dispel()
	}
	if r.expect == "" {
		return records, nil
	}
	if len(records) > 0 && chain.Compare(records[0].SequenceNumber, r.expect) == 0 {
		r.expect, r.arrived = "", records[0].Arrival
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

// dispel goes on where records may be missing before what is left of the shard, if that has been accepted. Nothing of it is in the log, so that there is no gap to be
// marked: the log begins with what is left.
func (r *reader) dispel() error {
	if !r.patient {
		return fmt.Errorf("%w: no record of the shard has been read yet, and what came since %s may be past retention: records may be missing", ErrStop, time.UnixMilli(r.tip).UTC().Format(time.RFC3339))
	}
	r.doubt = false
	r.worker.log.WithField("shard", r.shard).Warn("reading begins with what is left of the shard, as the plan says")
	return nil
}

// openUntil is a moment, Unix ms, at which the shard was still open: its children have no older records. 0: none is known.
func (r *reader) openUntil() int64 { return max(r.tip, r.arrived.UnixMilli(), 0) }

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
