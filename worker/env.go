package worker

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// System is the Env of a real process: the machine's clock, goroutines, and randomness that needs no seed.
// Inside a testing/synctest bubble its clock is the bubble's.
type System struct{}

// Now returns the time, with the monotonic reading that differences use.
func (System) Now() time.Time { return time.Now() }

// Wall returns the time of day.
func (System) Wall() time.Time { return time.Now() }

// WithTimeout returns a context that ends after d, with this cause, or with ctx.
func (System) WithTimeout(ctx context.Context, d time.Duration, cause error) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d, cause)
}

// Sleep returns after d, or earlier with the cause of ctx's end.
func (System) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return context.Cause(ctx)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Go starts a goroutine.
func (System) Go(f func()) { go f() }

// Start implements processor.Env.
func (System) Start(f func()) (wait func()) {
	over := make(chan struct{})
	go func() {
		defer close(over)
		f()
	}()
	return func() { <-over }
}

// Join runs the functions concurrently, the last one in the goroutine that calls, and returns when all have returned.
func (System) Join(fs ...func()) {
	if len(fs) == 0 {
		return
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, f := range fs[:len(fs)-1] {
		wg.Go(f)
	}
	fs[len(fs)-1]()
}

// Rand returns a number in [0, 1).
func (System) Rand() float64 { return rand.Float64() }

// Trouble implements chain.Env for those who do not want to know.
func (System) Trouble(error) {}

// Answered implements chain.Env for those who do not want to know.
func (System) Answered() {}
