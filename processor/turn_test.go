package processor

import (
	"testing"
	"testing/synctest"
)

// TestTurnsAreInOrder holds that who waits comes before who had it last and asks again at once.
func TestTurnsAreInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turn := newTurn()
		turn.take()
		held := make(chan int, 2)
		go func() { turn.take(); held <- 1; turn.give() }()
		synctest.Wait() // until the other one waits
		turn.give()
		turn.take()
		held <- 2
		turn.give()
		if first := <-held; first != 1 {
			t.Error("who had it last came before who waited")
		}
	})
}

// BenchmarkTurn is what a record pays for being asked about: a turn that nobody else wants.
func BenchmarkTurn(b *testing.B) {
	turn := newTurn()
	for b.Loop() {
		turn.take()
		turn.give()
	}
}
