package processor_test

import (
	"errors"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/chain/chaintest"
	"github.com/streamrec/streamrec/processor/event"
)

// accept puts a gap mark at the end of the chain, as a tool does.
func (b *bench) accept(next string) {
	b.t.Helper()
	w, err := chain.TakeOver(b.t.Context(), b.env, b.bucket, testLayout, chain.Shard{ID: testShard}, 9, chain.Bookmark{})
	if err != nil {
		b.t.Fatal(err)
	}
	if mark, err := w.AcceptGap(b.t.Context(), next, 0); err != nil || mark.Next != next {
		b.t.Fatalf("accept gap up to %s: %+v, %v", next, mark, err)
	}
}

func (b *bench) drain() {
	b.t.Helper()
	if err := b.Drain(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// bookmark is what the lease row says after what this bench has bookmarked.
func (b *bench) bookmark() chain.Bookmark {
	if len(b.marks) == 0 {
		return chain.Bookmark{}
	}
	end := b.marks[len(b.marks)-1]
	return chain.Bookmark{Last: end.Last, Hour: end.Hour}
}

func requireRows(t *testing.T, b *bench, want []event.Record) {
	t.Helper()
	rows := b.rows()
	if len(rows) != len(want) {
		t.Fatalf("%d rows, want %d", len(rows), len(want))
	}
	for i := range rows {
		if rows[i].SequenceNumber != want[i].SequenceNumber {
			t.Fatalf("row %d is record %s, want %s", i, rows[i].SequenceNumber, want[i].SequenceNumber)
		}
	}
}

// without returns the records but those from i to before j.
func without(records []event.Record, i, j int) []event.Record {
	return append(records[:i:i], records[j:]...)
}

// TestGapIsHonouredAtEveryCrashPoint takes the shard over before and after each write around a gap of the records 4 and 5, by the row's
// bookmark and without one.
func TestGapIsHonouredAtEveryCrashPoint(t *testing.T) {
	records := traffic(12)
	for _, lag := range []bool{false, true} {
		b := newBench(t, &chaintest.Bucket{}, processor.Config{}, chain.Bookmark{})
		again := func(want processor.Resume) {
			t.Helper()
			at := b.bookmark()
			if lag {
				at = chain.Bookmark{}
			}
			next := newBench(t, b.bucket, processor.Config{}, at)
			if next.marks = append(b.marks, next.marks...); next.resume != want {
				t.Fatalf("lag %v: goes on at %+v, want %+v", lag, next.resume, want)
			}
			b = next
		}
		b.process(records[:4]...)
		b.drain()
		again(processor.Resume{Last: records[3].SequenceNumber})
		b.accept(records[6].SequenceNumber)
		again(processor.Resume{First: records[6].SequenceNumber})
		b.process(records[6:8]...) // dies with an open batch
		again(processor.Resume{First: records[6].SequenceNumber})
		b.process(records[6:9]...)
		b.drain()
		again(processor.Resume{Last: records[8].SequenceNumber})
		b.process(records[9:]...)
		if err := b.End(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		again(processor.Resume{Last: records[11].SequenceNumber})
		requireRows(t, b, without(records, 4, 6))
		end, err := chain.ReadEnd(t.Context(), b.env, b.bucket, testLayout, testShard)
		if err != nil || end == nil || end.Records != 10 || end.Hash != hashOf(records[:4], records[6:9], records[9:]) {
			t.Fatalf("end mark %+v, %v", end, err)
		}
	}
}

// hashOf is the hash of a chain of links with these records.
func hashOf(links ...[]event.Record) (hash string) {
	for _, records := range links {
		h := chain.NewHash(hash)
		for i := range records {
			h.Add(records[i].SequenceNumber, records[i].Data)
		}
		hash = h.Sum()
	}
	return hash
}

func TestRecordsAtAGap(t *testing.T) {
	records := traffic(12)
	b := newBench(t, &chaintest.Bucket{}, processor.Config{}, chain.Bookmark{})
	b.process(records[:4]...)
	b.drain()
	b.accept(records[6].SequenceNumber)
	early := newBench(t, b.bucket, processor.Config{}, b.bookmark())
	early.process(records[4:8]...) // those in the gap do not belong to the log
	early.drain()
	requireRows(t, early, without(records[:8], 4, 6))
	early.accept(records[9].SequenceNumber)
	late := newBench(t, b.bucket, processor.Config{}, b.bookmark())
	if err := late.Process(t.Context(), records[10:]); !errors.Is(err, processor.ErrPastRetention) {
		t.Fatalf("the record after the gap is missing: %v", err)
	}
	requireRows(t, late, without(records[:8], 4, 6))
}

// TestGapAtTheBeginning has a chain whose first record is lost before it was committed.
func TestGapAtTheBeginning(t *testing.T) {
	records := traffic(6)
	b := newBench(t, &chaintest.Bucket{}, processor.Config{}, chain.Bookmark{})
	b.process(records[0])
	b.accept(records[2].SequenceNumber)
	next := newBench(t, b.bucket, processor.Config{}, chain.Bookmark{})
	if next.resume != (processor.Resume{First: records[2].SequenceNumber}) {
		t.Fatalf("goes on at %+v", next.resume)
	}
	next.process(records[2:]...)
	next.wait(time.Second) // it is the first batch nevertheless
	requireRows(t, next, records[2:])
}

func TestGapToTheEnd(t *testing.T) {
	records := traffic(8)
	b := newBench(t, &chaintest.Bucket{}, processor.Config{}, chain.Bookmark{})
	b.process(records[:4]...)
	b.drain()
	b.accept(chain.GapToEnd)
	next := newBench(t, b.bucket, processor.Config{}, b.bookmark())
	if next.resume != (processor.Resume{Exhausted: true}) {
		t.Fatalf("goes on at %+v", next.resume)
	}
	if err := next.Process(t.Context(), records[4:5]); !errors.Is(err, chain.ErrBroken) {
		t.Fatalf("a record behind the end: %v", err)
	}
	for range 2 { // a crash after the end mark: the next owner does it again
		next = newBench(t, b.bucket, processor.Config{}, b.bookmark())
		next.process()
		if err := next.End(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	requireRows(t, next, records[:4])
}

// TestLinkBehindAGapIsAdopted has two owners behind one gap, one of them a zombie that took over before the gap was accepted.
func TestLinkBehindAGapIsAdopted(t *testing.T) {
	records := traffic(12)
	for _, zombieFirst := range []bool{false, true} {
		b := newBench(t, &chaintest.Bucket{}, processor.Config{}, chain.Bookmark{})
		b.process(records[:4]...)
		b.drain()
		zombie := newBench(t, b.bucket, processor.Config{}, b.bookmark())
		b.accept(records[6].SequenceNumber)
		owner := newBench(t, b.bucket, processor.Config{}, b.bookmark())
		zombie.process(records[6:8]...)
		owner.process(records[6:9]...)
		first, second, committed := owner, zombie, 9
		if zombieFirst {
			first, second, committed = zombie, owner, 8
		}
		first.drain()
		if err := second.Drain(t.Context()); !errors.Is(err, chain.ErrAdopted) {
			t.Fatalf("zombie first %v: %v", zombieFirst, err)
		}
		again := newBench(t, b.bucket, processor.Config{}, b.bookmark())
		if again.resume != (processor.Resume{Last: records[committed-1].SequenceNumber}) {
			t.Fatalf("zombie first %v: goes on at %+v", zombieFirst, again.resume)
		}
		again.process(records[committed:]...)
		again.drain()
		requireRows(t, again, without(records, 4, 6))
	}
}
