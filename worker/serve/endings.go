package serve

import (
	"context"
	"sync"
)

// endings are how to end what is open.
type endings struct {
	mu   sync.Mutex
	all  map[int]context.CancelFunc
	next int
	over bool
}

// add adds an end, until it is removed. When everything has ended already, this ends too.
func (e *endings) add(end context.CancelFunc) (remove func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.all == nil {
		e.all = map[int]context.CancelFunc{}
	}
	if e.over {
		end()
	}
	n := e.next
	e.next++
	e.all[n] = end
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.all, n)
	}
}

// end ends all, and all that will be added.
func (e *endings) end() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.over = true
	for _, end := range e.all {
		end()
	}
}
