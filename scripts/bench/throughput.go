package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/google/pprof/profile"
	"golang.org/x/sync/errgroup"

	infrakinesis "github.com/streamrec/streamrec/infra/kinesis"
	"github.com/streamrec/streamrec/scripts/shop"
	"github.com/streamrec/streamrec/worker"
)

// Of a backlog.
const (
	backlogShards   = 8
	backlogShoppers = 10_000
)

// throughput drains a backlog with one worker.
func throughput() section {
	return section{
		name: "throughput", title: "One process drains a backlog of events in 8 shards, all that it does counted", sides: []side{ours, stockTuned, limit}, alone: true,
		lines: slices.Concat(
			drainLines("all", "a recommendation of 20 for every event", atLeast(5000)),
			drainLines("learn", "no recommendations", atLeast(100_000)),
		),
		measure: measureThroughput,
	}
}

func drainLines(id, text string, perCore *target) []line {
	lines := []line{
		{id: id + " core", text: text + ": events per second of CPU", unit: perSecond, target: perCore},
		{id: id + " cpu", text: "  CPU per event", unit: micros},
	}
	for _, s := range stages {
		lines = append(lines, line{id: id + " " + s.id, text: "    " + s.text, unit: micros})
	}
	return append(
		lines,
		line{id: id + " " + restStage, text: "    the rest: scheduling, start", unit: micros},
		line{id: id + " bytes", text: "  allocated per event", unit: octets},
		line{id: id + " allocations", text: "    in so many pieces", target: atMost(2)},
		line{id: id + " peak", text: "  most resident memory", unit: mebibytes},
		line{id: id + " rate", text: "  drained, with the services on the same machine", unit: perSecond},
	)
}

func measureThroughput(ctx context.Context, c *cell) (figures, error) {
	out, events := newFigures(), c.pick(600_000, 20_000, 0)
	switch c.side {
	case stockTuned:
		out.note("throughput, %s: its processor decodes with encoding/json, counts, and writes lines of JSON under gzip to nowhere; it learns nothing", c.side.title())
		return out, c.drain(ctx, &out, "learn", events, plainStarter(drainPlain))
	case limit:
		out.note("throughput, %s: a process that reads the pages by HTTP and drops them", c.side.title())
		return out, c.drain(ctx, &out, "learn", events, plainStarter(drainBare))
	}
	if err := c.drain(ctx, &out, "all", events/2, realStarter("--no-privacy")); err != nil {
		return out, err
	}
	return out, c.drain(ctx, &out, "learn", events, realStarter("--no-privacy", "--recommendations", "-1"))
}

// starter starts a process that drains the stream.
type starter func(c *cell, endpoint string) (measured, error)

func realStarter(args ...string) starter {
	return func(c *cell, endpoint string) (measured, error) {
		return startReal(endpoint, c.dir, "drainer", args...)
	}
}

func plainStarter(work string) starter {
	return func(c *cell, endpoint string) (measured, error) {
		return startPlain(c.side, work, endpoint, c.dir, work)
	}
}

// drain puts events into a stream, starts a process and measures until all are done.
func (c *cell) drain(ctx context.Context, out *figures, id string, events int, start starter) (err error) {
	c.say("draining %d events: %s", events, id)
	defer func() {
		if err != nil {
			err = fmt.Errorf("drain, %s: %w", id, err)
		}
	}()
	s, err := startServices(ctx, backlogShards)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.fill(ctx, events); err != nil {
		return err
	}
	began := time.Now()
	p, err := start(c, s.endpoint)
	if err != nil {
		return err
	}
	defer p.end()
	ctx, cancel := context.WithTimeoutCause(ctx, 5*time.Minute, errors.New("the backlog was not drained"))
	defer cancel()
	if err := p.awaitCount(ctx, 1); err != nil {
		return err
	}
	first, err := p.allocated(ctx)
	if err != nil {
		return err
	}
	spent, err := p.await(ctx, int64(events))
	if err != nil {
		return err
	}
	out.set(id+" rate", float64(events)/time.Since(began).Seconds())
	last, err := p.allocated(ctx)
	if err != nil {
		return err
	}
	out.setAllocated(id, first, last)
	return out.setCost(id, p, float64(events), byStage(spent))
}

// await waits until the process has processed a number of records, and returns where it spent its time meanwhile.
func (m measured) await(ctx context.Context, records int64) (spent *profile.Profile, err error) {
	g, ctx := errgroup.WithContext(ctx)
	profiling, enough := context.WithCancel(ctx)
	g.Go(func() error {
		defer enough()
		return m.awaitCount(ctx, records)
	})
	g.Go(func() (err error) {
		spent, err = m.profile(profiling)
		return err
	})
	return spent, g.Wait()
}

// awaitCount asks seldom: answering takes the process some time, and hundreds of allocations.
func (m measured) awaitCount(ctx context.Context, records int64) error {
	for m.processed(ctx) < records {
		if err := (worker.System{}).Sleep(ctx, 500*time.Millisecond); err != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

// setAllocated sets what a process has allocated for each event between two moments: what it takes to start is not in it. A small backlog may be gone before the
// first.
func (f *figures) setAllocated(id string, first, last allocations) {
	events := last.records - first.records
	if events == 0 {
		return
	}
	f.set(id+" bytes", (last.bytes-first.bytes)/events)
	f.set(id+" allocations", math.Round(100*(last.objects-first.objects)/events)/100)
}

// setCost sets what a process has taken for so many events.
func (f *figures) setCost(id string, p measured, events float64, shares map[string]float64) error {
	used, err := p.usage()
	if err != nil {
		return err
	}
	cpu := used.CPU.Seconds() * 1e6 / events
	f.set(id+" core", 1e6/cpu)
	f.set(id+" cpu", cpu)
	for stage, share := range shares {
		f.set(id+" "+stage, share*cpu)
	}
	f.set(id+" peak", float64(used.Peak)/(1<<20))
	return nil
}

// fill puts what shoppers do into the stream.
func (s *services) fill(ctx context.Context, events int) (err error) {
	producer, err := infrakinesis.NewProducer(ctx, s.clients.kinesis, infrakinesis.ProducerOptions{Stream: streamName})
	if err != nil {
		return fmt.Errorf("make producer: %w", err)
	}
	defer func() { err = errors.Join(err, producer.Close(ctx)) }()
	shoppers, at := shop.New(1).Shoppers(backlogShoppers), time.Now()
	for n := range events {
		e := shoppers.Next(at.Add(time.Duration(n) * time.Millisecond))
		if err := producer.Put(ctx, infrakinesis.Record{Key: e.Session, Data: e.Payload}); err != nil {
			return fmt.Errorf("put event: %w", err)
		}
	}
	return nil
}
