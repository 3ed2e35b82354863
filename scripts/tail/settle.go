package tail

import "sync"

// settled knows up to where all lines of a file are done. Its methods may be called by any goroutine.
type settled struct {
	mu      sync.Mutex
	safe    int64 // every line that ends here or before is done
	base    int64 // number of the first of pending
	pending []pendingLine
}

type pendingLine struct {
	end  int64
	done bool
}

// add notes a line that ends at an offset, and gives its number.
func (s *settled) add(end int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending = append(s.pending, pendingLine{end: end})
	return s.base + int64(len(s.pending)) - 1
}

// done notes that a line is dealt with.
func (s *settled) done(number int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending[number-s.base].done = true
	n := 0
	for n < len(s.pending) && s.pending[n].done {
		s.safe = s.pending[n].end
		n++
	}
	s.base += int64(n)
	s.pending = s.pending[n:]
}

// at is up to where all lines are done, and whether there are others.
func (s *settled) at() (safe int64, waiting bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.safe, len(s.pending) > 0
}
