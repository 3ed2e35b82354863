package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/streamrec/streamrec/worker"
)

// trade is a live shop of some size.
type trade struct {
	id     string
	text   string
	rate   int // events per second
	shards int
	args   []string // of the workers
}

var trades = []trade{
	{"1k", "1,000 events/s, a list of 20 for each, 16 shards", 1000, 16, nil},
	{"10k", "10,000 events/s, a list of 20 for each, 16 shards", 10_000, 16, nil},
	{"50k", "50,000 events/s, no lists, 64 shards", 50_000, 64, []string{"--recommendations", "-1"}},
}

// live lets real workers follow live shops of several sizes.
func live() section {
	s := section{name: "live", title: "A live shop for a minute and a half, 2 workers: of the last minute", sides: []side{ours}, alone: true, measure: measureLive}
	for _, p := range trades {
		s.lines = append(
			s.lines,
			line{id: p.id + " put", text: p.text + ": put", unit: perSecond, target: atLeast(0.99 * float64(p.rate))},
			line{id: p.id + " share", text: "  of a core: both workers", unit: percent},
			line{id: p.id + " cpu", text: "  CPU per event", unit: micros},
			line{id: p.id + " peak", text: "  most resident memory of a worker", unit: mebibytes},
			line{id: p.id + " missing", text: "  events that were put and not processed 10 s after the last", target: atMost(0)},
		)
	}
	return s
}

func measureLive(ctx context.Context, c *cell) (figures, error) {
	out := newFigures()
	for _, p := range trades {
		if c.quick {
			p.rate /= 10
		}
		c.say("%d events a second", p.rate)
		if err := p.measure(ctx, c, &out); err != nil {
			return out, fmt.Errorf("%d events a second: %w", p.rate, err)
		}
	}
	return out, nil
}

func (p trade) measure(ctx context.Context, c *cell, out *figures) (err error) {
	warm, window := 30*time.Second, time.Minute
	if c.quick {
		warm, window = time.Second, 3*time.Second
	}
	s, err := startShop(ctx, c, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.end()) }()
	if err := s.sell(ctx, warm); err != nil {
		return err
	}
	before, began := s.sent.Load(), time.Now()
	used, err := s.used(func() error { return s.sell(ctx, window) })
	if err != nil {
		return err
	}
	rate := float64(s.sent.Load()-before) / time.Since(began).Seconds()
	out.set(p.id+" put", rate)
	out.set(p.id+" share", 100*used)
	out.set(p.id+" cpu", 1e6*used/rate)
	if err := s.sold(); err != nil {
		return err
	}
	out.values[p.id+" missing"] = figure{Value: float64(s.missing(ctx)), Samples: int(s.sent.Load())}
	return s.notePeak(out, p.id+" peak")
}

// missing waits until all that was put has been processed, 10 s at the most, and returns how much has not.
func (s *shopFloor) missing(ctx context.Context) (n int64) {
	for until := time.Now().Add(10 * time.Second); ; {
		n = s.sent.Load() - s.processed(ctx)
		if n <= 0 || time.Now().After(until) || (worker.System{}).Sleep(ctx, 200*time.Millisecond) != nil {
			return n
		}
	}
}

func (s *shopFloor) notePeak(out *figures, id string) error {
	peak := int64(0)
	for _, w := range s.workers {
		u, err := w.usage()
		if err != nil {
			return err
		}
		peak = max(peak, int64(u.Peak))
	}
	out.set(id, float64(peak)/(1<<20))
	return nil
}
