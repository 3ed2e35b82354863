package processor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/processor/table"
)

// Shard is the shard as its lease row describes it when a term begins.
type Shard struct {
	chain.Shard
	LeaseCounter int64
	Bookmark     chain.Bookmark
}

// Bookmark writes the end of the chain into the lease row. It is called after each commit.
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
	env      chain.Env
	bucket   chain.Bucket
	shard    Shard
	bookmark Bookmark
	observer Observer

	writer  *chain.Writer
	decoder *event.Decoder
	seen    *duplicates
	model   *model.Model
	batch   *batch

	// Scratch of one record.
	events  []event.Event
	learned []model.Interaction
	facts   []model.Fact
	scored  []model.Scored
	lists   []table.Recommendation
}

// ErrPastRetention says that records between the log's end and what the stream still has are missing.
var ErrPastRetention = errors.New("records are past retention")

// New returns a Processor for one term. observer may be nil.
func New(cfg Config, env chain.Env, bucket chain.Bucket, shard Shard, bookmark Bookmark, observer Observer) *Processor {
	return &Processor{cfg: cfg.WithDefaults(), env: env, bucket: bucket, shard: shard, bookmark: bookmark, observer: observer}
}

// Resume is where reading has to begin: after the record Last, or else at the record First, or else, when both are empty, where
// the lease row says.
type Resume struct{ Last, First string }

// Open finds the end of the chain, restores the model from the log, and returns where reading has to begin.
func (p *Processor) Open(ctx context.Context) (Resume, error) {
	w, err := chain.TakeOver(ctx, p.env, p.bucket, p.cfg.Layout, p.shard.Shard, p.shard.LeaseCounter, p.shard.Bookmark)
	if err != nil {
		return Resume{}, err
	}
	hashes, err := event.ParseHashRange(p.shard.StartingHashKey, p.shard.EndingHashKey)
	if err != nil {
		return Resume{}, fmt.Errorf("read hash range of %s: %w", p.shard.ID, err)
	}
	p.writer = w
	p.decoder = event.NewDecoder(event.Options{Privacy: p.cfg.Privacy, Range: &hashes})
	p.seen, p.model = newDuplicates(), model.New(*p.cfg.Model)
	p.lists = make([]table.Recommendation, 0, max(p.cfg.Recommendations, 0)) // never nil: nil is null, and means that none were asked for
	if p.batch, err = newBatch(p.cfg.Codec); err != nil {
		return Resume{}, err
	}
	if err := p.restore(ctx); err != nil {
		return Resume{}, err
	}
	if w.End().Last != w.Bookmarked() && w.End().Last != "" {
		if err := p.bookmark(ctx, w.End()); err != nil {
			return Resume{}, fmt.Errorf("move bookmark: %w", err)
		}
	}
	at := Resume{Last: w.End().Last}
	if start := w.Start(); at.Last == "" && start != nil {
		at.First = start.First
	}
	return at, nil
}

// Process handles the next records, in order, and whatever is due by time.
func (p *Processor) Process(ctx context.Context, records []event.Record) error {
	for i := range records {
		if err := p.processRecord(ctx, &records[i]); err != nil {
			return err
		}
	}
	if p.due() {
		return p.commit(ctx)
	}
	return nil
}

func (p *Processor) processRecord(ctx context.Context, r *event.Record) error {
	if skip, err := p.begin(ctx, r); skip || err != nil {
		return err
	}
	if !p.batch.empty() && (chain.HourOf(r.Arrival) > p.batch.hour || p.full()) {
		if err := p.commit(ctx); err != nil {
			return err
		}
	}
	if p.batch.empty() {
		p.batch.open(p.env.Now(), p.writer.End(), p.writer.HourOf(r.Arrival), r)
	}
	p.lists = p.lists[:0]
	p.events = p.decoder.Decode(p.events[:0], *r)
	for i := range p.events {
		p.row(r, &p.events[i])
	}
	return p.batch.add(r, len(p.events))
}

// begin makes sure that the chain has a start mark. A record before another writer's mark does not belong to the log.
func (p *Processor) begin(ctx context.Context, r *event.Record) (skip bool, err error) {
	if p.writer.End().Last != "" || !p.batch.empty() {
		return false, nil
	}
	mark, err := p.writer.Begin(ctx, r.SequenceNumber, r.Arrival)
	if err != nil {
		return false, err
	}
	switch c := chain.Compare(r.SequenceNumber, mark.First); {
	case c < 0:
		return true, nil
	case c > 0:
		return false, fmt.Errorf("the chain begins at %s, the stream at %s: %w", mark.First, r.SequenceNumber, ErrPastRetention)
	}
	return false, nil
}

// row makes the row of one event, learns from it and recommends. A duplicate leaves the model alone.
func (p *Processor) row(r *event.Record, e *event.Event) {
	row := p.batch.next()
	table.FromEvent(row, p.shard.ID, r, e)
	if e.Err == nil {
		row.Duplicate = p.seen.seen(e.SessionID, e.EventID.Value, r.Arrival)
		if !row.Duplicate {
			p.learn(r, e)
		}
		p.recommend(row, e)
	}
	if p.observer != nil {
		p.observer.Processed(p.shard.ID, row)
	}
}

// due reports whether the open batch is full or old enough.
func (p *Processor) due() bool {
	if p.batch.empty() {
		return false
	}
	age := p.cfg.MaxAge
	if p.writer.End().Last == "" {
		age = p.cfg.FirstAge
	}
	return p.full() || p.env.Now().Sub(p.batch.opened) >= age
}

func (p *Processor) full() bool {
	return p.batch.rows.Size() >= p.cfg.MaxBytes || p.batch.rows.Rows() >= p.cfg.MaxRows
}

// Idle reports whether everything that was processed is committed.
func (p *Processor) Idle() bool { return p.batch == nil || p.batch.empty() }

// commit makes the open batch the next link and moves the bookmark. After an error the batch must not be added to: its outcome is
// unknown, and a new Processor has to find it out.
func (p *Processor) commit(ctx context.Context) error {
	if p.Idle() {
		return nil
	}
	began := p.env.Now()
	link, err := p.batch.seal(p.shard.ID, p.shard.LeaseCounter)
	if err != nil {
		return err
	}
	if err := p.writer.Commit(ctx, link); err != nil {
		return fmt.Errorf("commit batch: %w", err)
	}
	p.batch.reset()
	if p.observer != nil {
		p.observer.Committed(p.shard.ID, *link, p.env.Now().Sub(began))
	}
	if err := p.bookmark(ctx, p.writer.End()); err != nil {
		return fmt.Errorf("move bookmark: %w", err)
	}
	return nil
}

// Drain commits what is open.
func (p *Processor) Drain(ctx context.Context) error { return p.commit(ctx) }

// End commits what is open and marks the end of the chain. The lease row may say SHARD_END after that, not before.
func (p *Processor) End(ctx context.Context, children []chain.Child) error {
	if err := p.commit(ctx); err != nil {
		return err
	}
	_, err := p.writer.Finish(ctx, children)
	return err
}
