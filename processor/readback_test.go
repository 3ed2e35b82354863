package processor_test

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/chain/chaintest"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/processor/table"
)

// anew is the layout in which generation 2 has the hours from one o'clock on.
var anew = testLayout.With(testLayout.Map().Replace(chain.HourOf(noon)+1, 0, 2))

// settled is for tests in which nobody else writes.
func settled(context.Context) error { return nil }

// mixed is traffic of three hours with all that can be in a log: whole sessions, repeated ids, aggregates, lines, poison, misrouted and empty records.
func mixed(t *testing.T) []event.Record {
	t.Helper()
	records := traffic(90)
	for i := range records {
		records[i].Arrival = noon.Add(time.Duration(i) * 2 * time.Minute)
	}
	aggregate := func(hashKey string) []byte {
		data, err := event.Aggregate([]event.UserRecord{
			{PartitionKey: "a", ExplicitHashKey: hashKey, Data: []byte(`{"session_id":"agg","event_id":"x","customer_number":412,"extra":{"deep":[1]},"browse_history":[]}`)},
			{PartitionKey: "b", Data: []byte("{\"session_id\":\"l1\",\"credit_limit\":12.5}\n\n{bad\n{\"session_id\":\"l2\",\"event_time\":\"2026-11-23T11:00:00Z\"}")},
		})
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	for i, data := range map[int][]byte{
		7: []byte("{"), 31: {}, 32: {0xff, 0xfe}, 40: aggregate("7"), 45: aggregate("0"), 50: records[49].Data, 70: []byte(`{"session_id":"s001","browse_history":[{}]}`), 71: []byte("null"),
	} {
		records[i].Data = data
	}
	return records
}

// rowsIn reads the rows of the links that a layout shows.
func rowsIn(t *testing.T, b *chaintest.Bucket, l chain.Layout) (out []table.Row) {
	t.Helper()
	for hour := chain.HourOf(noon); hour < chain.HourOf(noon)+4; hour++ {
		links, err := chain.Links(t.Context(), &chaintest.Env{}, b, l, hour, testShard)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range links {
			body, _, _ := b.Get(t.Context(), k.Key)
			err := table.Read(t.Context(), bytes.NewReader(body), int64(len(body)), func(rows []table.Row) error {
				out = append(out, slices.Clone(rows)...)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return out
}

// linksIn returns the metadata of the links that a layout shows, but for their generation.
func linksIn(t *testing.T, b *chaintest.Bucket, l chain.Layout) (out []map[string]string) {
	t.Helper()
	for hour := chain.HourOf(noon); hour < chain.HourOf(noon)+4; hour++ {
		links, err := chain.Links(t.Context(), &chaintest.Env{}, b, l, hour, testShard)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range links {
			o, _ := b.Head(t.Context(), k.Key)
			delete(o.Metadata, "generation")
			delete(o.Metadata, "lease-counter")
			out = append(out, o.Metadata)
		}
	}
	return out
}

// written is a log of records in generation 1, in links of some records each.
func written(t *testing.T, cfg processor.Config, records []event.Record) *chaintest.Bucket {
	t.Helper()
	bucket := &chaintest.Bucket{}
	write(t, bucket, cfg, records)
	return bucket
}

func write(t *testing.T, bucket *chaintest.Bucket, cfg processor.Config, records []event.Record) {
	t.Helper()
	cfg.MaxRows = 9
	b := newBench(t, bucket, cfg, chain.Bookmark{})
	b.env.Time = noon.Add(3 * time.Hour)
	b.process(records...)
	b.drain()
}

// boundary is the bookmark of the end of the chain in the hours before one o'clock.
func boundary(t *testing.T, b *chaintest.Bucket) chain.Bookmark {
	t.Helper()
	w, err := chain.TakeOver(t.Context(), &chaintest.Env{Time: noon.Add(3 * time.Hour)}, b, anew, chain.Shard{ID: testShard}, 1, chain.Bookmark{})
	if err != nil {
		t.Fatal(err)
	}
	return chain.Bookmark{Last: w.End().Last, Hour: w.End().Hour}
}

// readBack reads back until it is over, and drains.
func (b *bench) readBack() (last processor.ReadBack) {
	b.t.Helper()
	for b.HasPast() {
		var err error
		if last, err = b.ReadBack(b.t.Context(), settled); err != nil {
			b.t.Fatal(err)
		}
	}
	b.drain()
	return last
}

// TestReadBackIsTheSameLog reads a log back with the model that has made it: each link, its hash and each row is as it was. The shard is taken over after each
// link, and in the middle of one.
func TestReadBackIsTheSameLog(t *testing.T) {
	records := mixed(t)
	privacy, err := event.NewPrivacy(event.Key{1})
	if err != nil {
		t.Fatal(err)
	}
	cfg := processor.Config{Privacy: privacy}
	bucket := written(t, cfg, records)
	cfg.Layout, cfg.Source, cfg.MaxRows = anew, testLayout, 2
	at, terms := boundary(t, bucket), 0
	for over := false; !over; terms++ {
		b := newBench(t, bucket, cfg, at)
		b.env.Time = noon.Add(3 * time.Hour)
		if terms%2 == 1 {
			b.abandonHalfway()
			continue
		}
		n, err := b.ReadBack(t.Context(), settled)
		if err != nil {
			t.Fatal(err)
		}
		b.drain()
		if over = n.Over; over && (!n.Whole || n.Ended != nil || b.Resume().Last != records[len(records)-1].SequenceNumber) {
			t.Errorf("it is over at %+v, %+v", b.Resume(), n)
		}
		if len(b.marks) > 0 {
			at = b.bookmark()
		}
	}
	if terms < 15 {
		t.Fatalf("%d terms", terms)
	}
	if got, want := linksIn(t, bucket, anew), linksIn(t, bucket, testLayout); !reflect.DeepEqual(got, want) {
		t.Errorf("links\n%v, want\n%v", got, want)
	}
	got, want := rowsIn(t, bucket, anew), rowsIn(t, bucket, testLayout)
	if len(got) != len(want) {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("row %d is\n%+v, want\n%+v", i, got[i], want[i])
		}
	}
}

// abandonHalfway ends a term in the middle of a link, from which nothing may be committed.
func (b *bench) abandonHalfway() {
	b.t.Helper()
	if !b.HasPast() {
		return
	}
	before, ctx := b.bucket.Keys(""), &expiring{Context: b.t.Context(), after: 3}
	if _, err := b.ReadBack(ctx, settled); !errors.Is(err, errExpired) {
		b.t.Fatalf("a link is read back in a term that is over: %v", err)
	}
	b.drain()
	b.Close()
	if now := b.bucket.Keys(""); !slices.Equal(now, before) {
		b.t.Fatalf("a term that was over has put %v", now)
	}
}

// expiring is a context that ends when it has been asked a few times.
type expiring struct {
	context.Context
	after int
}

var errExpired = errors.New("the term is over")

// Err implements context.Context.
func (e *expiring) Err() error {
	if e.after--; e.after < 0 {
		return errExpired
	}
	return nil
}

// TestReadBackRecommendsAnew reads a log back with another model: what was put in stays, the lists do not; and reading goes on in the stream.
func TestReadBackRecommendsAnew(t *testing.T) {
	records := mixed(t)
	bucket := written(t, processor.Config{Recommendations: 1}, records[:80])
	b := newBench(t, bucket, processor.Config{Layout: anew, Source: testLayout, Recommendations: 5}, boundary(t, bucket))
	b.env.Time = noon.Add(3 * time.Hour)
	b.readBack()
	b.process(records[80:]...)
	b.drain()
	longer := 0
	got, want := rowsIn(t, bucket, anew), rowsIn(t, bucket, testLayout)
	for i := range want {
		longer += max(len(got[i].Recommendations)-1, 0)
		if got[i].Recommendations == nil != (want[i].Recommendations == nil) {
			t.Errorf("row %d: recommendations %v, before %v", i, got[i].Recommendations, want[i].Recommendations)
		}
		got[i].Recommendations, want[i].Recommendations = nil, nil
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("row %d is\n%+v, want\n%+v", i, got[i], want[i])
		}
	}
	if longer < 50 || len(got) <= len(want) {
		t.Errorf("lists are %d longer, %d rows of %d and what the stream had", longer, len(got), len(want))
	}
}

// TestReadBackOfTheErased: who has been erased since is in no row that is written anew.
func TestReadBackOfTheErased(t *testing.T) {
	records := traffic(40)
	for i := range records {
		records[i] = of(records[i], 400+i%3)
		records[i].Arrival = noon.Add(time.Hour + time.Duration(i)*time.Second)
	}
	bucket := written(t, processor.Config{}, records)
	b := newBench(t, bucket, processor.Config{
		Layout: anew, Source: testLayout, Tombstones: func() int { return 1 },
		Erased: func(id string, arrival time.Time) bool { return id == "401" && arrival.Before(records[30].Arrival) },
	}, chain.Bookmark{})
	b.env.Time = noon.Add(3 * time.Hour)
	b.readBack()
	b.drain()
	rows := rowsIn(t, bucket, anew)
	if len(rows) != 40 {
		t.Fatalf("%d rows", len(rows))
	}
	for i, row := range rows {
		erased := i%3 == 1 && i < 30
		if (row.Error != nil) != erased || erased && (row.SessionID != nil || row.PartitionKey != "" || row.CustomerID != nil || len(*row.Raw) > 0) {
			t.Errorf("row %d: %+v", i, row)
		}
	}
}

// TestReadBackGoesOverGaps takes accepted gaps over, also one at the beginning and two in a row, and the end of the shard, with a takeover after each step.
func TestReadBackGoesOverGaps(t *testing.T) {
	records := mixed(t)
	bucket := &chaintest.Bucket{}
	b := newBench(t, bucket, processor.Config{}, chain.Bookmark{})
	again := func() {
		b.drain()
		b = newBench(t, bucket, processor.Config{}, b.bookmark())
		b.env.Time = noon.Add(3 * time.Hour)
	}
	b.process(records[:1]...) // whose mark comes, and whose link does not
	b = newBench(t, bucket, processor.Config{}, chain.Bookmark{})
	b.accept(records[35].SequenceNumber)
	again()
	b.process(records[35:50]...)
	again()
	b.accept(records[60].SequenceNumber)
	b.accept(records[62].SequenceNumber)
	again()
	b.process(records[62:70]...)
	again()
	b.accept(chain.GapToEnd)
	again()
	if err := b.End(t.Context(), []chain.Child{{Shard: "child", StartingHashKey: "0", EndingHashKey: wholeRange}}); err != nil {
		t.Fatal(err)
	}
	from := testLayout.With(testLayout.Map().Replace(chain.HourOf(noon), 0, 2))
	fences := 0
	for over := false; !over; {
		b = newBench(t, bucket, processor.Config{Layout: from, Source: testLayout}, chain.Bookmark{})
		b.env.Time = noon.Add(3 * time.Hour)
		n, err := b.ReadBack(t.Context(), func(context.Context) error { fences++; return nil })
		if err != nil {
			t.Fatal(err)
		}
		b.drain()
		if over = n.Over; over {
			if n.Ended == nil || len(n.Ended.Children) != 1 || !b.Resume().Exhausted {
				t.Fatalf("it is over with %+v at %+v", n, b.Resume())
			}
			if err := b.End(t.Context(), n.Ended.Children); err != nil {
				t.Fatal(err)
			}
		}
	}
	if fences != 4 {
		t.Errorf("the fence was waited for %d times", fences)
	}
	marks := func(generation string) (out []string) {
		for _, key := range bucket.Keys("events/_log/gen=" + generation) {
			body, _, _ := bucket.Get(t.Context(), key)
			out = append(out, key[len("events/_log/gen=1/"):]+" "+string(body))
		}
		return out
	}
	if got, want := marks("2"), marks("1"); !slices.Equal(got, want) || len(got) != 6 {
		t.Errorf("marks\n%v, want\n%v", got, want)
	}
	if got, want := linksIn(t, bucket, from), linksIn(t, bucket, testLayout); !reflect.DeepEqual(got, want) {
		t.Errorf("links\n%v, want\n%v", got, want)
	}
}

// TestWhatCannotBeReadBack goes to the stream at once: a shard that has not begun, and a chain that ends within a link, or came there over other links.
func TestWhatCannotBeReadBack(t *testing.T) {
	records := mixed(t)
	if b := newBench(t, &chaintest.Bucket{}, processor.Config{Layout: anew, Source: testLayout}, chain.Bookmark{}); b.HasPast() {
		t.Error("a log is read back that has not begun")
	}
	for name, cut := range map[string][]int{"within a link": {35, 40}, "over other links": {35, 42, 48}} {
		bucket := written(t, processor.Config{}, records)
		end := boundary(t, bucket)
		from := slices.IndexFunc(records, func(r event.Record) bool { return r.SequenceNumber == end.Last }) + 1
		b := newBench(t, bucket, processor.Config{Layout: anew}, end)
		b.env.Time = noon.Add(3 * time.Hour)
		for _, to := range cut[1:] {
			b.process(records[from:to]...)
			b.drain()
			from = to
		}
		after := newBench(t, bucket, processor.Config{Layout: anew, Source: testLayout}, b.bookmark())
		if after.HasPast() {
			t.Errorf("%s: the log is read back from %+v", name, after.Resume())
		}
	}
}

// TestReadBackFindsDamage: a link whose rows are not those of its metadata is a contradiction, and so is one that is gone.
func TestReadBackFindsDamage(t *testing.T) {
	for _, missing := range []bool{false, true} {
		bucket := written(t, processor.Config{}, mixed(t))
		at := boundary(t, bucket)
		keys := bucket.Keys("events/gen=1/dt=2026-11-23/hour=13/")
		damaged := &chaintest.Bucket{}
		for _, key := range bucket.Keys("") {
			body, o, _ := bucket.Get(t.Context(), key)
			if key == keys[1] {
				if missing {
					continue
				}
				body, _, _ = bucket.Get(t.Context(), keys[0])
			}
			if err := damaged.PutIfAbsent(t.Context(), key, body, o.Metadata); err != nil {
				t.Fatal(err)
			}
		}
		b := newBench(t, damaged, processor.Config{Layout: anew, Source: testLayout}, at)
		b.env.Time = noon.Add(3 * time.Hour)
		_, err := b.ReadBack(t.Context(), settled)
		if err == nil {
			_, err = b.ReadBack(t.Context(), settled)
		}
		if !errors.Is(err, chain.ErrBroken) {
			t.Errorf("missing %v: %v", missing, err)
		}
	}
}

// TestReadBackMeetsAnotherWriter: of two terms that read the same back one puts each link, and both go on; one that has read something else before is adopted.
func TestReadBackMeetsAnotherWriter(t *testing.T) {
	records := mixed(t)
	bucket := written(t, processor.Config{}, records)
	at := boundary(t, bucket)
	open := func(source chain.Layout) *bench {
		b := newBench(t, bucket, processor.Config{Layout: anew, Source: source}, at)
		b.env.Time = noon.Add(3 * time.Hour)
		return b
	}
	one, two, stale := open(testLayout), open(testLayout), open(chain.Layout{})
	for range 2 {
		for _, b := range []*bench{one, two} {
			if _, err := b.ReadBack(t.Context(), settled); err != nil {
				t.Fatal(err)
			}
		}
	}
	from := slices.IndexFunc(records, func(r event.Record) bool { return r.SequenceNumber == at.Last }) + 1
	stale.process(records[from : from+2]...)
	if err := stale.Drain(t.Context()); !errors.Is(err, chain.ErrAdopted) {
		t.Errorf("what the stream has, in another link: %v", err)
	}
	one.readBack()
	two.readBack()
	if got, want := linksIn(t, bucket, anew), linksIn(t, bucket, testLayout); !reflect.DeepEqual(got, want) {
		t.Errorf("links\n%v, want\n%v", got, want)
	}
}

// TestReadBackWaitsForRoom: of the shards of a worker, one begins with a link whatever its size, the others when there is room.
func TestReadBackWaitsForRoom(t *testing.T) {
	bucket := written(t, processor.Config{}, mixed(t))
	at, budget := boundary(t, bucket), processor.NewBudget(100)
	open := func() *bench {
		b := newBench(t, bucket, processor.Config{Layout: anew, Source: testLayout, Budget: budget}, at)
		b.env.Time = noon.Add(3 * time.Hour)
		return b
	}
	one, two := open(), open()
	if err := one.halfALink(); !errors.Is(err, errExpired) {
		t.Fatal(err)
	}
	began := two.env.Now()
	if _, err := two.ReadBack(&expiring{Context: t.Context(), after: 50}, settled); !errors.Is(err, errExpired) || two.env.Now().Sub(began) < 2*time.Second {
		t.Errorf("it began although there was no room: %v", err)
	}
	one.Close()
	two = open()
	if _, err := two.ReadBack(t.Context(), settled); err != nil {
		t.Error(err)
	}
}

// halfALink leaves a link that is read back open.
func (b *bench) halfALink() error {
	_, err := b.ReadBack(&expiring{Context: b.t.Context(), after: 3}, settled)
	return err
}
