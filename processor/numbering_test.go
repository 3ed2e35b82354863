package processor

import (
	"math/rand/v2"
	"testing"
)

// TestNumberingIsThatOfAMap compares with a map while sessions come and go, also when most have the same hash.
func TestNumberingIsThatOfAMap(t *testing.T) {
	for _, sameHash := range []bool{false, true} {
		rng := rand.New(rand.NewPCG(3, 3))
		n, want := newNumbering(), map[digest]int32{}
		if sameHash {
			n.odd = digest{1 << 60, 1 << 60} // of 16 hashes at most
		}
		open := make([]openSession, 300)
		for number := range open {
			open[number].id = digest{uint64(number), rng.Uint64()}
		}
		for range 20_000 {
			number := int32(rng.IntN(len(open)))
			id := open[number].id
			if _, known := want[id]; known {
				n.remove(id, number)
				delete(want, id)
			} else {
				n.add(id, number)
				want[id] = number
			}
			other := open[rng.IntN(len(open))].id
			expected, known := want[other]
			if !known {
				expected = -1
			}
			if got := n.find(other, open); got != expected || n.count != len(want) {
				t.Fatalf("found %d among %d, want %d among %d", got, n.count, expected, len(want))
			}
		}
	}
}
