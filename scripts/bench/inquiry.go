package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/streamrec/streamrec/worker"
)

// inquiry is what became of questions that were asked at a rate. A time counts from the moment at which the question was due, whether or not
// the answers before it had come: a server that stalls makes all that were due meanwhile late.
type inquiry struct {
	mu     sync.Mutex
	took   []time.Duration
	late   []time.Duration // until the question was sent: what the harness and the machine have added
	failed int64
}

// askers bounds the questions under way. A question that has to wait for an asker waits on its own time.
const askers = 128

// inquire asks for recent sessions, each of its owner or of another worker, so many times a second, until it is enough.
func (s *shopFloor) inquire(ctx context.Context, rate int, owner bool, enough func(asking time.Duration) bool) (*inquiry, error) {
	out := &inquiry{}
	var next atomic.Int64
	began := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	for range askers {
		g.Go(func() error {
			a := asker{}
			defer a.close()
			for {
				due := began.Add(time.Duration(next.Add(1)-1) * time.Second / time.Duration(rate))
				if enough(due.Sub(began)) {
					return nil
				}
				if err := (worker.System{}).Sleep(ctx, time.Until(due)); err != nil {
					return err
				}
				late := time.Since(due)
				session := s.someSession()
				address, err := s.addressFor(session, owner)
				if err != nil {
					return err
				}
				ok := a.ask(ctx, address, session, owner)
				out.note(time.Since(due), late, ok)
			}
		})
	}
	return out, g.Wait()
}

func (i *inquiry) note(took, late time.Duration, ok bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.took, i.late = append(i.took, took), append(i.late, late)
	if !ok {
		i.failed++
	}
}
