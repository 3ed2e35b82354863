package audit_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/chain/chaintest"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/processor/table"
)

var (
	noon   = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	layout = chain.Layout{Prefix: "events", Generation: 1}
	last   = "340282366920938463463374607431768211455"
	middle = "170141183460469231731687303715884105728"
	before = "170141183460469231731687303715884105727"
)

// world is a stream, the log that was made of it, and all that is known besides.
type world struct {
	rng    *rand.Rand
	codec  *table.Codec
	bucket *chaintest.Bucket
	env    *chaintest.Env
	shards []*source
	clock  time.Time // arrival of the next record
	serial int64     // of the next record
	step   time.Duration
}

// source is one shard of the stream.
type source struct {
	chain.Shard
	records  []event.Record
	children []chain.Child
	closed   bool
	writer   *chain.Writer
}

func newWorld(tb testing.TB, seed uint64) *world {
	tb.Helper()
	codec, err := table.NewCodec(1)
	if err != nil {
		tb.Fatal(err)
	}
	w := &world{
		rng: rand.New(rand.NewPCG(seed, 7)), codec: codec, bucket: &chaintest.Bucket{}, env: &chaintest.Env{Time: noon.Add(24 * time.Hour)},
		clock: noon, serial: 1, step: 7 * time.Minute,
	}
	must(tb, chain.Freeze(tb.Context(), w.env, w.bucket, layout, "arn:stream"))
	must(tb, chain.Probe(tb.Context(), w.bucket, layout))
	return w
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// shard adds a shard.
func (w *world) shard(from, to string, parents ...*source) *source {
	s := &source{Shard: chain.Shard{ID: fmt.Sprintf("shardId-%012d", len(w.shards)), StartingHashKey: from, EndingHashKey: to}}
	for _, p := range parents {
		s.Parents = append(s.Parents, p.ID)
	}
	for _, p := range parents {
		p.closed = true
		p.children = append(p.children, chain.Child{Shard: s.ID, Parents: s.Parents, StartingHashKey: from, EndingHashKey: to})
	}
	w.shards = append(w.shards, s)
	return s
}

// arrive puts n records into a shard; their arrival times go up and, now and then, a little down.
func (w *world) arrive(s *source, n int) {
	for range n {
		w.clock = w.clock.Add(time.Duration(w.rng.Int64N(int64(2*w.step))) - w.step/4).Truncate(time.Millisecond)
		w.serial += 1 + w.rng.Int64N(1<<30)
		data := make([]byte, w.rng.IntN(40))
		for i := range data {
			data[i] = byte(w.rng.Uint32())
		}
		s.records = append(s.records, event.Record{
			SequenceNumber: fmt.Sprintf("49590338271490256608559692538%027d", w.serial), PartitionKey: "p", Arrival: w.clock, Data: data,
		})
	}
}

// rows are the rows of a record, a function of its data.
func rows(shard string, r *event.Record) (out []table.Row) {
	padded, err := chain.Pad(r.SequenceNumber)
	if err != nil {
		panic(err)
	}
	row := table.Row{ShardID: shard, SequenceNumber: padded, PartitionKey: r.PartitionKey, ArrivalTime: r.Arrival}
	for sub := range 1 + len(r.Data)%3 {
		for line := range 1 + len(r.Data)%2 {
			row.SubSequence, row.Line = int32(sub), int32(line)
			row.Duplicate = (sub+line)%3 == 1
			row.Error = nil
			if len(r.Data)%5 == 0 {
				row.Error = new("invalid_json: it ends at byte 7")
			}
			out = append(out, row)
		}
	}
	return out
}

// encode makes the Parquet object of rows.
func (w *world) encode(tb testing.TB, rows []table.Row, keys map[string]string) []byte {
	tb.Helper()
	tw, err := table.NewWriter(table.Options{Codec: w.codec})
	must(tb, err)
	must(tb, tw.Append(rows))
	body, err := tw.Close(keys)
	must(tb, err)
	return body
}

// batch makes a batch of records, cut at the first record of a later hour.
func (w *world) batch(tb testing.TB, s *source, records []event.Record) *chain.Batch {
	tb.Helper()
	hour := s.writer.End().HourOf(records[0].Arrival)
	h := chain.NewHash(s.writer.End().Hash)
	b := &chain.Batch{First: records[0].SequenceNumber, FirstArrival: records[0].Arrival, Schema: table.SchemaVersion}
	var all []table.Row
	for i := range records {
		r := &records[i]
		if i > 0 && chain.HourOf(r.Arrival) > hour {
			break
		}
		h.Add(r.SequenceNumber, r.Data)
		b.Last, b.Records = r.SequenceNumber, b.Records+1
		if r.Arrival.After(b.LastArrival) {
			b.LastArrival = r.Arrival
		}
		all = append(all, rows(s.ID, r)...)
	}
	b.Rows, b.Hash = int64(len(all)), h.Sum()
	b.Body = w.encode(tb, all, map[string]string{
		"shard": s.ID, "first": b.First, "last": b.Last, "records": fmt.Sprint(b.Records), "hash": b.Hash, "lease_counter": "3",
	})
	return b
}

// commit takes a shard over and commits records up to n, in batches of random length of at most most records.
func (w *world) commit(tb testing.TB, s *source, n, most int) {
	tb.Helper()
	w.open(tb, s)
	for w.committed(s) < n {
		w.commitOne(tb, s, min(n, w.committed(s)+1+w.rng.IntN(most)))
	}
}

func (w *world) open(tb testing.TB, s *source) {
	tb.Helper()
	var err error
	s.writer, err = chain.TakeOver(tb.Context(), w.env, w.bucket, layout, s.Shard, 3, chain.Bookmark{})
	must(tb, err)
}

// commitOne commits one batch of records before n.
func (w *world) commitOne(tb testing.TB, s *source, n int) {
	tb.Helper()
	from := w.committed(s)
	_, err := s.writer.Begin(tb.Context(), s.records[from].SequenceNumber, s.records[from].Arrival)
	must(tb, err)
	must(tb, s.writer.Commit(tb.Context(), w.batch(tb, s, s.records[from:n])))
}

// committed is how many records of a shard are committed.
func (w *world) committed(s *source) int {
	if s.writer == nil || s.writer.End().Last == "" {
		return 0
	}
	i, _ := slices.BinarySearchFunc(s.records, s.writer.End().Last, func(r event.Record, seq string) int {
		return chain.Compare(r.SequenceNumber, seq)
	})
	return i + 1
}

// finish commits everything of a closed shard and ends its chain.
func (w *world) finish(tb testing.TB, s *source, most int) {
	tb.Helper()
	w.commit(tb, s, len(s.records), most)
	_, err := s.writer.Finish(tb.Context(), s.children)
	must(tb, err)
}

// links returns the keys of a shard's links, in order.
func (w *world) links(s *source) (keys []string) {
	for _, key := range w.bucket.Keys(layout.DataPrefix()) {
		if _, id, _, err := layout.ParseLinkKey(key); err == nil && id == s.ID {
			keys = append(keys, key)
		}
	}
	return keys
}

// object reads an object.
func (w *world) object(tb testing.TB, key string) ([]byte, map[string]string) {
	tb.Helper()
	body, o, err := w.bucket.Get(tb.Context(), key)
	must(tb, err)
	return body, o.Metadata
}

// put overwrites an object, as only somebody outside of the protocol does.
func (w *world) put(tb testing.TB, key string, body []byte, metadata map[string]string) {
	tb.Helper()
	w.bucket.Delete(key)
	must(tb, w.bucket.PutIfAbsent(tb.Context(), key, body, metadata))
}

// restored runs change and undoes what it did to the bucket.
func (w *world) restored(tb testing.TB, change func()) {
	tb.Helper()
	type object struct {
		body     []byte
		metadata map[string]string
	}
	was := map[string]object{}
	for _, key := range w.bucket.Keys("") {
		body, metadata := w.object(tb, key)
		was[key] = object{body, metadata}
	}
	change()
	for _, key := range w.bucket.Keys("") {
		w.bucket.Delete(key)
	}
	for key, o := range was {
		w.put(tb, key, o.body, o.metadata)
	}
}

// standard is a log with everything in it: a split, a merge, shards without records, open and ended chains, one that is not begun.
//
//	0 ─┬─ 2 (no records) ─┬─ 4 (open)
//	   └─ 3 ──────────────┘
//	1 ──┬─ 5 (one record, open)
//	    └─ 6 (not begun)
func standard(tb testing.TB, seed uint64) *world {
	tb.Helper()
	w := newWorld(tb, seed)
	s0, s1 := w.shard("0", before), w.shard(middle, last)
	w.arrive(s0, 25)
	w.arrive(s1, 25)
	s2, s3 := w.shard("0", "9", s0), w.shard("10", before, s0)
	w.arrive(s3, 12)
	s4 := w.shard("0", before, s2, s3)
	w.arrive(s4, 20)
	s5 := w.shard(middle, middle[:38]+"9", s1)
	w.arrive(s5, 1)
	w.shard(middle[:37]+"30", last, s1)
	for _, s := range []*source{s0, s1, s2, s3} {
		w.finish(tb, s, 6)
	}
	w.commit(tb, s4, 20, 6)
	w.commit(tb, s5, 1, 6)
	for _, s := range []*source{s0, s1, s3, s4} {
		if len(w.links(s)) < 3 {
			tb.Fatalf("%s has too few links", s.ID)
		}
	}
	return w
}

// small is an ended shard of three links.
func small(tb testing.TB, seed uint64) *world {
	tb.Helper()
	w := newWorld(tb, seed)
	s := w.shard("0", last)
	w.arrive(s, 9)
	w.shard("0", last, s)
	for _, n := range []int{3, 6, 9} {
		w.open(tb, s)
		for w.committed(s) < n {
			w.commitOne(tb, s, n)
		}
	}
	w.finish(tb, s, 1)
	return w
}

var errThrottled = errors.New("throttled")
