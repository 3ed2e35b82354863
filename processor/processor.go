package processor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/processor/table"
)

// Shard is the shard as its lease row describes it when a term begins.
type Shard struct {
	chain.Shard
	LeaseCounter int64
	Bookmark     chain.Bookmark
	Past         chain.Hour // of the last thing that is known to be in what is read back: see Config.Source
}

// Env is what a Processor needs of its surroundings.
type Env interface {
	chain.Env
	// Start runs f concurrently and returns at once; wait returns when f has.
	Start(f func()) (wait func())
}

// Bookmark writes the end of the chain into the lease row. It is called after each commit, by another goroutine than the Processor's.
type Bookmark func(ctx context.Context, end chain.End) error

// Observer is told what a Processor does, for metrics and for whoever serves recommendations. Its methods return at once.
type Observer interface {
	// Processed is called for each user record, after its recommendations have been computed. row is valid during the call.
	Processed(shard string, row *table.Row)
	// Committed is called after each commit.
	Committed(shard string, link chain.Batch, took time.Duration)
}

// Processor handles the records of one shard in one term. See the package's documentation for its life.
type Processor struct {
	cfg      Config
	env      Env
	bucket   chain.Bucket
	shard    Shard
	bookmark Bookmark
	observer Observer

	writer   *chain.Writer // belongs to upload while there is one
	contents Contents
	batch    *batch
	end      chain.End // where the open batch begins: Last, Hour and Hash of the chain once upload has succeeded
	states   states
	latest   [2]chain.Bookmark // the last states that this term has put; belongs to upload like writer
	upload   *upload           // under way, or failed; nil when everything that was sealed is committed
	share    *share            // of the worker's memory, from Open on
	kept     int64             // heap of the contents when nothing is open
	needs    int64             // heap that the batch will take which is read back; zero: none is
	trail    *chain.Trail      // what has to be read back; nil: nothing, or nothing any more
	over     bool              // nothing is left to be read back
	closed   bool              // Config.Until is reached
}

// ErrPastRetention says that records between the log's end and what the stream still has are missing.
var ErrPastRetention = errors.New("records are past retention")

// New returns a Processor for one term. observer may be nil.
func New(cfg Config, env Env, bucket chain.Bucket, shard Shard, bookmark Bookmark, observer Observer) *Processor {
	return &Processor{cfg: cfg.WithDefaults(), env: env, bucket: bucket, shard: shard, bookmark: bookmark, observer: observer}
}

// Resume is where reading has to begin: after the record Last, or else at the record First, or else, when both are empty, where
// the lease row says. Exhausted: an accepted gap reaches to the end of the shard, and nothing but that end may come.
type Resume struct {
	Last, First string
	Exhausted   bool
}

// Open finds the end of the chain, restores the model from the log, and returns where reading has to begin.
func (p *Processor) Open(ctx context.Context) (Resume, error) {
	w, err := chain.TakeOver(ctx, p.env, p.bucket, p.cfg.Layout, p.shard.Shard, p.shard.LeaseCounter, p.shard.Bookmark)
	if err != nil {
		return Resume{}, err
	}
	p.writer, p.batch = w, newBatch()
	if err := p.restore(ctx); err != nil {
		return Resume{}, err
	}
	if err := p.lookBack(ctx); err != nil {
		return Resume{}, err
	}
	p.share, p.kept = p.cfg.Budget.join(), p.contents.Heap()
	p.account()
	if w.End().Last != w.Bookmarked() && w.End().Last != "" {
		if err := p.bookmark(ctx, w.End()); err != nil {
			return Resume{}, fmt.Errorf("move bookmark: %w", err)
		}
	}
	return p.resume(), nil
}

func (p *Processor) resume() Resume {
	after, at := p.writer.Next()
	if at == chain.GapToEnd {
		return Resume{Exhausted: true}
	}
	return Resume{Last: after, First: at}
}

// Process handles the next records, in order, and whatever is due by time.
func (p *Processor) Process(ctx context.Context, records []event.Record) error {
	if err := p.collect(); err != nil {
		return err
	}
	pauses := p.pauses(records)
	for i := range records {
		if err := p.processRecord(ctx, &records[i]); err != nil {
			return err
		}
		pauses.Take(ctx, p.env)
	}
	if len(records) == 0 {
		p.contents.Rest()
	}
	if p.due() {
		if err := p.commit(ctx); err != nil {
			return err
		}
	}
	if p.overdue() {
		return p.settle(ctx)
	}
	return p.collect()
}

// live is how old the newest record of a page is at most while a shard is not behind.
const live = time.Second

// pauses are those of a page. One of records that have just come may take a tenth of the time until the next one longer. Of a shard that catches up there is a page
// every half second, by what Kinesis gives, and it takes a quarter longer at most.
func (p *Processor) pauses(records []event.Record) chain.Pauses {
	if n := len(records); n > 0 && p.env.Wall().Sub(records[n-1].Arrival) > live {
		return chain.NewPauses(p.env, 4*time.Millisecond, time.Second)
	}
	return chain.NewPauses(p.env, time.Millisecond, 20*time.Millisecond)
}

func (p *Processor) processRecord(ctx context.Context, r *event.Record) error {
	if p.upload != nil && p.share.exhausted() {
		if err := p.settle(ctx); err != nil {
			return err
		}
	}
	if skip, err := p.begin(ctx, r); skip || err != nil {
		return err
	}
	if !p.batch.empty() && (chain.HourOf(r.Arrival) > p.batch.hour || p.full()) {
		if err := p.commit(ctx); err != nil {
			return err
		}
	}
	if p.batch.empty() {
		p.batch.open(p.env.Now(), p.end, r, table.SchemaVersion)
	}
	n, err := p.contents.Add(r)
	if err != nil {
		return err
	}
	p.batch.add(r, n)
	p.account()
	return nil
}

// account tells the budget what the processor holds.
func (p *Processor) account() {
	u := usage{batch: p.contents.Heap(), kept: p.kept, needs: p.needs}
	if p.upload != nil {
		u.upload = int64(cap(p.upload.link.Body))
	}
	p.share.hold(u, p.batch.opened)
}

// begin makes sure that the chain has a start mark, and that it goes on with this record. What comes before another writer's mark, or
// lies in an accepted gap, does not belong to the log.
func (p *Processor) begin(ctx context.Context, r *event.Record) (skip bool, err error) {
	if !p.batch.empty() || p.upload != nil {
		return false, nil
	}
	if _, err := p.writer.Begin(ctx, r.SequenceNumber, r.Arrival); err != nil {
		return false, err
	}
	p.end = p.writer.End()
	_, at := p.writer.Next()
	switch {
	case at == "":
		return false, nil
	case at == chain.GapToEnd:
		return false, fmt.Errorf("the chain of %s goes on at its end after a gap, the stream has %s: %w", p.shard.ID, r.SequenceNumber, chain.ErrBroken)
	}
	if c := chain.Compare(r.SequenceNumber, at); c <= 0 {
		return c < 0, nil
	}
	return false, fmt.Errorf("the chain goes on at %s, the stream at %s: %w", at, r.SequenceNumber, ErrPastRetention)
}
