package processor

// turn is a lock that is had in the order in which it was asked for. A sync.Mutex would let the shard's goroutine, which takes it for one record
// after the other, pass whoever waits, for a millisecond each.
type turn chan struct{}

func newTurn() turn { return make(turn, 1) }

func (t turn) take() { t <- struct{}{} }

func (t turn) give() { <-t }
