package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// soak is one run.
type soak struct {
	options
	began    time.Time
	stack    *stack
	fleet    *fleet
	producer *producer
	watcher  *watcher
	sampler  *sampler
	progress *progress
	replays  atomic.Int64 // plans that were made

	happening sync.WaitGroup // faults that have not ended

	mu     sync.Mutex
	events []event
	points []point // of lag, over time
	wrong  []error // what must not happen, apart from what the audit finds
}

// event is a fault that happened, or was passed over.
type event struct {
	fault
	Began  time.Duration `json:"began"`
	Ended  time.Duration `json:"ended"` // 0: it was passed over
	What   string        `json:"what"`
	Passed bool          `json:"passedOver,omitempty"`
}

// point is how far the fleet was at a moment.
type point struct {
	at        time.Duration
	lag       time.Duration
	known     bool // the lag, of every shard
	acked     int64
	replaying bool
}

// soakFor is the whole run. The data folder is removed when the verdict is good.
func soakFor(ctx context.Context, o options, out, progress io.Writer) error {
	dir, err := o.folder()
	if err != nil {
		return err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	s, err := open(ctx, o, dir, progress)
	if err != nil {
		return errors.Join(err, fmt.Errorf("data and logs are in %s", dir))
	}
	defer s.close()
	r, err := s.run(ctx)
	if err == nil {
		err = errors.Join(s.draw(o.picture), s.leave(r), r.write(out, o.format), r.verdict())
	}
	s.close()
	if err == nil && !o.keep {
		return os.RemoveAll(dir)
	}
	_, _ = fmt.Fprintf(progress, "data and logs are in %s\n", dir)
	return err
}

// leave puts the report and the samples beside the logs.
func (s *soak) leave(r *report) error {
	s.sampler.mu.Lock()
	defer s.sampler.mu.Unlock()
	for name, what := range map[string]any{"report.json": r, "samples.json": s.sampler.samples} {
		text, err := json.Marshal(what)
		if err == nil {
			err = os.WriteFile(filepath.Join(s.stack.dir, name), text, 0o600)
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}

// open starts everything.
func open(ctx context.Context, o options, dir string, progress io.Writer) (s *soak, err error) {
	s = &soak{options: o, began: time.Now(), progress: newProgress(progress, o.duration)}
	if s.stack, err = openStack(ctx, o, dir); err != nil {
		return nil, err
	}
	s.fleet = newFleet(s.stack, o, s.say)
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	for n := range o.workers {
		if _, err := s.fleet.found(ctx, fmt.Sprintf("w%d", n+1), n == 0); err != nil {
			return nil, err
		}
	}
	if s.producer, err = openShop(s.stack, o); err != nil {
		return nil, err
	}
	s.watcher = &watcher{stack: s.stack, failover: o.failover, seen: s.seen}
	s.sampler = newSampler(s)
	return s, nil
}

// run lets faults happen, then lets the fleet catch up, and judges.
func (s *soak) run(ctx context.Context) (*report, error) {
	looking, stop := context.WithCancel(ctx)
	var lookers sync.WaitGroup
	defer func() { stop(); lookers.Wait() }()
	lookers.Go(func() { s.sampler.run(looking) })
	lookers.Go(func() { s.watcher.run(looking) })
	if err := s.play(ctx); err != nil {
		return nil, err
	}
	drained, err := s.drain(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.fleet.retire(ctx); err != nil {
		return nil, err
	}
	a, err := s.audit(ctx)
	if err != nil {
		return nil, err
	}
	return s.report(a, drained), nil
}

// play deals fault after fault until the time is over, and waits until all have ended.
func (s *soak) play(ctx context.Context) error {
	playing, over := context.WithDeadline(ctx, s.began.Add(s.duration))
	defer over()
	for d := newDeck(s.options); ; {
		f := d.next()
		if sleep(playing, time.Until(s.began.Add(f.At))) != nil {
			break
		}
		s.happening.Go(func() { s.happen(playing, ctx, f) })
	}
	if ctx.Err() == nil {
		s.say("the time is over: what is broken is repaired")
	}
	s.happening.Wait()
	return context.Cause(ctx)
}

// happen lets a fault begin, last and end; it ends early when the time is over.
func (s *soak) happen(playing, ctx context.Context, f fault) {
	e := event{fault: f, Began: time.Since(s.began)}
	what, end, err := s.act(ctx, f)
	e.What = what
	if errors.Is(err, errPassedOver) {
		e.What, e.Passed = err.Error(), true
	} else if err != nil {
		s.fault(fmt.Errorf("%s: %w", f, err))
	}
	s.say("%s: %s", f, e.What)
	if end != nil {
		_ = sleep(playing, f.Lasts) // shorter when the time is over
		if err := end(ctx); err != nil && ctx.Err() == nil {
			s.fault(fmt.Errorf("%s: %w", f, err))
		}
	}
	if !e.Passed {
		e.Ended = time.Since(s.began)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
}

// patience is how long the fleet may need to catch up when nothing happens to it any more.
const patience = 10 * time.Minute

// drain closes the shop and waits until the fleet has caught up with it. When it does not, the audit says what is missing.
func (s *soak) drain(ctx context.Context) (took time.Duration, err error) {
	if err := s.producer.stop(ctx); err != nil {
		s.fault(err)
	}
	closed := time.Now()
	s.say("the shop is closed, %d records are acknowledged; the fleet catches up", s.producer.acknowledged())
	for {
		l := s.look()
		if l.Time.After(closed) && l.done() {
			return time.Since(closed), nil
		}
		if time.Since(closed) > patience {
			s.fault(fmt.Errorf("the fleet has not caught up within %s", patience))
			return patience, nil
		}
		if err := sleep(ctx, time.Second); err != nil {
			return 0, err
		}
	}
}

// seen takes note of a look at the fleet.
func (s *soak) seen(l look) {
	p := point{at: time.Since(s.began), acked: s.producer.acknowledged(), replaying: l.replaying()}
	p.lag, p.known = l.lag()
	s.mu.Lock()
	s.points = append(s.points, p)
	s.mu.Unlock()
	if why := l.stopped(); why != "" {
		s.fault(errors.New(why))
	}
	s.progress.show(s.state(l, p))
}

// look is the last look at the fleet.
func (s *soak) look() look { return s.watcher.look() }

// ackedAt is how many records had been acknowledged at a moment.
func (s *soak) ackedAt(moment time.Time) (acked int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.points {
		if s.began.Add(p.at).After(moment) {
			break
		}
		acked = p.acked
	}
	return acked
}

// fault takes note of what must not happen, once.
func (s *soak) fault(err error) {
	s.mu.Lock()
	for _, known := range s.wrong {
		if known.Error() == err.Error() {
			s.mu.Unlock()
			return
		}
	}
	s.wrong = append(s.wrong, err)
	s.mu.Unlock()
	s.say("WRONG: %s", err)
}

func (s *soak) say(format string, args ...any) { s.progress.say(time.Since(s.began), format, args...) }

// close ends all processes.
func (s *soak) close() {
	s.fleet.end()
	if s.producer != nil && s.producer.proc != nil {
		_, _ = s.producer.proc.Kill() // it may have ended
	}
	_ = s.stack.close()
}
