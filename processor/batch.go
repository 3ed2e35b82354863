package processor

import (
	"fmt"
	"strconv"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/processor/table"
)

// batch collects the rows of whole Kinesis records until they become a link.
type batch struct {
	rows   *table.Writer
	hash   *chain.Hash
	chunk  []table.Row
	opened time.Time // by the processor's clock, when the first record came
	hour   chain.Hour
	link   chain.Batch // without Body and Hash
}

func newBatch(codec *table.Codec) (*batch, error) {
	rows, err := table.NewWriter(table.Options{Codec: codec})
	if err != nil {
		return nil, err
	}
	return &batch{rows: rows, hash: chain.NewHash("")}, nil
}

// empty reports whether the batch has no record.
func (b *batch) empty() bool { return b.link.Records == 0 }

// open begins a batch with its first record.
func (b *batch) open(now time.Time, end chain.End, hour chain.Hour, r *event.Record) {
	b.opened, b.hour = now, hour
	b.hash.Reset(end.Hash)
	b.link = chain.Batch{First: r.SequenceNumber, FirstArrival: r.Arrival, Schema: table.SchemaVersion}
}

// next returns the next row of the chunk, with the storage that an earlier row has left there.
func (b *batch) next() *table.Row {
	if len(b.chunk) < cap(b.chunk) {
		b.chunk = b.chunk[:len(b.chunk)+1]
	} else {
		b.chunk = append(b.chunk, table.Row{})
	}
	return &b.chunk[len(b.chunk)-1]
}

// add appends one record, whose rows have been appended to chunk.
func (b *batch) add(r *event.Record, rows int) error {
	b.hash.Add(r.SequenceNumber, r.Data)
	b.link.Last = r.SequenceNumber
	b.link.Records++
	b.link.Rows += int64(rows)
	if r.Arrival.After(b.link.LastArrival) {
		b.link.LastArrival = r.Arrival
	}
	if err := b.rows.Append(b.chunk); err != nil {
		return fmt.Errorf("encode rows: %w", err)
	}
	b.chunk = b.chunk[:0]
	return nil
}

// seal finishes the object.
func (b *batch) seal(shard string, counter int64) (*chain.Batch, error) {
	b.link.Hash = b.hash.Sum()
	body, err := b.rows.Close(map[string]string{
		"shard": shard, "first": b.link.First, "last": b.link.Last, "records": strconv.FormatInt(b.link.Records, 10),
		"hash": b.link.Hash, "lease_counter": strconv.FormatInt(counter, 10),
	})
	if err != nil {
		return nil, fmt.Errorf("encode object: %w", err)
	}
	link := b.link
	link.Body = body
	return &link, nil
}

// reset empties the batch.
func (b *batch) reset() {
	b.rows.Reset()
	b.chunk, b.link = b.chunk[:0], chain.Batch{}
}
