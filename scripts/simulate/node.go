package main

import (
	"context"
	"time"

	"github.com/streamrec/streamrec/processor"
)

// node is a process on a machine of its own: the Env of one worker. Its clocks are its own.
type node struct {
	*world
	name       string
	coroutines []*coroutine
	frozen     []*coroutine // of a paused node, that could go on
	paused     bool
	dead       bool
	resumed    time.Duration // when it was last paused, or began
	offset     time.Duration // of its monotonic clock
	rate       float64       // of its monotonic clock
	skew       time.Duration // of its time of day
	cut        [services]fate
	cancel     context.CancelFunc // SIGTERM
	leaving    bool
	forgotten  time.Duration            // when its heartbeat row was last deleted
	opened     map[string]time.Duration // by shard: when it was last opened
	budget     *processor.Budget        // nil in every other node
	open       int                      // processors
	rereads    bool                     // one of them has read something back
	started    map[*coroutine]int       // how many that each coroutine has started still run
	ended      bool                     // Run has returned
	beside     bool                     // it works on a side replay
}

// alive panics when the code that calls has been killed: nothing that a dead process does has an effect.
func (n *node) alive() {
	if c := n.current; c != nil && c.stopped {
		panic(killed{})
	}
}

// Now implements lease.Env.
func (n *node) Now() time.Time {
	return epoch.Add(n.offset + time.Duration(n.rate*float64(n.now)))
}

// Wall implements lease.Env.
func (n *node) Wall() time.Time { return n.began.Add(n.now + n.skew) }

// Rand implements lease.Env.
func (n *node) Rand() float64 { return n.rand.Float64() }

// Sleep implements lease.Env.
func (n *node) Sleep(ctx context.Context, d time.Duration) error {
	n.alive()
	if d <= 0 || ctx.Err() != nil {
		n.tick()
		return context.Cause(ctx)
	}
	c, fired := n.current, false
	e := n.after(time.Duration(float64(d)/n.rate)+1, func() {
		fired = true
		n.wake(c)
	})
	n.parkUntil(ctx)
	n.drop(e)
	if fired {
		return nil
	}
	return context.Cause(ctx)
}

// WithTimeout implements lease.Env.
func (n *node) WithTimeout(ctx context.Context, d time.Duration, cause error) (context.Context, context.CancelFunc) {
	n.alive()
	ctx, cancel := context.WithCancelCause(ctx)
	if d <= 0 {
		cancel(cause)
	}
	e := n.after(time.Duration(float64(d)/n.rate), func() { cancel(cause) })
	return ctx, func() {
		n.drop(e)
		cancel(context.Canceled)
	}
}

// Go implements lease.Env.
func (n *node) Go(f func()) {
	n.alive()
	n.spawn(n, n.name, f, nil)
}

// Start implements processor.Env.
func (n *node) Start(f func()) (wait func()) {
	n.alive()
	over, waiting, by := false, (*coroutine)(nil), n.current
	n.started[by]++
	n.spawn(n, n.name, f, func() {
		n.started[by]--
		if over = true; waiting != nil {
			n.wake(waiting)
		}
	})
	return func() {
		n.alive()
		for waiting = n.current; !over; {
			n.park()
		}
	}
}

// Join implements lease.Env.
func (n *node) Join(fs ...func()) {
	n.alive()
	left, caller := len(fs), n.current
	for _, f := range fs {
		n.spawn(n, n.name, f, func() {
			if left--; left == 0 {
				n.wake(caller)
			}
		})
	}
	for left > 0 {
		n.park()
	}
}

// kill ends the node as kill -9 does. What it has sent is under way.
func (n *node) kill() {
	n.dead = true
	for _, c := range n.coroutines {
		n.halt(c)
	}
	n.coroutines, n.frozen = nil, nil
}

// pause stops the node as SIGSTOP does.
func (n *node) pause() { n.paused = true }

// proceed lets it go on as SIGCONT does.
func (n *node) proceed() {
	if !n.paused {
		return
	}
	n.paused, n.resumed = false, n.now
	n.ready = append(n.ready, n.frozen...)
	n.frozen = nil
}
