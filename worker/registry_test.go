package worker

import (
	"testing"

	"github.com/streamrec/streamrec/worker/lease"
)

// The end of a term is noticed by its consumer, and by whoever waits for a term that no consumer has. The second may come when the
// first has done everything.
func TestShardIsAbandonedOnlyBeforeItIsConsumed(t *testing.T) {
	var r registry
	consumed, next := &shard{term: &lease.Term{}}, &shard{term: &lease.Term{}}
	r.add(consumed)
	r.add(next) // waits for the other, which has the same key
	if !r.claim("") {
		t.Fatal("a granted shard cannot be claimed")
	}
	if r.withdraw(consumed) {
		t.Error("a shard with a consumer was withdrawn")
	}
	if !r.withdraw(next) {
		t.Error("a waiting shard was not withdrawn")
	}
	r.remove(consumed)
	if r.withdraw(consumed) {
		t.Error("a shard that has been finished was withdrawn: it would be finished again")
	}
}
