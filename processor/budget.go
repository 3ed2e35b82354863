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
// A batch that is made of a link, which is not cut, begins when there is room for it.
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
	needs  int64 // what the open batch will take, if that is known: it is not committed before it is complete
}

func (u usage) total() int64 { return max(u.batch, u.needs) + u.upload }

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
	b.held += u.total() - s.total()
	s.usage, s.opened = u, opened
}

// admit reports whether the processor may begin a batch that will take so much: when there is room for it, or no other such batch. Those that are on
// their way to the store come on top: nobody waits for the upload of another one.
func (s *share) admit(needs int64) bool {
	b := s.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	alone := !slices.ContainsFunc(b.shares, func(o *share) bool { return o != s && o.needs > 0 })
	if !alone && b.held+needs > b.limit {
		return false
	}
	before := s.total()
	s.needs = needs
	b.held += s.total() - before
	return true
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
	if free := s.batch - s.kept; s.upload == 0 && s.needs == 0 && free > s.budget.limit/worthwhile {
		return free
	}
	return 0
}

// compareGain orders by what is freed; of equal batches the one that was opened earlier is the larger.
func compareGain(a, b *share) int {
	return cmp.Or(cmp.Compare(a.gain(), b.gain()), b.opened.Compare(a.opened))
}
