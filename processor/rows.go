package processor

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/processor/table"
)

// rows is the Contents of a real shard: a Parquet table of events with recommendations, and the model that made them.
type rows struct {
	shard    string
	length   int // of the lists; none when it is not positive
	observer Observer
	hashes   event.HashRange
	erased   func(customerID string, arrival time.Time) bool

	tombstones func() int
	heeded     int // tombstones when the term began: what was learnt before one that came later is not forgotten

	decoder *event.Decoder
	seen    *duplicates
	turn    turn // taken while a record changes the model, and while somebody asks it
	model   *model.Model
	table   *table.Writer

	merged   Editions        // nil when nobody follows the other shards
	adoption *model.Adoption // of an edition of merged; nil when none is on its way
	versions versions

	// Scratch of one record.
	events  []event.Event
	chunk   []table.Row
	learned []model.Interaction
	facts   []model.Fact
	scored  []model.Scored
	lists   []table.Recommendation
	starts  []time.Time
	offsets []int64
}

func newRows(cfg Config, shard Shard, observer Observer) (Contents, error) {
	hashes, err := event.ParseHashRange(shard.StartingHashKey, shard.EndingHashKey)
	if err != nil {
		return nil, fmt.Errorf("read hash range of %s: %w", shard.ID, err)
	}
	w, err := table.NewWriter(table.Options{Codec: cfg.Codec})
	if err != nil {
		return nil, err
	}
	decoder := event.Options{Privacy: cfg.Privacy, Range: &hashes, Erased: cfg.Erased, Scout: cfg.Scout}
	if cfg.Foreign != nil {
		decoder.Foreign = cfg.Foreign()
	}
	c := &rows{
		shard: shard.ID, length: cfg.Recommendations, observer: observer, hashes: hashes, erased: cfg.Erased,
		tombstones: cfg.Tombstones, heeded: cfg.Tombstones(),
		decoder: event.NewDecoder(decoder),
		seen:    newDuplicates(), turn: newTurn(), model: model.New(*cfg.Model), table: w,
		merged: cfg.Merged,
		lists:  make([]table.Recommendation, 0, max(cfg.Recommendations, 0)), // never nil: nil is null, and means that none were asked for
	}
	c.model.Restrict(cfg.Sells)
	c.Rest()
	return c, nil
}

// Add implements Contents.
func (c *rows) Add(r *event.Record) (int, error) {
	c.events = c.decoder.Decode(c.events[:0], *r)
	return c.addEvents(r)
}

// Again implements Contents.
func (c *rows) Again(ctx context.Context, body []byte, each func(r *event.Record, rows int) error) error {
	var r event.Record
	c.events = c.events[:0]
	finish := func() error {
		if len(c.events) == 0 {
			return nil
		}
		n, err := c.addEvents(&r)
		if c.events = c.events[:0]; err != nil {
			return err
		}
		return each(&r, n)
	}
	sequence := ""
	err := table.Read(ctx, bytes.NewReader(body), int64(len(body)), func(chunk []table.Input) (err error) {
		for i := range chunk {
			if row := &chunk[i]; row.SequenceNumber != sequence {
				if err = finish(); err != nil {
					return err
				}
				sequence = row.SequenceNumber
			}
			c.events = slices.Grow(c.events, 1)[:len(c.events)+1]
			e := &c.events[len(c.events)-1]
			if r, err = table.ToEvent(e, &chunk[i]); err != nil {
				return err
			}
			c.decoder.Heed(e, r)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return finish()
}

// addEvents folds what a record has become, which is in c.events, and appends its rows.
func (c *rows) addEvents(r *event.Record) (int, error) {
	c.adopt(adoptBetween)
	c.starts, c.offsets = c.starts[:0], c.offsets[:0]
	c.lists, c.chunk = c.lists[:0], c.chunk[:0]
	for i := range c.events {
		c.add(r, &c.events[i])
	}
	if err := c.table.Append(c.chunk); err != nil {
		return 0, fmt.Errorf("encode rows: %w", err)
	}
	return len(c.events), nil
}

// Rest implements Contents: the model recommends with the newest edition of what all shards have learnt, and lets go of what is in it.
func (c *rows) Rest() {
	for c.adopt(adoptAtRest) {
	}
}

// How many facts are looked at between two records, and at a time when there are none: a few hundred microseconds of work, and a few milliseconds.
const (
	adoptBetween = 128
	adoptAtRest  = 1024
)

// adopt goes on to adopt the newest edition, and reports whether there is more to do. Questions wait for no more than the last step: a minute of a busy shard is
// tens of thousands of facts.
func (c *rows) adopt(facts int) (more bool) {
	if c.merged == nil {
		return false
	}
	if c.adoption == nil {
		edition := c.merged.Latest()
		if edition == c.model.Adopted() { // which only this goroutine changes
			return false
		}
		c.adoption = c.model.Prepare(edition)
	}
	if !c.adoption.Step(facts) {
		return true
	}
	c.turn.take()
	defer c.turn.give()
	if c.model.Complete(c.adoption); c.model.Adopted() != nil {
		c.model.Shed()
	}
	c.adoption = nil
	return false
}

// add makes the row of one event, learns from it and recommends. A duplicate leaves the model alone.
func (c *rows) add(r *event.Record, e *event.Event) {
	row := c.next()
	table.FromEvent(row, c.shard, r, e)
	if e.Err == nil {
		c.fold(row, r, e)
	}
	if c.observer != nil {
		c.observer.Processed(c.shard, row)
	}
}

// fold learns from an event and recommends. Whoever asks sees both or neither.
func (c *rows) fold(row *table.Row, r *event.Record, e *event.Event) {
	c.turn.take()
	defer c.turn.give()
	row.Duplicate = c.seen.seen(e.SessionID, e.EventID.Value, r.Arrival)
	if !row.Duplicate {
		c.learn(row, r, e)
	}
	c.recommend(row, e)
}

// next returns the next row of the chunk, with the storage that an earlier row has left there.
func (c *rows) next() *table.Row {
	if len(c.chunk) < cap(c.chunk) {
		c.chunk = c.chunk[:len(c.chunk)+1]
	} else {
		c.chunk = append(c.chunk, table.Row{})
	}
	return &c.chunk[len(c.chunk)-1]
}

// Bytes implements Contents.
func (c *rows) Bytes() int64 { return c.table.Size() }

// Rows implements Contents.
func (c *rows) Rows() int { return c.table.Rows() }

// Heap implements Contents.
func (c *rows) Heap() int64 { return c.table.Heap() }

// Seal implements Contents.
func (c *rows) Seal(notes map[string]string) ([]byte, error) {
	if err := c.versions.describe(notes); err != nil {
		return nil, err
	}
	return c.table.Close(notes)
}

// Reset implements Contents.
func (c *rows) Reset() {
	c.table.Reset()
	c.versions.object = c.versions.object[:0]
}
