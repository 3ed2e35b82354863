package main

import (
	"context"
	"errors"
	"time"
)

// service is one of the three that a node talks to.
type service int

const (
	dynamo service = iota
	s3
	kinesis
	services
)

func (s service) String() string { return [...]string{"dynamo", "s3", "kinesis"}[s] }

// fate is what happens to a request.
type fate int

// A request whose answer is lost has taken effect; one that is late will.
const (
	fine fate = iota
	failed
	throttled
	lost
	late
	hung
	hungLost // takes effect, and never answers
)

func (f fate) String() string {
	return [...]string{"ok", "failed", "throttled", "lost", "late", "hung", "hung, took effect"}[f]
}

// What a client sees. Neither says whether the request took effect.
var (
	errNoAnswer  = errors.New("connection reset")
	errThrottled = errors.New("throttled")
	errTimedOut  = errors.New("request timed out")
)

// requestTimeout is that of the clients; a hung connection ends with it.
const requestTimeout = 10 * time.Second

// call makes a request of a node. effect is what it does at the service, in one step; its error is the answer.
func (n *node) call(ctx context.Context, s service, op string, effect func() error) error {
	n.alive()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	f := n.fate(n, s)
	r := &request{node: n, caller: n.current, op: op, service: s}
	there, back := n.latency(s), n.latency(s)
	switch f {
	case fine:
		n.after(there, func() { r.take(effect); n.after(back, r.deliver) })
	case failed:
		n.after(there, func() { r.err = errNoAnswer; r.deliver() })
	case throttled:
		n.after(there, func() { r.err = errThrottled; r.deliver() })
	case lost:
		n.after(there, func() { r.quietly(effect); r.err = errNoAnswer; n.after(back, r.deliver) })
	case late:
		n.after(n.between(time.Second, time.Minute), func() { r.quietly(effect) })
		n.after(there, func() { r.err = errNoAnswer; r.deliver() })
	case hungLost:
		n.after(there, func() { r.quietly(effect) })
		fallthrough
	case hung:
		n.after(requestTimeout, func() { r.err = errTimedOut; r.deliver() })
	}
	for !r.done && ctx.Err() == nil {
		n.parkUntil(ctx)
	}
	if !r.done {
		r.given = true
		n.note(n.name, s.String(), op, f.String(), "given up")
		return context.Cause(ctx)
	}
	return r.err
}

// request is one call under way.
type request struct {
	node    *node
	caller  *coroutine
	service service
	op      string
	err     error
	done    bool
	given   bool // up: nobody waits for the answer
}

// answer takes note of what the service says.
func (r *request) answer(err error) {
	r.err = err
	text := "ok"
	if err != nil {
		text = err.Error()
	}
	r.node.note(r.node.name, r.service.String(), r.op, "→", text)
}

// take is for effects whose answer the caller waits for, unless it has given up.
func (r *request) take(effect func() error) {
	if r.given {
		r.quietly(effect)
		return
	}
	r.answer(effect())
}

// quietly is for effects of which the caller learns nothing.
func (r *request) quietly(effect func() error) {
	r.node.silent = true
	r.answer(effect())
	r.node.silent = false
}

// deliver gives the answer to the caller.
func (r *request) deliver() {
	if r.given {
		return
	}
	r.done = true
	r.node.wake(r.caller)
}

// latency draws one way of a request.
func (w *world) latency(s service) time.Duration {
	base := [services]time.Duration{2 * time.Millisecond, 15 * time.Millisecond, 5 * time.Millisecond}[s]
	if w.slow[s] > 0 && w.chance(0.3) {
		return w.between(base, w.slow[s])
	}
	return w.between(base/2, 3*base)
}

// fate draws what happens to a request, from what is wrong right now.
func (w *world) fate(n *node, s service) fate {
	switch {
	case n.cut[s] != fine:
		return n.cut[s]
	case w.down[s] != fine:
		return w.down[s]
	case w.trouble > 0 && w.chance(w.trouble):
		return fate(1 + w.rand.IntN(int(hungLost)))
	}
	return fine
}
