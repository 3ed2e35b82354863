package processor

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"time"
)

// Budget bounds the heap that the open batches and the uploads of a worker's processors hold together. It may be used concurrently; nobody
// waits in it. A state on its way is not in it: it is there for moments, and no batch that is committed makes it smaller.
//
// Past the limit the largest open batch is due at once, and past it by an eighth every one is. A processor with an upload under way takes no
// more records past the limit until that upload is over: then it is the store that is slow, and what comes has to stay in the stream. Each
// waits for its own upload only, and an upload waits for nobody.
type Budget struct {
	limit int64

	mu     sync.Mutex
	held   int64
	shares []*share // of the processors, in the order in which they were opened
}

// NewBudget returns a Budget of so many bytes of heap.
func NewBudget(bytes int64) *Budget { return &Budget{limit: bytes} }

// unbounded is for a processor that shares with nobody.
func unbounded() *Budget { return NewBudget(math.MaxInt64) }

// Limit is the bytes of heap that the processors may hold.
func (b *Budget) Limit() int64 { return b.limit }

// Held is the bytes of heap that they hold, as far as they know.
func (b *Budget) Held() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.held
}

// usage is what one processor holds, in bytes of heap.
type usage struct {
	batch  int64 // the open batch, with what its encoder keeps for the next one
	kept   int64 // of which committing it frees nothing
	upload int64 // the sealed batch that is under way; zero: none
}

// share is one processor's part of a Budget.
type share struct {
	budget *Budget
	usage
	opened time.Time // when the first record of the batch came
}

// join adds a processor.
func (b *Budget) join() *share {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := &share{budget: b}
	b.shares = append(b.shares, s)
	return s
}

// leave removes it, with all that it holds.
func (s *share) leave() {
	b := s.budget
	s.hold(usage{}, time.Time{})
	b.mu.Lock()
	defer b.mu.Unlock()
	b.shares = slices.DeleteFunc(b.shares, func(o *share) bool { return o == s })
}

// hold says what the processor holds now.
func (s *share) hold(u usage, opened time.Time) {
	b := s.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held += u.batch + u.upload - s.batch - s.upload
	s.usage, s.opened = u, opened
}

// exhausted reports whether the processors hold more than they may.
func (s *share) exhausted() bool { return s.budget.Held() > s.budget.limit }

// due reports whether the processor's open batch has to go, for the sake of all.
func (s *share) due() bool {
	b := s.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	over := b.held - b.limit
	if over <= 0 || s.gain() == 0 {
		return false
	}
	return over > b.limit/8 || slices.MaxFunc(b.shares, compareGain) == s
}

// worthwhile is the part of a budget that a batch must have for it to be committed early: those of idle shards would become a flood of
// small objects, and free nothing.
const worthwhile = 1 << 10

// gain is what committing the batch would free. A batch that would have to wait for an upload frees nothing now.
func (s *share) gain() int64 {
	if free := s.batch - s.kept; s.upload == 0 && free > s.budget.limit/worthwhile {
		return free
	}
	return 0
}

// compareGain orders by what is freed; of equal batches the one that was opened earlier is the larger.
func compareGain(a, b *share) int {
	return cmp.Or(cmp.Compare(a.gain(), b.gain()), b.opened.Compare(a.opened))
}
