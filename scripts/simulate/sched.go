package main

import (
	"container/heap"
	"context"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// scheduler runs coroutines, one at a time, on a virtual clock. Which of those that could go on does is drawn from the seed.
type scheduler struct {
	rand    *rand.Rand
	now     time.Duration // since the schedule began
	moments moments
	ready   []*coroutine
	waiting []*coroutine // with a context that may wake them
	current *coroutine
	serial  uint64
	instant int // steps without the clock moving
	steps   int
	trace   uint64
	broken  violation // what does not hold, once something does not
	log     io.Writer // nil, or where every step is written
}

func newScheduler(seed uint64, log io.Writer) *scheduler {
	return &scheduler{rand: rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15)), log: log}
}

// moment is something that happens by itself.
type moment struct {
	at     time.Duration
	serial uint64
	do     func()
	place  int // in the heap, -1 outside
}

// moments is a heap.
type moments []*moment

func (q moments) Len() int { return len(q) }
func (q moments) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].serial < q[j].serial
}

func (q moments) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = i, j
}

func (q *moments) Push(x any) {
	e := x.(*moment)
	e.place = len(*q)
	*q = append(*q, e)
}

func (q *moments) Pop() any {
	old := *q
	e := old[len(old)-1]
	old[len(old)-1], e.place = nil, -1
	*q = old[:len(old)-1]
	return e
}

// after makes something happen once the clock has moved by d.
func (s *scheduler) after(d time.Duration, do func()) *moment {
	s.serial++
	e := &moment{at: s.now + max(d, 0), serial: s.serial, do: do}
	heap.Push(&s.moments, e)
	return e
}

// drop makes something not happen.
func (s *scheduler) drop(e *moment) {
	if e.place >= 0 {
		heap.Remove(&s.moments, e.place)
	}
}

// coroutine is one goroutine of one node.
type coroutine struct {
	node    *node // nil for the world's own
	name    string
	resume  func() (struct{}, bool)
	stop    func()
	yield   func(struct{}) bool
	ctx     context.Context // what it waits under, or nil
	parked  bool
	stopped bool
	done    func()
}

// killed unwinds the coroutines of a node that is killed.
type killed struct{}

// violation is an invariant that does not hold.
type violation string

// loud ends a schedule in which a shard has stopped as it should.
const loud violation = "a shard has stopped, for records that it has to read are past retention"

// spawn starts a coroutine. done is called when it has ended by itself.
func (s *scheduler) spawn(n *node, name string, f func(), done func()) *coroutine {
	c := &coroutine{node: n, name: name, done: done}
	c.resume, c.stop = iter.Pull(func(yield func(struct{}) bool) {
		c.yield = yield
		defer func() {
			if r := recover(); r != nil {
				if _, ok := r.(killed); !ok {
					panic(r)
				}
			}
		}()
		f()
	})
	s.ready = append(s.ready, c)
	if n != nil {
		if len(n.coroutines) > 200 {
			n.coroutines = slices.DeleteFunc(n.coroutines, func(c *coroutine) bool { return c.stopped })
		}
		n.coroutines = append(n.coroutines, c)
	}
	return c
}

// parkUntil gives control back until somebody wakes the coroutine, or ctx ends.
func (s *scheduler) parkUntil(ctx context.Context) {
	if c := s.current; ctx.Done() != nil {
		c.ctx = ctx
		s.waiting = append(s.waiting, c)
	}
	s.park()
}

// park gives control back until somebody wakes the coroutine.
func (s *scheduler) park() {
	c := s.current
	c.parked = true
	if !c.yield(struct{}{}) || c.stopped {
		c.stopped = true
		panic(killed{})
	}
}

// wake makes a parked coroutine go on.
func (s *scheduler) wake(c *coroutine) {
	if !c.parked || c.stopped {
		return
	}
	c.parked, c.ctx = false, nil
	s.ready = append(s.ready, c)
}

// wakeCancelled wakes those whose context has ended.
func (s *scheduler) wakeCancelled() {
	keep := s.waiting[:0]
	for _, c := range s.waiting {
		switch {
		case !c.parked || c.ctx == nil || c.stopped:
		case c.ctx.Err() != nil:
			s.wake(c)
		default:
			keep = append(keep, c)
		}
	}
	clear(s.waiting[len(keep):])
	s.waiting = keep
}

// run lets everything happen until the clock says so.
func (s *scheduler) run(until time.Duration) {
	for {
		s.wakeCancelled()
		if len(s.ready) > 0 {
			s.step()
			continue
		}
		if len(s.moments) == 0 || s.moments[0].at > until {
			s.now = until
			return
		}
		e := heap.Pop(&s.moments).(*moment)
		if e.at > s.now {
			s.instant = 0
		}
		s.now = e.at
		e.do()
	}
}

// step resumes one of the coroutines that can go on.
func (s *scheduler) step() {
	s.steps++
	s.tick()
	i := s.rand.IntN(len(s.ready))
	c := s.ready[i]
	s.ready = slices.Delete(s.ready, i, i+1)
	if c.stopped {
		return
	}
	if c.node != nil && c.node.paused {
		c.node.frozen = append(c.node.frozen, c)
		return
	}
	s.current = c
	_, more := c.resume()
	s.current = nil
	if s.broken != "" {
		panic(s.broken)
	}
	if !more {
		c.stopped = true
		if c.done != nil {
			c.done()
		}
	}
}

// tick counts what happens without the clock moving.
func (s *scheduler) tick() {
	if s.instant++; s.instant > 20_000 {
		s.violate("time stands still: something works without ever waiting")
	}
}

// violate ends the schedule. Production code may catch the panic, as it does with those of processors, so the scheduler looks again.
func (s *scheduler) violate(v violation) {
	if s.broken == "" {
		s.broken = v
	}
	panic(s.broken)
}

// halt ends a coroutine wherever it is.
func (s *scheduler) halt(c *coroutine) {
	if c.stopped {
		return
	}
	c.stopped = true
	before := s.current
	s.current = c
	c.stop()
	s.current = before
}

// note adds a step to the trace.
func (s *scheduler) note(words ...string) {
	s.mix(uint64(s.now))
	for _, w := range words {
		for i := range len(w) {
			s.trace = (s.trace ^ uint64(w[i])) * fnvPrime
		}
		s.mix(0)
	}
	if s.log != nil {
		_, _ = fmt.Fprintf(s.log, "%13s  %s\n", s.now.Round(time.Microsecond), strings.Join(words, " "))
	}
}

// fnvPrime is that of FNV-1a with 64 bits.
const fnvPrime = 1099511628211

func (s *scheduler) mix(n uint64) { s.trace = (s.trace ^ n) * fnvPrime }

// chance is true once in a while.
func (s *scheduler) chance(p float64) bool { return s.rand.Float64() < p }

// between draws a time.
func (s *scheduler) between(a, b time.Duration) time.Duration {
	return a + time.Duration(s.rand.Int64N(int64(b-a)+1))
}
