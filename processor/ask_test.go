package processor_test

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/chain/chaintest"
)

func TestAnswerKnowsWhatIsNotCommitted(t *testing.T) {
	b := newBench(t, &chaintest.Bucket{}, processor.Config{}, chain.Bookmark{})
	b.process(view(1, "old", "a", 0), view(2, "old", "b", 1), view(3, "s", "c", 2), view(4, "s", "a", 3))
	if len(b.objects()) != 0 {
		t.Fatal("the batch has been committed already")
	}
	answer, ok := b.Ask(model.Question{Session: "s", K: 5}, true)
	if !ok || !slices.Equal(answer.History, []string{"a", "c"}) {
		t.Fatalf("answer %+v, %t", answer, ok)
	}
	if err := b.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	row := b.rows()[3]
	if len(answer.List) != len(row.Recommendations) || len(answer.Why) != len(answer.List) {
		t.Fatalf("answer %v, the row says %v", answer.List, row.Recommendations)
	}
	for i, r := range row.Recommendations {
		if r.ProductCode != answer.List[i].Item || math.Abs(r.Score-float64(answer.List[i].Score)/(1<<20)) > 0 {
			t.Errorf("place %d: answer %v, the row says %v", i, answer.List[i], r)
		}
	}
	if open, ok := b.OpenVisits(); !ok || open != 2 {
		t.Errorf("%d open visits", open)
	}
}

// TestAskedFromEverywhere asks while records are processed, editions change and states are kept, for the race detector: an answer knows as
// much as was processed before it was asked for, and each asker sees a history that only grows.
func TestAskedFromEverywhere(t *testing.T) {
	merged := model.NewMerged(model.DefaultParams())
	b := newBench(t, &chaintest.Bucket{}, processor.Config{Merged: merged, MaxRows: 50, StateRows: 10}, chain.Bookmark{})
	var askers sync.WaitGroup
	over := make(chan struct{})
	for n := range 3 {
		askers.Go(func() {
			longest := 0
			for {
				select {
				case <-over:
					return
				default:
				}
				answer, _ := b.Ask(model.Question{Session: "s", K: 20}, n == 0)
				if len(answer.History) < longest {
					t.Errorf("the history is %v, it was %d long before", answer.History, longest)
					return
				}
				longest = len(answer.History)
				b.OpenVisits()
			}
		})
	}
	for n := range 400 {
		b.process(view(n+1, "s", fmt.Sprint("p", n%30), float64(n)))
		answer, _ := b.Ask(model.Question{Session: "s", K: 20}, false)
		if want := fmt.Sprint("p", n%30); answer.History[0] != want {
			t.Fatalf("the answer after record %d knows %s last, want %s", n, answer.History[0], want)
		}
		if n%20 == 0 {
			merged.Publish()
		}
	}
	close(over)
	askers.Wait()
}
