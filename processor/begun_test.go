package processor_test

import (
	"errors"
	"testing"

	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/chain/chaintest"
)

// TestFlushFindsAChainThatOthersHaveBegun: a term that has met no record makes sure, before its tip counts for a replay, that a term of before has not begun the
// chain with one that is past retention by now.
func TestFlushFindsAChainThatOthersHaveBegun(t *testing.T) {
	bucket := &chaintest.Bucket{}
	later := testLayout.With(testLayout.Map().Replace(chain.HourOf(noon), 0, 2))
	before, after := newBench(t, bucket, processor.Config{}, chain.Bookmark{}), newBench(t, bucket, processor.Config{Layout: later}, chain.Bookmark{})
	if err := after.Flush(t.Context()); err != nil {
		t.Fatalf("nobody has begun the chain: %v", err)
	}
	record := view(1, "s", "a", 0)
	before.process(record)
	if err := after.Flush(t.Context()); !errors.Is(err, chain.ErrAdopted) {
		t.Errorf("a term of before has begun the chain: %v", err)
	}
	again := newBench(t, bucket, processor.Config{Layout: later}, chain.Bookmark{})
	again.process(record)
	if err := again.Flush(t.Context()); err != nil {
		t.Errorf("its own chain: %v", err)
	}
	if got := bucket.Keys("events/gen=2/"); len(got) != 1 {
		t.Errorf("generation 2 has %v", got)
	}
}
