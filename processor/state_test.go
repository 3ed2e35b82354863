package processor_test

import (
	"context"
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

const statesPrefix = "events/_state/"

// stated commits records in batches of ten, with a state behind every fourth, and returns the lists of a processor that goes on for ever.
func stated(t *testing.T, records []event.Record) (bucket *chaintest.Bucket, want []table.Row) {
	t.Helper()
	steady := newBench(t, &chaintest.Bucket{}, processor.Config{}, chain.Bookmark{})
	steady.process(records...)
	steady.drain()
	bucket = &chaintest.Bucket{}
	b := newBench(t, bucket, processor.Config{MaxRows: 10, StateRows: 40}, chain.Bookmark{})
	b.process(records[:len(records)/2]...)
	b.drain()
	return bucket, steady.rows()
}

// goOn takes the shard over, processes the rest of the records, and compares the lists. It returns how many links were read.
func goOn(t *testing.T, bucket *chaintest.Bucket, records []event.Record, want []table.Row) (links int) {
	t.Helper()
	bucket.Decide = func(op, key string) chaintest.Fault {
		if op == "get" && strings.HasSuffix(key, ".parquet") {
			links++
		}
		return chaintest.None
	}
	b := newBench(t, bucket, processor.Config{MaxRows: 10, StateRows: 40}, chain.Bookmark{})
	bucket.Decide = nil
	b.process(records[len(records)/2:]...)
	b.drain()
	got := b.rows()
	for i := range want {
		if !slices.Equal(got[i].Recommendations, want[i].Recommendations) || got[i].Duplicate != want[i].Duplicate {
			t.Fatalf("row %d has the list %v, want %v", i, got[i].Recommendations, want[i].Recommendations)
		}
	}
	return links
}

// twice repeats some records, with their event ids, long after.
func twice(records []event.Record) []event.Record {
	for i := len(records) - 50; i < len(records); i += 7 {
		r := records[i-100]
		r.SequenceNumber, r.Arrival = records[i].SequenceNumber, records[i].Arrival
		records[i] = r
	}
	return records
}

func TestTakeoverBeginsWithTheNewestState(t *testing.T) {
	records := twice(traffic(400))
	bucket, want := stated(t, records)
	states := bucket.Keys(statesPrefix)
	if len(states) < 4 || !slices.ContainsFunc(want, func(r table.Row) bool { return r.Duplicate }) {
		t.Fatalf("%d states, or no duplicate to find", len(states))
	}
	if links := goOn(t, bucket, records, want); links > 4 {
		t.Errorf("%d links were read", links)
	}
}

// TestStateThatCannotBeUsedCostsTime spoils states in every way; the log says the same.
func TestStateThatCannotBeUsedCostsTime(t *testing.T) {
	for name, spoil := range map[string]func(b *chaintest.Bucket, key string, body []byte){
		"damaged": func(b *chaintest.Bucket, key string, body []byte) {
			body[len(body)/3] ^= 4
			replace(b, key, body)
		},
		"cut":   func(b *chaintest.Bucket, key string, body []byte) { replace(b, key, body[:len(body)/2]) },
		"empty": func(b *chaintest.Bucket, key string, _ []byte) { replace(b, key, nil) },
		"another version": func(b *chaintest.Bucket, key string, body []byte) {
			body[7]++
			replace(b, key, body)
		},
		"removed": func(b *chaintest.Bucket, key string, _ []byte) { b.Delete(key) },
	} {
		t.Run(name, func(t *testing.T) {
			records := twice(traffic(400))
			bucket, want := stated(t, records)
			for _, key := range bucket.Keys(statesPrefix) {
				body, _, err := bucket.Get(t.Context(), key)
				if err != nil {
					t.Fatal(err)
				}
				spoil(bucket, key, body)
			}
			if links := goOn(t, bucket, records, want); links < 20 || links > 60 {
				t.Errorf("%d links were read, want all 20, and not for each state", links)
			}
		})
	}
}

func replace(b *chaintest.Bucket, key string, body []byte) {
	b.Delete(key)
	_ = b.PutIfAbsent(context.Background(), key, body, nil)
}

// TestStateIsRemovedWhileItIsListed loses the race against whoever tidies up.
func TestStateIsRemovedWhileItIsListed(t *testing.T) {
	records := twice(traffic(400))
	bucket, want := stated(t, records)
	left := 2
	bucket.Decide = func(op, key string) chaintest.Fault {
		if op == "get" && strings.HasPrefix(key, statesPrefix) && left > 0 {
			left--
			bucket.Delete(key)
		}
		return chaintest.None
	}
	b := newBench(t, bucket, processor.Config{MaxRows: 10}, chain.Bookmark{})
	b.process(records[200:]...)
	b.drain()
	got := b.rows()
	for i := range want {
		if !slices.Equal(got[i].Recommendations, want[i].Recommendations) {
			t.Fatalf("row %d has another list", i)
		}
	}
	if left != 0 {
		t.Error("no state was asked for")
	}
}

// TestFailedStateFailsNothing cannot put states.
func TestFailedStateFailsNothing(t *testing.T) {
	bucket := &chaintest.Bucket{Decide: func(op, key string) chaintest.Fault {
		if op == "put" && strings.HasPrefix(key, statesPrefix) {
			return chaintest.Refuse
		}
		return chaintest.None
	}}
	b := newBench(t, bucket, processor.Config{MaxRows: 10, StateRows: 20}, chain.Bookmark{})
	b.process(traffic(100)...)
	b.drain()
	if rows := b.rows(); len(rows) != 100 || len(bucket.Keys(statesPrefix)) != 0 {
		t.Errorf("%d rows", len(rows))
	}
}

// TestChildTakesItsPartOfTheOpenSessions splits a shard: each child goes on with the sessions in its half of the hash range as the parent would have.
func TestChildTakesItsPartOfTheOpenSessions(t *testing.T) {
	const middle = "170141183460469231731687303715884105728"
	records := traffic(300)
	steady := newBench(t, &chaintest.Bucket{}, processor.Config{}, chain.Bookmark{})
	steady.process(records...)
	steady.drain()
	want := map[string]table.Row{}
	for _, r := range steady.rows() {
		want[r.SequenceNumber] = r
	}
	bucket := &chaintest.Bucket{}
	parent := newBench(t, bucket, processor.Config{MaxRows: 10, StateRows: 1 << 40}, chain.Bookmark{})
	parent.process(records[:200]...)
	if err := parent.End(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	upper, err := event.ParseHashKey(middle)
	if err != nil {
		t.Fatal(err)
	}
	links, compared, lists := 0, 0, 0
	for child, half := range map[string][2]string{"shardId-000000000001": {"0", "170141183460469231731687303715884105727"}, "shardId-000000000002": {middle, wholeRange}} {
		bucket.Decide = func(op, key string) chaintest.Fault {
			if op == "get" && strings.HasSuffix(key, ".parquet") {
				links++
			}
			return chaintest.None
		}
		b := newBenchOf(t, bucket, processor.Config{MaxAge: time.Hour, FirstAge: time.Hour}, processor.Shard{
			Shard: chain.Shard{ID: child, Parents: []string{testShard}, StartingHashKey: half[0], EndingHashKey: half[1]}, LeaseCounter: 1,
		})
		bucket.Decide = nil
		for _, r := range records[200:] {
			if (event.HashOf(r.PartitionKey).Compare(upper) >= 0) == (half[0] == middle) {
				b.process(r)
			}
		}
		b.drain()
		for _, r := range b.rows() {
			if r.ShardID != child {
				continue
			}
			// What the other child has learnt meanwhile is not known here, so lists are compared for the first record after the split.
			if strings.HasSuffix(r.SequenceNumber, records[200].SequenceNumber) {
				lists++
				if w := want[r.SequenceNumber].Recommendations; !slices.Equal(r.Recommendations, w) {
					t.Fatalf("the first list after the split, of %s, is %v, want %v", child, r.Recommendations, w)
				}
			}
			if !r.VisitStarted.Equal(*want[r.SequenceNumber].VisitStarted) {
				t.Fatalf("a session of %s began another visit", child)
			}
			compared++
		}
	}
	if links != 0 || compared != 100 || lists != 1 {
		t.Errorf("%d links of the parent were read, %d rows and %d lists compared", links, compared, lists)
	}
}

// TestOldStatesAreRemoved keeps the last of each hour and the last two, and nothing from before.
func TestOldStatesAreRemoved(t *testing.T) {
	bucket, removed := &chaintest.Bucket{}, 0
	b := newBench(t, bucket, processor.Config{MaxRows: 100, StateRows: 20, Keep: 2 * time.Hour, Remove: func(_ context.Context, key string) error {
		bucket.Delete(key)
		removed++
		return nil
	}}, chain.Bookmark{})
	for i, r := range traffic(6000) { // five hours
		r.Arrival = noon.Add(time.Duration(i) * 3 * time.Second)
		b.process(r)
	}
	b.drain()
	hours := map[string]int{}
	for _, key := range bucket.Keys(statesPrefix) {
		hours[key[len(statesPrefix):len(statesPrefix)+len("gen=1/dt=2026-11-23/hour=09")]]++
	}
	if len(hours) != 2 || hours["gen=1/dt=2026-11-23/hour=16"] != 2 || hours["gen=1/dt=2026-11-23/hour=15"] != 1 || removed < 5 {
		t.Errorf("states by hour: %v; %d were removed", hours, removed)
	}
}
