package side

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// past is a processor whose past is so many steps of so many records each, one after the other in time.
type past struct {
	worker.Processor
	steps, records int
	at             time.Time
	step           time.Duration
	done           func(at time.Time)
}

// Open implements worker.Processor.
func (p *past) Open(context.Context) (lease.Position, error) { return lease.Position{}, nil }

// Close implements worker.Processor.
func (p *past) Close() {}

// HasPast implements worker.Rereader.
func (p *past) HasPast() bool { return p.steps > 0 }

// Reread implements worker.Rereader.
func (p *past) Reread(context.Context, func(context.Context) error) (worker.Reread, error) {
	p.steps--
	p.at = p.at.Add(p.step)
	p.done(p.at)
	return worker.Reread{Records: p.records, Reached: p.at, Over: p.steps == 0}, nil
}

// run opens the shards, and then processes the past of all.
func run(t *testing.T, pace *Pace, shards map[string]*past) {
	t.Helper()
	var all []func()
	for id, s := range shards {
		p := &paced{s, pace, id}
		if _, err := p.Open(t.Context()); err != nil {
			t.Error(err)
		}
		all = append(all, func() {
			for over := false; !over; {
				n, err := p.Reread(t.Context(), nil)
				if err != nil {
					t.Error(err)
				}
				over = n.Over
			}
			p.Close()
		})
	}
	(worker.System{}).Join(all...)
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// TestRateIsThatOfAllShards: two shards with 5,000 records each take 10 s at 1,000 a second, together.
func TestRateIsThatOfAllShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pace := NewPace(worker.System{}, noon, func() float64 { return 1000 })
		began := time.Now()
		shards := map[string]*past{}
		for _, id := range []string{"a", "b"} {
			shards[id] = &past{steps: 50, records: 100, at: noon, step: time.Second, done: func(time.Time) {}}
		}
		run(t, pace, shards)
		if took := time.Since(began); took < 9500*time.Millisecond || took > 11*time.Second {
			t.Errorf("10,000 records took %s", took)
		}
	})
}

// TestShardsStayTogether: a shard with little to do in each step does not run away from one with much, and goes on when that is done.
func TestShardsStayTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pace := NewPace(worker.System{}, noon, func() float64 { return 0 })
		var mu sync.Mutex // of the two
		slow, fast := noon, noon
		run(t, pace, map[string]*past{
			"slow": {steps: 60, records: 1, at: noon, step: time.Minute, done: func(at time.Time) {
				mu.Lock()
				slow = at
				mu.Unlock()
				time.Sleep(time.Second)
			}},
			"fast": {steps: 120, records: 1, at: noon, step: time.Minute, done: func(at time.Time) {
				mu.Lock()
				defer mu.Unlock()
				if fast = at; slow.Sub(noon) < time.Hour && fast.Sub(slow) > ahead+2*time.Minute {
					t.Errorf("one is at %s, the other at %s", fast, slow)
				}
			}},
		})
		if fast.Sub(noon) != 2*time.Hour {
			t.Errorf("the fast one has come to %s", fast)
		}
	})
}
