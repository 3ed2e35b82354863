package chain_test

import (
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/chain/chaintest"
)

// TestLineageEndsWhereTheTakeoverDid: a link that another owner puts between the takeover and the restore is not in the end that was
// found, so its records will be read from the stream. Folding them from the log as well would fold them twice.
func TestLineageEndsWhereTheTakeoverDid(t *testing.T) {
	for _, before := range []int{0, 3} {
		b, s := &chaintest.Bucket{}, steady(12, time.Minute)
		zombie := takeOver(t, b, chain.Bookmark{})
		for i := range before {
			if err := commit(t, zombie, s, i, i+1); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := zombie.Begin(t.Context(), s.seq(0), s.arrivals[0]); err != nil {
			t.Fatal(err)
		}
		owner := takeOver(t, b, chain.Bookmark{})
		if err := commit(t, zombie, s, before, before+2); err != nil {
			t.Fatal(err)
		}
		links, err := owner.Lineage(t.Context(), 0, func(string, string, string) bool { return false })
		if err != nil || len(links) != before {
			t.Errorf("after %d links: the lineage has %d, %v", before, len(links), err)
		}
		late := takeOver(t, b, chain.Bookmark{})
		if links, err := late.Lineage(t.Context(), 0, func(string, string, string) bool { return false }); err != nil || len(links) != before+1 {
			t.Errorf("a later takeover finds %d links, want %d, %v", len(links), before+1, err)
		}
	}
}
