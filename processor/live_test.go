package processor_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/chain/chaintest"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/processor/table"
)

// toil is an observer by whose clock each record takes 0.3 ms.
type toil struct{ env *chaintest.Env }

func (o toil) Processed(string, *table.Row)               { o.env.Time = o.env.Time.Add(300 * time.Microsecond) }
func (toil) Committed(string, chain.Batch, time.Duration) {}

// TestPausesBetweenRecords: a page of a shard that is not behind lets others have the core often, for a while; one of a shard that catches up seldom, and goes on
// with it.
func TestPausesBetweenRecords(t *testing.T) {
	const pause, work = time.Millisecond, 300 * time.Microsecond
	for _, c := range []struct {
		age    time.Duration
		pauses int
	}{{100 * time.Millisecond, 20}, {10 * time.Second, 100 / 14}} {
		env := &chaintest.Env{Time: noon.Add(time.Minute)}
		move := func(context.Context, chain.End) error { return nil }
		p := processor.New(processor.Config{Layout: testLayout}, env, &chaintest.Bucket{}, testTerm(chain.Bookmark{}), move, toil{env})
		if _, err := p.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		records := make([]event.Record, 100)
		for i := range records {
			records[i] = view(i+1, fmt.Sprint("s", i%7), fmt.Sprint("i", i%11), (time.Minute - c.age).Seconds())
		}
		began := env.Time
		if err := p.Process(t.Context(), records); err != nil {
			t.Fatal(err)
		}
		if took, want := env.Time.Sub(began), 100*work+time.Duration(c.pauses)*pause; took != want {
			t.Errorf("records of %v ago took %v, want %v", c.age, took, want)
		}
	}
}

// TestEditionsAreAdoptedBetweenRecords: what a shard has learnt since the last edition is joined with the new one a bit at a time, and at once when there is
// nothing else to do.
func TestEditionsAreAdoptedBetweenRecords(t *testing.T) {
	for _, rests := range []bool{false, true} {
		merged := model.NewMerged(model.DefaultParams())
		b := newBench(t, &chaintest.Bucket{}, processor.Config{Merged: merged}, chain.Bookmark{})
		const records = 500
		for n := range records {
			b.process(view(n+1, fmt.Sprint("s", n%60), fmt.Sprint("i", n%97), 0))
		}
		for n, item := range []string{"x", "y"} {
			merged.Add(model.Fact{Session: "other", Visit: uint32(noon.Unix()), Item: item, Touch: model.TouchAt(noon.UnixMilli() + int64(n))})
		}
		merged.Publish()
		knows := func() bool {
			a, _ := b.Ask(model.Question{Items: []string{"x"}, K: 5}, false)
			return len(a.List) > 0 && a.List[0].Item == "y"
		}
		if rests {
			b.process()
		}
		took := 0
		for !knows() && took < 20 {
			took++
			b.process(view(records+took, "s", "i", 0))
		}
		if want := 4; !rests && took != want || rests && took > 0 {
			t.Errorf("it took %d records until the edition was adopted, with a rest: %v", took, rests)
		}
	}
}
