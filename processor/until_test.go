package processor_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/chain/chaintest"
)

// oneHour is what readers see when generation 2 has the hour that begins at one o'clock, and no other.
var oneHour = testLayout.With(testLayout.Map().Replace(chain.HourOf(noon)+1, chain.HourOf(noon)+2, 2))

// readUntil reads the hour of one o'clock back, with a takeover after each step.
func readUntil(t *testing.T, bucket *chaintest.Bucket, at chain.Bookmark) (b *bench, last processor.ReadBack) {
	t.Helper()
	for !last.Over {
		b = newBench(t, bucket, processor.Config{Layout: anew, Source: testLayout, Until: chain.HourOf(noon) + 2}, at)
		b.env.Time = noon.Add(3 * time.Hour)
		if !b.HasPast() {
			t.Fatal("the stream would be read")
		}
		var err error
		if last, err = b.ReadBack(t.Context(), settled); err != nil {
			t.Fatal(err)
		}
		if b.drain(); len(b.marks) > 0 {
			at = b.bookmark()
		}
	}
	if b.HasPast() {
		t.Error("it is over, and there is more")
	}
	return b, last
}

// TestReadBackUntilAnHour: one hour of three is written anew, in links that fit between those of the hours around it.
func TestReadBackUntilAnHour(t *testing.T) {
	bucket := written(t, processor.Config{}, mixed(t))
	before := linksIn(t, bucket, testLayout)
	b, last := readUntil(t, bucket, boundary(t, bucket))
	if !last.Closed || last.Ended != nil {
		t.Errorf("it is over with %+v", last)
	}
	if err := b.End(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for _, key := range bucket.Keys("events/gen=2") {
		if !strings.Contains(key, "hour=13") {
			t.Errorf("%s is written", key)
		}
	}
	if marks := bucket.Keys("events/_log/gen=2"); len(marks) > 0 {
		t.Errorf("a chain that goes on has the marks %v", marks)
	}
	if got := linksIn(t, bucket, oneHour); !reflect.DeepEqual(got, before) {
		t.Errorf("links\n%v, want\n%v", got, before)
	}
	shard := chain.Shard{ID: testShard}
	env := &chaintest.Env{Time: noon.Add(3 * time.Hour)}
	now, err := chain.Find(t.Context(), env, bucket, testLayout, shard)
	then, err2 := chain.Find(t.Context(), env, bucket, oneHour, shard)
	if err != nil || err2 != nil || now.End() != then.End() || now.End().Last == "" {
		t.Errorf("the chain ends at %+v, before at %+v: %v", then.End(), now.End(), errors.Join(err, err2))
	}
}

// TestReadBackUntilTheEnd: a shard that ended within the hour ends there in the new generation as well.
func TestReadBackUntilTheEnd(t *testing.T) {
	records := mixed(t)[:50] // until 13:38
	bucket := written(t, processor.Config{}, records)
	whole := newBench(t, bucket, processor.Config{}, chain.Bookmark{Last: records[49].SequenceNumber, Hour: chain.HourOf(records[49].Arrival)})
	children := []chain.Child{{Shard: "child", StartingHashKey: "0", EndingHashKey: wholeRange}}
	if err := whole.End(t.Context(), children); err != nil {
		t.Fatal(err)
	}
	b, last := readUntil(t, bucket, boundary(t, bucket))
	if last.Closed || last.Ended == nil {
		t.Fatalf("it is over with %+v", last)
	}
	if err := b.End(t.Context(), last.Ended.Children); err != nil {
		t.Fatal(err)
	}
	env := &chaintest.Env{}
	was, err := chain.ReadEnd(t.Context(), env, bucket, testLayout, testShard)
	is, err2 := chain.ReadEnd(t.Context(), env, bucket, oneHour, testShard)
	if err != nil || err2 != nil || was == nil || !reflect.DeepEqual(was, is) {
		t.Errorf("readers see the end %+v, before %+v: %v", is, was, errors.Join(err, err2))
	}
}

// TestReadBackUntilLeavesOthersAlone: of a chain that begins later, or not at all, nothing is written; one that is not continued where this one ends is an error.
func TestReadBackUntilLeavesOthersAlone(t *testing.T) {
	records := mixed(t)
	for name, bucket := range map[string]*chaintest.Bucket{"never begun": {}, "begun later": written(t, processor.Config{}, records[65:])} {
		before := bucket.Keys("")
		b, last := readUntil(t, bucket, chain.Bookmark{})
		if err := b.End(t.Context(), nil); err != nil || !last.Closed {
			t.Errorf("%s: it is over with %+v, %v", name, last, err)
		}
		if after := bucket.Keys(""); !reflect.DeepEqual(after, before) {
			t.Errorf("%s: %v has become %v", name, before, after)
		}
	}
	bucket := written(t, processor.Config{}, records)
	end := boundary(t, bucket)
	b := newBench(t, bucket, processor.Config{Layout: anew}, end)
	b.env.Time = noon.Add(3 * time.Hour)
	b.process(records[35:37]...)
	b.drain()
	b = newBench(t, bucket, processor.Config{Layout: anew, Source: testLayout, Until: chain.HourOf(noon) + 2}, b.bookmark())
	if _, err := b.ReadBack(t.Context(), settled); !errors.Is(err, chain.ErrBroken) {
		t.Errorf("a chain that lies elsewhere: %v", err)
	}
}

// TestReadBackUntilMeetsAChainThatBegins: a chain begins behind the hours while a term of it opens.
func TestReadBackUntilMeetsAChainThatBegins(t *testing.T) {
	bucket := &chaintest.Bucket{}
	b := newBench(t, bucket, processor.Config{Layout: anew, Source: testLayout, Until: chain.HourOf(noon) + 2}, chain.Bookmark{})
	b.env.Time = noon.Add(3 * time.Hour)
	write(t, bucket, processor.Config{}, mixed(t)[65:])
	if last, err := b.ReadBack(t.Context(), settled); err != nil || !last.Closed {
		t.Errorf("it is over with %+v, %v", last, err)
	}
}

// TestReadBackUntilMeetsAShardThatEnds: a shard that never had a record ends, in the hour in which its parents did, while a term of it opens.
func TestReadBackUntilMeetsAShardThatEnds(t *testing.T) {
	bucket := &chaintest.Bucket{}
	hour := chain.HourOf(noon) + 1
	b := newBench(t, bucket, processor.Config{Layout: anew, Source: testLayout, Until: hour + 1}, chain.Bookmark{})
	b.env.Time = noon.Add(3 * time.Hour)
	empty := chain.Shard{ID: testShard, Parents: []string{"parent"}, EndingHashKey: wholeRange}
	for _, s := range []chain.Shard{{ID: "parent"}, empty} {
		w, err := chain.TakeOver(t.Context(), b.env, bucket, testLayout, s, 1, chain.Bookmark{})
		if err == nil && s.ID == "parent" {
			_, err = w.Begin(t.Context(), "", hour.Time())
		}
		if err == nil {
			_, err = w.Finish(t.Context(), nil)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var last processor.ReadBack
	for !last.Over {
		var err error
		if last, err = b.ReadBack(t.Context(), settled); err != nil {
			t.Fatal(err)
		}
	}
	if last.Ended == nil || last.Ended.Hour != hour {
		t.Fatalf("it is over with %+v", last)
	}
	if err := b.End(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if end, err := chain.ReadEnd(t.Context(), b.env, bucket, anew, testShard); err != nil || end == nil || end.Hour != hour {
		t.Errorf("the new chain ends with %+v, %v", end, err)
	}
}
