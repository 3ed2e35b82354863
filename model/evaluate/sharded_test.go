package evaluate

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/streamrec/streamrec/model"
)

// stream makes sessions of a small shop.
func stream(n int) []Event {
	rng := rand.New(rand.NewPCG(1, 1))
	var all []Event
	for i := range n {
		item := rng.IntN(1 + rng.IntN(60))
		all = append(all, Event{
			Ms: int64(i) * 5000, Session: fmt.Sprint("s", i/40*10+rng.IntN(10)), Item: fmt.Sprint("i", item), Category: fmt.Sprint(item % 5),
		})
	}
	return all
}

// TestShardsAreExact gives every number of shards the lists of one model, and isolated shards other ones.
func TestShardsAreExact(t *testing.T) {
	events := stream(1500)
	o := Options{K: 20, Skip: 300}
	whole, _ := Prequential(t.Context(), events, streaming(), o)
	for _, n := range []int{1, 4, 16, 64, 256} {
		exact := NewSharded(model.DefaultParams(), n)
		r, _ := Prequential(t.Context(), events, exact, o)
		if got := r.SameLists(whole); got != whole.All.N {
			t.Errorf("%d shards have %d of %d lists", n, got, whole.All.N)
		}
	}
	late, never := NewSharded(model.DefaultParams(), 16), NewSharded(model.DefaultParams(), 16)
	late.StalenessMs, never.StalenessMs = 60_000, Never
	lately, _ := Prequential(t.Context(), events, late, o)
	alone, _ := Prequential(t.Context(), events, never, o)
	if l, a := lately.SameLists(whole), alone.SameLists(whole); l >= whole.All.N || a >= l/2 {
		t.Errorf("%d lists are the same a minute late, %d without merging, of %d", l, a, whole.All.N)
	}
}

// TestSessionsAreCutByMD5 checks the cut against known digests: d41d8c… for nothing, 0cc175… for a, 92eb5f… for b.
func TestSessionsAreCutByMD5(t *testing.T) {
	s := NewSharded(model.DefaultParams(), 4)
	for session, want := range map[string]int{"": 3, "a": 0, "b": 2} {
		if s.of(session) != s.shards[want] {
			t.Errorf("session %q is not in shard %d", session, want)
		}
	}
}
