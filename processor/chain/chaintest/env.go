package chaintest

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Env is a processor.Env whose sleeps take no time but move its clock.
type Env struct {
	mu   sync.Mutex
	Time time.Time

	// Hold keeps what is started until somebody waits for it or calls Release.
	Hold bool
	held []held
}

// held is something that has been started and has not run.
type held struct {
	f   *func()
	run func()
}

// Start runs f at once, or keeps it.
func (e *Env) Start(f func()) (wait func()) {
	if !e.Hold {
		f()
		return func() {}
	}
	started := &f
	run := sync.OnceFunc(func() {
		e.held = slices.DeleteFunc(e.held, func(h held) bool { return h.f == started })
		f()
	})
	e.held = append(e.held, held{started, run})
	return run
}

// Held is how many that were started have not run.
func (e *Env) Held() int { return len(e.held) }

// Release runs what is held.
func (e *Env) Release() {
	for len(e.held) > 0 {
		e.held[0].run()
	}
}

// Now returns the clock's time.
func (e *Env) Now() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.Time
}

// Wall returns the clock's time.
func (e *Env) Wall() time.Time { return e.Now() }

// Sleep moves the clock.
func (e *Env) Sleep(ctx context.Context, d time.Duration) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.Time = e.Time.Add(max(d, 0))
	return context.Cause(ctx)
}

// Join runs the functions one after the other.
func (e *Env) Join(fs ...func()) {
	for _, f := range fs {
		f()
	}
}

// Rand returns a constant: what it jitters is no subject of the tests.
func (e *Env) Rand() float64 { return 0.5 }

// Trouble implements chain.Env.
func (e *Env) Trouble(error) {}

// Answered implements chain.Env.
func (e *Env) Answered() {}
