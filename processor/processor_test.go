package processor_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/chain/chaintest"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/processor/table"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// bench is a shard's processor with everything around it.
type bench struct {
	*processor.Processor
	t           *testing.T
	env         *chaintest.Env
	bucket      *chaintest.Bucket
	puts        *puts
	marks       []chain.End  // what was bookmarked
	bookmarking func() error // nil, or what the lease row does instead
	seen        []string     // sequence numbers of what was processed
	committed   []string     // last sequence numbers of the commits
	resume      processor.Resume
}

const testShard = "shardId-000000000000"

var testLayout = chain.Layout{Prefix: "events", Generation: 1}

const wholeRange = "340282366920938463463374607431768211455"

func testTerm(at chain.Bookmark) processor.Shard {
	return processor.Shard{
		Shard: chain.Shard{ID: testShard, StartingHashKey: "0", EndingHashKey: wholeRange}, LeaseCounter: 3, Bookmark: at,
	}
}

func newBench(t *testing.T, bucket *chaintest.Bucket, cfg processor.Config, at chain.Bookmark) *bench {
	t.Helper()
	return newBenchOf(t, bucket, cfg, testTerm(at))
}

func newBenchOf(t *testing.T, bucket *chaintest.Bucket, cfg processor.Config, term processor.Shard) *bench {
	t.Helper()
	b := &bench{t: t, env: &chaintest.Env{Time: noon.Add(time.Minute)}, bucket: bucket}
	b.puts = &puts{Bucket: bucket, fault: func(int) error { return nil }}
	cfg.Layout = cmp.Or(cfg.Layout, testLayout)
	b.Processor = processor.New(cfg, b.env, b.puts, term, b.move, b)
	var err error
	if b.resume, err = b.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

// move is the processor's Bookmark.
func (b *bench) move(_ context.Context, end chain.End) error {
	if b.bookmarking != nil {
		return b.bookmarking()
	}
	b.marks = append(b.marks, end)
	return nil
}

// Processed implements processor.Observer.
func (b *bench) Processed(_ string, row *table.Row) { b.seen = append(b.seen, row.SequenceNumber) }

// Committed implements processor.Observer.
func (b *bench) Committed(_ string, link chain.Batch, _ time.Duration) {
	b.committed = append(b.committed, link.Last)
}

// view is a record of one step, put n-th, arrived after so many seconds.
func view(n int, session, item string, seconds float64) event.Record {
	return event.Record{
		SequenceNumber: fmt.Sprintf("49%054d", n), PartitionKey: session, Arrival: noon.Add(time.Duration(seconds * float64(time.Second))),
		Data: fmt.Appendf(nil, `{"session_id":%q,"event_id":"e%d","browse_history":[{"product_code":%q,"quantity":"1","in_shopping_cart":false}]}`, session, n, item),
	}
}

func (b *bench) process(records ...event.Record) {
	b.t.Helper()
	if err := b.Process(b.t.Context(), records); err != nil {
		b.t.Fatal(err)
	}
}

// wait lets time pass and gives the processor an empty page, as a quiet shard does.
func (b *bench) wait(d time.Duration) {
	b.t.Helper()
	_ = b.env.Sleep(b.t.Context(), d)
	b.process()
}

func (b *bench) objects() []string { return b.bucket.Keys("events/gen=1/") }

// rows reads all committed rows.
func (b *bench) rows() (out []table.Row) {
	b.t.Helper()
	for _, key := range b.objects() {
		body, _, err := b.bucket.Get(b.t.Context(), key)
		if err != nil {
			b.t.Fatal(err)
		}
		err = table.Read(b.t.Context(), bytes.NewReader(body), int64(len(body)), func(rows []table.Row) error {
			out = append(out, slices.Clone(rows)...)
			return nil
		})
		if err != nil {
			b.t.Fatal(err)
		}
	}
	return out
}

func TestFirstBatchShowsAfterASecondTheNextAfterAMinute(t *testing.T) {
	b := newBench(t, &chaintest.Bucket{}, processor.Config{}, chain.Bookmark{})
	b.process(view(1, "s", "a", 0))
	if len(b.objects()) != 0 || b.Idle() {
		t.Fatal("committed at once")
	}
	b.wait(time.Second)
	if len(b.objects()) != 1 || !b.Idle() {
		t.Fatal("the first batch does not show after a second")
	}
	b.process(view(2, "s", "b", 1))
	b.wait(59 * time.Second)
	if len(b.objects()) != 1 {
		t.Fatal("the second batch is committed early")
	}
	b.wait(time.Second) // by the timer, not by a record
	if len(b.objects()) != 2 || len(b.marks) != 2 {
		t.Fatalf("objects %v, bookmarks %v", b.objects(), b.marks)
	}
}

func TestBatchEndsWithItsHour(t *testing.T) {
	b := newBench(t, &chaintest.Bucket{}, processor.Config{}, chain.Bookmark{})
	b.process(view(1, "s", "a", 3590), view(2, "s", "b", 3599), view(3, "s", "c", 3601), view(4, "s", "d", 3595))
	if err := b.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	keys := b.objects()
	if len(keys) != 2 || !strings.Contains(keys[0], "hour=12") || !strings.Contains(keys[1], "hour=13") {
		t.Fatalf("objects %v", keys)
	}
	rows := b.rows()
	if rows[0].Recommendations == nil {
		t.Error("an empty list of recommendations is stored as null")
	}
	if len(rows) != 4 || rows[3].SequenceNumber != view(4, "", "", 0).SequenceNumber {
		t.Fatalf("rows %+v", rows)
	}
}

func TestBatchEndsWithItsSize(t *testing.T) {
	b := newBench(t, &chaintest.Bucket{}, processor.Config{MaxRows: 10}, chain.Bookmark{})
	for i := range 35 {
		b.process(view(i+1, fmt.Sprint("s", i), "a", float64(i)))
	}
	if len(b.objects()) != 3 {
		t.Fatalf("%d objects of 35 rows, at most 10 in each", len(b.objects()))
	}
}

func TestAggregateIsNeverCut(t *testing.T) {
	b := newBench(t, &chaintest.Bucket{}, processor.Config{MaxRows: 3}, chain.Bookmark{})
	lines := view(1, "s", "a", 0)
	lines.Data = bytes.Join([][]byte{lines.Data, view(1, "s", "b", 0).Data, view(1, "s", "c", 0).Data, view(1, "s", "d", 0).Data, []byte("{broken")}, []byte("\n"))
	b.process(lines, view(2, "s", "e", 1))
	if err := b.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	head, err := b.bucket.Head(t.Context(), b.objects()[0])
	if err != nil || head.Metadata["records"] != "1" || head.Metadata["rows"] != "5" {
		t.Fatalf("metadata %v, %v", head.Metadata, err)
	}
	if rows := b.rows(); len(rows) != 6 || rows[4].Line != 4 || rows[4].Error == nil || rows[4].Raw == nil || string(*rows[4].Raw) != "{broken" {
		t.Fatalf("rows %+v", rows)
	}
}

func TestRepeatedEventIDIsMarkedAndLeftOutOfTheModel(t *testing.T) {
	bucket := &chaintest.Bucket{}
	b := newBench(t, bucket, processor.Config{}, chain.Bookmark{})
	again := view(2, "s", "b", 1)
	again.SequenceNumber = view(3, "", "", 0).SequenceNumber
	b.process(view(1, "s", "a", 0), view(2, "s", "b", 1), again)
	if err := b.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The next owner knows the ids from the log.
	last := b.marks[len(b.marks)-1]
	c := newBench(t, bucket, processor.Config{}, chain.Bookmark{Last: last.Last, Hour: last.Hour})
	again.SequenceNumber = view(4, "", "", 0).SequenceNumber
	c.process(again, view(5, "s", "c", 2))
	if err := c.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	var marked []bool
	for _, r := range c.rows() {
		marked = append(marked, r.Duplicate)
	}
	if want := []bool{false, false, true, true, false}; !slices.Equal(marked, want) {
		t.Fatalf("duplicates %v, want %v", marked, want)
	}
}

// traffic is a stream in which one can learn: items follow each other in pairs.
func traffic(n int) (records []event.Record) {
	for i := range n {
		session := fmt.Sprintf("s%03d", i/4%60)
		item := fmt.Sprintf("item%02d", (i/4*7+i%4)%40)
		records = append(records, view(i+1, session, item, float64(i)/2))
	}
	return records
}

// TestTakeoverGivesTheSameLists holds G4: after a takeover anywhere the recommendations are those of an owner who never changed.
func TestTakeoverGivesTheSameLists(t *testing.T) {
	records := traffic(400)
	steady := newBench(t, &chaintest.Bucket{}, processor.Config{}, chain.Bookmark{})
	steady.process(records...)
	if err := steady.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := steady.rows()
	for _, cuts := range [][]int{{1}, {200}, {50, 51, 300}, {399}} {
		bucket := &chaintest.Bucket{}
		var at chain.Bookmark
		from := 0
		for _, to := range append(cuts, len(records)) {
			b := newBench(t, bucket, processor.Config{}, at)
			if from > 0 && b.resume.Last != records[from-1].SequenceNumber {
				t.Fatalf("taken over at %v, want %s", b.resume, records[from-1].SequenceNumber)
			}
			b.process(records[from:to]...)
			if err := b.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			from = to
			if to%2 == 0 { // the bookmark may lag
				end := b.marks[len(b.marks)-1]
				at = chain.Bookmark{Last: end.Last, Hour: end.Hour}
			}
		}
		got := (&bench{t: t, bucket: bucket}).rows()
		if len(got) != len(want) {
			t.Fatalf("cuts %v: %d rows, want %d", cuts, len(got), len(want))
		}
		lists := 0
		for i := range want {
			if !slices.Equal(got[i].Recommendations, want[i].Recommendations) {
				t.Fatalf("cuts %v: row %d has the list %v, want %v", cuts, i, got[i].Recommendations, want[i].Recommendations)
			}
			lists += len(want[i].Recommendations)
		}
		if lists < len(want) {
			t.Fatalf("%d recommendations in %d rows: nothing has been compared", lists, len(want))
		}
	}
}

func TestAnotherWritersLinkIsAdopted(t *testing.T) {
	records := traffic(20)
	bucket := &chaintest.Bucket{}
	zombie, owner := newBench(t, bucket, processor.Config{}, chain.Bookmark{}), newBench(t, bucket, processor.Config{}, chain.Bookmark{})
	zombie.process(records[:7]...)
	owner.process(records[:10]...)
	if err := zombie.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := owner.Drain(t.Context()); !errors.Is(err, chain.ErrAdopted) {
		t.Fatalf("commit over another writer's link: %v", err)
	}
	again := newBench(t, bucket, processor.Config{}, chain.Bookmark{})
	if again.resume.Last != records[6].SequenceNumber {
		t.Fatalf("goes on after %v, want %s", again.resume, records[6].SequenceNumber)
	}
	again.process(records[7:]...)
	if err := again.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows := again.rows()
	if len(rows) != 20 {
		t.Fatalf("%d rows of 20 records", len(rows))
	}
	for i, r := range rows {
		if r.SequenceNumber != records[i].SequenceNumber || r.Duplicate {
			t.Fatalf("row %d: %+v", i, r)
		}
	}
}

func TestStartMarkDecidesWhereTheChainBegins(t *testing.T) {
	records := traffic(10)
	bucket := &chaintest.Bucket{}
	first := newBench(t, bucket, processor.Config{}, chain.Bookmark{})
	first.process(records[3:5]...) // dies with an open batch: the mark stays
	next := newBench(t, bucket, processor.Config{}, chain.Bookmark{})
	if next.resume.First != records[3].SequenceNumber || next.resume.Last != "" {
		t.Fatalf("begins at %+v, want %s", next.resume, records[3].SequenceNumber)
	}
	next.process(records...) // those before the mark do not belong to the log
	if err := next.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if rows := next.rows(); len(rows) != 7 || rows[0].SequenceNumber != records[3].SequenceNumber {
		t.Fatalf("%d rows", len(rows))
	}
	late := newBench(t, &chaintest.Bucket{}, processor.Config{}, chain.Bookmark{})
	late.process(records[0])
	later := newBench(t, late.bucket, processor.Config{}, chain.Bookmark{})
	if err := later.Process(t.Context(), records[2:]); !errors.Is(err, processor.ErrPastRetention) {
		t.Fatalf("records between the mark and the stream are missing: %v", err)
	}
}

func TestEndMarksTheChainOnce(t *testing.T) {
	bucket := &chaintest.Bucket{}
	children := []chain.Child{{Shard: "shardId-000000000001"}, {Shard: "shardId-000000000002"}}
	for range 2 { // a crash after the mark: the next owner does it again
		b := newBench(t, bucket, processor.Config{}, chain.Bookmark{})
		mark, err := b.Finished(t.Context())
		if b.resume.Last == "" {
			b.process(traffic(5)...)
		}
		if again := b.resume.Last != ""; err != nil || (mark != nil) != again || again && len(mark.Children) != 2 {
			t.Fatalf("finished: %+v, %v", mark, err)
		}
		if err := b.End(t.Context(), children); err != nil {
			t.Fatal(err)
		}
	}
	end, err := chain.ReadEnd(t.Context(), &chaintest.Env{Time: noon}, bucket, testLayout, testShard)
	if err != nil || end == nil || end.Records != 5 || len(end.Children) != 2 {
		t.Fatalf("end mark %+v, %v", end, err)
	}
}

func TestLostAnswersChangeNothing(t *testing.T) {
	n := 0
	bucket := &chaintest.Bucket{Decide: func(string, string) chaintest.Fault {
		n++
		return []chaintest.Fault{chaintest.Lose, chaintest.Fail, chaintest.None}[n%3]
	}}
	b := newBench(t, bucket, processor.Config{MaxRows: 5}, chain.Bookmark{})
	b.process(traffic(43)...)
	if err := b.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	bucket.Decide = nil
	if rows := b.rows(); len(rows) != 43 {
		t.Fatalf("%d rows of 43 records", len(rows))
	}
}

func TestConfigSaysEverythingThatIsWrong(t *testing.T) {
	err := processor.Config{MaxBytes: 1, MaxRows: -1, MaxAge: -1, FirstAge: -1, Recommendations: 2000, RestoreWindow: -1, Budget: processor.NewBudget(1)}.Validate()
	for _, want := range []string{"generation", "object size", "rows per object", "flush age", "first batch", "memory budget", "recommendations", "restore window"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not mention %q: %v", want, err)
		}
	}
}
