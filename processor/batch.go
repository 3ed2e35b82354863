package processor

import (
	"cmp"
	"strconv"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/event"
)

// batch counts the whole Kinesis records of the open object, until it becomes a link.
type batch struct {
	hash   *chain.Hash
	opened time.Time // by the processor's clock, when the first record came
	hour   chain.Hour
	link   chain.Batch // without Body and Hash
	hashed string      // the hash, of a batch that is made of a link's rows; else it is made of the records
}

func newBatch() *batch { return &batch{hash: chain.NewHash("")} }

// empty reports whether the batch has no record.
func (b *batch) empty() bool { return b.link.Records == 0 }

// open begins a batch with its first record, at the end of the chain as it will be when the batch is committed.
func (b *batch) open(now time.Time, end chain.End, r *event.Record, schema int) {
	b.opened, b.hour = now, end.HourOf(r.Arrival)
	b.hash.Reset(end.Hash)
	b.link = chain.Batch{First: r.SequenceNumber, FirstArrival: r.Arrival, Schema: schema}
}

// add counts one record.
func (b *batch) add(r *event.Record, rows int) {
	if b.hashed == "" {
		b.hash.Add(r.SequenceNumber, r.Data)
	}
	b.link.Last = r.SequenceNumber
	b.link.Records++
	b.link.Rows += int64(rows)
	if r.Arrival.After(b.link.LastArrival) {
		b.link.LastArrival = r.Arrival
	}
}

// seal returns the batch as it will be committed, without its body.
func (b *batch) seal() *chain.Batch {
	link := b.link
	link.Hash = cmp.Or(b.hashed, b.hash.Sum())
	return &link
}

// end is where the chain will end when the sealed batch is its last link. What it counts is the writer's business.
func (b *batch) end(link *chain.Batch) chain.End {
	return chain.End{Last: link.Last, Hour: b.hour, Hash: link.Hash}
}

// notes are what the object says of itself to people who look into it.
func notes(shard string, counter int64, link *chain.Batch) map[string]string {
	return map[string]string{
		"shard": shard, "first": link.First, "last": link.Last, "records": strconv.FormatInt(link.Records, 10),
		"hash": link.Hash, "lease_counter": strconv.FormatInt(counter, 10),
	}
}

// reset empties the batch.
func (b *batch) reset() { b.link, b.hashed = chain.Batch{}, "" }
