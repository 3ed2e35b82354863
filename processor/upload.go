package processor

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
)

// upload is a sealed batch on its way into the log, and its end into the lease row. While it is under way it belongs to a goroutine of
// its own, and so does the chain's writer; the shard's goroutine may look at over, and wait.
type upload struct {
	link  *chain.Batch
	state []byte    // behind the link, to be kept; or nothing
	began time.Time // when the batch was sealed
	ctx   context.Context
	stop  context.CancelFunc
	wait  func() // returns when the goroutine has ended
	over  atomic.Bool

	// For the goroutine, and for the shard's when it is over.
	put  bool          // the link is in the log
	took time.Duration // from sealed to put
	err  error
	told bool // the observer has been told
}

// send starts the upload of a sealed batch. It may go on behind the call, as long as ctx does.
func (p *Processor) send(ctx context.Context, link *chain.Batch, state []byte) {
	u := &upload{link: link, state: state, began: p.env.Now()}
	u.ctx, u.stop = context.WithCancel(ctx)
	p.upload = u
	u.wait = p.env.Start(func() {
		defer u.over.Store(true)
		u.err = p.push(u.ctx, u)
	})
}

// push puts the link, then moves the bookmark: it never leads. Called again after an interruption it goes on where it was, with the same
// bytes. A panic is an error: it is the shard that fails, not the process.
func (p *Processor) push(ctx context.Context, u *upload) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("commit batch: panic: %v\n%s", r, debug.Stack())
		}
	}()
	if !u.put {
		if err := p.writer.Commit(ctx, u.link); err != nil {
			return fmt.Errorf("commit batch: %w", err)
		}
		u.put, u.took = true, p.env.Now().Sub(u.began)
	}
	if err := p.bookmark(ctx, p.writer.End()); err != nil {
		return fmt.Errorf("move bookmark: %w", err)
	}
	p.putState(ctx, u.state)
	return nil
}

// interrupted reports whether the outcome is open because the context ended first. Then the same bytes may be sent once more.
func (u *upload) interrupted() bool {
	return u.err != nil && u.ctx.Err() != nil && !errors.Is(u.err, chain.ErrAdopted) && !errors.Is(u.err, chain.ErrBroken)
}

// collect takes note of what has become of an upload that is over. One that has failed stays: nothing may follow it.
func (p *Processor) collect() error {
	u := p.upload
	if u == nil || !u.over.Load() {
		return nil
	}
	if u.put && !u.told && p.observer != nil {
		p.observer.Committed(p.shard.ID, *u.link, u.took)
	}
	u.told = u.put
	if u.err != nil {
		return u.err
	}
	u.stop()
	p.upload = nil
	p.account()
	return nil
}

// settle waits for the upload that is under way. One that the end of the term has interrupted it brings to its end.
func (p *Processor) settle(ctx context.Context) error {
	u := p.upload
	if u == nil {
		return nil
	}
	u.wait()
	if u.interrupted() && ctx.Err() == nil {
		u.err = p.push(ctx, u)
	}
	return p.collect()
}

// overdue reports whether an upload has been under way for so long that the shard has to wait for it: should it hang, whoever watches over
// the shard's progress has to see it.
func (p *Processor) overdue() bool {
	return p.upload != nil && p.env.Now().Sub(p.upload.began) >= p.cfg.MaxAge
}

// Close ends an upload that is still under way, whose outcome is then unknown, and returns when its goroutine has ended.
// What the processor held is nobody's any more.
func (p *Processor) Close() {
	if u := p.upload; u != nil {
		u.stop()
		u.wait()
	}
	if p.share != nil {
		p.share.leave()
	}
}
