package table

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor/event"
)

// Fact is what a model needs of a row. Strings that repeat within a row group share their memory.
type Fact struct {
	ShardID         string
	SequenceNumber  string // zero-padded
	SubSequence     int32
	Line            int32
	PartitionKey    string
	ExplicitHashKey string    // empty when the row has none
	Arrival         time.Time // UTC
	EventID         string    // empty when the row has none
	SessionID       string    // empty for a record that could not be decoded
	CustomerID      string    // empty when the row has none
	VisitStarted    time.Time // UTC; zero when the row has none
	Duplicate       bool
	Steps           []Step // of the browse history; those without product code are left out
}

// Step is one entry of a browse history.
type Step struct {
	ProductCode string
	Type        event.Type
	Category    string // empty when the entry has none
	Brand       string // empty when the entry has none
	Learnt      bool   // the model made a fact of it, which has
	TouchOffset int64  // this
}

// HashKey is the hash key that decides which shard owns the session: the explicit one, else that of the partition key.
func (f *Fact) HashKey() event.HashKey {
	if f.ExplicitHashKey != "" {
		if key, err := event.ParseHashKey(f.ExplicitHashKey); err == nil {
			return key
		}
	}
	return event.HashOf(f.PartitionKey)
}

// EachLearnt passes what the model has made of the row to each.
func (f *Fact) EachLearnt(each func(model.Fact)) {
	if f.VisitStarted.IsZero() {
		return
	}
	session, visit, base := model.LongSessionID(f.SessionID), uint32(f.VisitStarted.Unix()), model.TouchAt(f.Arrival.UnixMilli())
	for i := range f.Steps {
		if s := &f.Steps[i]; s.Learnt {
			each(model.Fact{
				Session: session, Visit: visit, Item: s.ProductCode, Touch: base + model.Touch(s.TouchOffset),
				Type: model.EventType(s.Type), Label: model.LabelOf(s.Category, s.Brand),
			})
		}
	}
}

// ReadFacts passes the facts of the file of size bytes at src to each, in order, some hundred at a time. The slice and the
// Steps belong to ReadFacts again when each returns; strings may be kept. Errors are those of Read.
func ReadFacts(ctx context.Context, src io.ReaderAt, size int64, each func([]Fact) error) error {
	f, err := openFile(src, size, true)
	if err != nil {
		return err
	}
	r := newFactReader()
	for _, group := range f.RowGroups() {
		if err := r.readGroup(ctx, f, group, each); err != nil {
			return err
		}
	}
	return nil
}

// none is what nulls of the columns read as in which 0 is a value.
const none = math.MinInt64

// factReader reads the columns of facts value by value, which is several times as fast as having rows put together by
// reflection.
type factReader struct {
	shard, sequence, sub, line, partitionKey, hashKey, arrival column
	eventID, session, customer, visit, duplicate               column
	product, step, category, brand, touch                      column    // of the entries: columns of equal shape
	columns                                                    []*column // all of them

	facts []Fact
	steps []Step
}

func newFactReader() *factReader {
	r := &factReader{}
	r.columns = []*column{
		r.shard.is(parquet.ByteArray, "shard_id"),
		r.sequence.is(parquet.ByteArray, "sequence_number"),
		r.sub.is(parquet.Int32, "sub_sequence"),
		r.line.is(parquet.Int32, "line"),
		r.partitionKey.is(parquet.ByteArray, "partition_key"),
		r.hashKey.is(parquet.ByteArray, "explicit_hash_key"),
		r.arrival.is(parquet.Int64, "arrival_time"),
		r.eventID.is(parquet.ByteArray, "event_id"),
		r.session.is(parquet.ByteArray, "session_id"),
		r.customer.is(parquet.ByteArray, "customer_id"),
		r.visit.is(parquet.Int64, "visit_started").added(none),
		r.duplicate.is(parquet.Boolean, "duplicate"),
		r.product.is(parquet.ByteArray, "browse_history", "list", "element", "product_code"),
		r.step.is(parquet.ByteArray, "browse_history", "list", "element", "event"),
		r.category.is(parquet.ByteArray, "browse_history", "list", "element", "category"),
		r.brand.is(parquet.ByteArray, "browse_history", "list", "element", "brand"),
		r.touch.is(parquet.Int64, "browse_history", "list", "element", "touch_offset").added(none),
	}
	return r
}

func (r *factReader) readGroup(ctx context.Context, f *file, group parquet.RowGroup, each func([]Fact) error) error {
	defer func() { _ = f.guard(r.close) }() // everything wanted was read by then
	if err := f.guard(func() error { return r.open(group) }); err != nil {
		return err
	}
	for left := group.NumRows(); left > 0; left -= int64(len(r.facts)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f.guard(func() error { return r.fill(min(left, readRows)) }); err != nil {
			return err
		}
		if err := each(r.facts); err != nil {
			return err
		}
	}
	return f.guard(r.expectEnd)
}

func (r *factReader) open(group parquet.RowGroup) error {
	for _, c := range r.columns {
		if err := c.open(group); err != nil {
			return err
		}
	}
	return nil
}

func (r *factReader) close() error {
	var err error
	for _, c := range r.columns {
		err = errors.Join(err, c.close())
	}
	return err
}

func (r *factReader) expectEnd() error {
	for _, c := range r.columns {
		if c.more() {
			return fmt.Errorf("column %s has more values than its row group has rows", c.name())
		}
		if c.err != nil {
			return c.err
		}
	}
	return nil
}

// fill reads the next n facts.
func (r *factReader) fill(n int64) error {
	r.facts, r.steps = r.facts[:0], r.steps[:0]
	for range n {
		r.facts = append(r.facts, r.fact())
	}
	for _, c := range r.columns {
		if c.err != nil {
			return c.err
		}
	}
	return nil
}

// fact reads one row. The values behind the end or a fault of a column are null; fill notices.
func (r *factReader) fact() Fact {
	return Fact{
		ShardID:         r.shard.text(),
		SequenceNumber:  r.sequence.text(),
		SubSequence:     int32(r.sub.number()),
		Line:            int32(r.line.number()),
		PartitionKey:    r.partitionKey.text(),
		ExplicitHashKey: r.hashKey.text(),
		Arrival:         time.UnixMicro(r.arrival.number()).UTC(),
		EventID:         r.eventID.text(),
		SessionID:       r.session.text(),
		CustomerID:      r.customer.text(),
		VisitStarted:    r.visit.time(),
		Duplicate:       r.duplicate.number() != 0,
		Steps:           r.history(),
	}
}

// history reads the entries of one row. A row without entries has one null in each of their columns.
func (r *factReader) history() []Step {
	start := len(r.steps)
	for first := true; first || r.entryFollows(); first = false {
		step := Step{ProductCode: r.product.text(), Category: r.category.text(), Brand: r.brand.text()}
		if touch := r.touch.number(); touch != none {
			step.Learnt, step.TouchOffset = true, touch
		}
		step.Type, _ = event.ParseType(r.step.text()) // a type that a later version may add counts as the weakest
		if step.ProductCode != "" {
			r.steps = append(r.steps, step)
		}
	}
	if len(r.steps) == start {
		return nil
	}
	return r.steps[start:len(r.steps):len(r.steps)]
}

// entryFollows reports whether the row has another entry.
func (r *factReader) entryFollows() bool {
	follows := r.product.repeats()
	for _, c := range [...]*column{&r.step, &r.category, &r.brand, &r.touch} {
		if !c.absent && c.repeats() != follows && c.err == nil {
			c.fail("has other entries than product_code")
		}
	}
	return follows
}
