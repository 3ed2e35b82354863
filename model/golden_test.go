package model

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
)

// TestListsAreGolden pins every list of a stream: the same facts give the same lists on every machine. A change of the
// algorithm changes the digest, nothing else may.
func TestListsAreGolden(t *testing.T) {
	sum := sha256.New()
	for _, p := range []Params{DefaultParams(), tight()} {
		s, m := newScribe(42), New(p)
		for range 1500 {
			r := s.record()
			fmt.Fprintln(sum, m.Observe(nil, r), m.Recommend(nil, r.Session, 20))
		}
		fmt.Fprintln(sum, views(m), state(m))
	}
	const want = "1e505c22c19ed2d1b84e57b5ec4aba48"
	if got := hex.EncodeToString(sum.Sum(nil)[:16]); got != want {
		t.Errorf("digest of the lists is %s, want %s", got, want)
	}
}
