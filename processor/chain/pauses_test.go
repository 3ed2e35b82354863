package chain_test

import (
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/chain/chaintest"
)

// TestPauses: work of 0.3 ms a piece is interrupted behind each millisecond of it, until the limit.
func TestPauses(t *testing.T) {
	env := &chaintest.Env{Time: time.UnixMilli(1_700_000_000_000)}
	worked := func(p chain.Pauses) (pieces []int) {
		for n := range 40 {
			before := env.Time.Add(300 * time.Microsecond)
			env.Time = before
			if p.Take(t.Context(), env); env.Time.Sub(before) == time.Millisecond {
				pieces = append(pieces, n+1)
			} else if env.Time != before {
				t.Errorf("a pause of %v", env.Time.Sub(before))
			}
		}
		return pieces
	}
	if got := worked(chain.NewPauses(env, time.Millisecond, 3500*time.Microsecond)); len(got) != 3 || got[0] != 4 || got[1] != 8 || got[2] != 12 {
		t.Errorf("pauses behind %v, want those behind 4, 8 and 12 pieces of work", got)
	}
	if got := worked(chain.Pauses{}); len(got) > 0 {
		t.Errorf("pauses behind %v, want none", got)
	}
}
