package chain

import (
	"context"
	"time"
)

// Pauses lets others have a core while something long is computed: behind each piece of work it sleeps for a millisecond, until it has slept for as long as it
// may. Questions are answered in less than a millisecond; when each of several processes computes for ten of them, whatever wakes up meanwhile waits for the end of
// a time slice of the kernel, which is some milliseconds. The zero value never sleeps.
type Pauses struct {
	work  time.Duration
	left  time.Duration
	began time.Time // of the work since the last pause
}

const pauseLength = time.Millisecond

// NewPauses returns pauses behind so much work each, that are no longer than a limit, together.
func NewPauses(env Env, work, limit time.Duration) Pauses {
	return Pauses{work: work, left: limit, began: env.Now()}
}

// Take makes a pause when it is time for one. The end of ctx ends it, and is left to the caller to notice.
func (p *Pauses) Take(ctx context.Context, env Env) {
	if p.left < pauseLength || env.Now().Sub(p.began) < p.work {
		return
	}
	p.left -= pauseLength
	_ = env.Sleep(ctx, pauseLength)
	p.began = env.Now()
}
