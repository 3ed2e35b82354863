package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	infrakinesis "github.com/streamrec/streamrec/infra/kinesis"
	"github.com/streamrec/streamrec/scripts/process"
	"github.com/streamrec/streamrec/scripts/shop"
	"github.com/streamrec/streamrec/worker"
)

// Of a backlog.
const (
	backlogShards   = 8
	backlogShoppers = 10_000
	idleShards      = 16
	liveRate        = 1000
)

// throughput drains a backlog with one worker, and lets it live.
func throughput() section {
	return section{
		name: "throughput", title: "One worker process, all that it does counted: a backlog of events in 8 shards", sides: []side{ours, stockTuned, limit},
		lines: slices.Concat(
			drainLines("all", "a recommendation of 20 for every event", atLeast(5000)),
			drainLines("learn", "no recommendations", atLeast(100_000)),
			[]line{
				{id: "idle", text: "idle, 16 shards: share of a core", unit: percent, target: atMost(2)},
				{id: "live", text: "1,000 events/s with recommendations: share of a core", unit: percent, target: atMost(25)},
			},
		),
		measure: measureThroughput,
	}
}

func drainLines(id, text string, perCore *target) []line {
	return []line{
		{id: id + " core", text: text + ": events per second of CPU", unit: perSecond, target: perCore},
		{id: id + " cpu", text: "  CPU per event", unit: micros},
		{id: id + " rate", text: "  drained, with the services on the same machine", unit: perSecond},
		{id: id + " peak", text: "  most resident memory", unit: mebibytes},
	}
}

func measureThroughput(ctx context.Context, c *cell) (figures, error) {
	out, events := newFigures(), c.pick(400_000, 20_000, 0)
	switch c.side {
	case stockTuned:
		out.note("throughput, %s: its processor decodes with encoding/json, counts, and writes lines of JSON under gzip to nowhere; it learns nothing", c.side.title())
		return out, c.drain(ctx, &out, "learn", events, childDrainer(drainPlain))
	case limit:
		out.note("throughput, %s: a process that reads the pages by HTTP and drops them", c.side.title())
		return out, c.drain(ctx, &out, "learn", events, childDrainer(drainBare))
	}
	if err := c.drain(ctx, &out, "all", events/4, realDrainer("--no-privacy")); err != nil {
		return out, err
	}
	if err := c.drain(ctx, &out, "learn", events, realDrainer("--no-privacy", "--recommendations", "-1")); err != nil {
		return out, err
	}
	return out, c.live(ctx, &out)
}

// starter starts a process that drains the stream, and says how many records it has done.
type starter func(c *cell, endpoint string) (p drainer, err error)

type drainer struct {
	pid   int
	count func(context.Context) int64
	end   func()
}

func realDrainer(args ...string) starter {
	return func(c *cell, endpoint string) (drainer, error) {
		admin, err := freeAddress()
		if err != nil {
			return drainer{}, err
		}
		cmd, err := startReal(endpoint, c.dir, "drainer", append(args, "--admin", admin)...)
		if err != nil {
			return drainer{}, err
		}
		return drainer{
			pid: cmd.Process.Pid, end: func() { killReal(cmd) },
			count: func(ctx context.Context) int64 { return processedOf(ctx, admin) },
		}, nil
	}
}

func childDrainer(work string) starter {
	return func(c *cell, endpoint string) (drainer, error) {
		a := assignment{Side: c.side, Work: work, Name: work, Application: appName, Stream: streamName, Endpoint: endpoint}
		child, err := startChild(a, c.dir)
		if err != nil {
			return drainer{}, err
		}
		return drainer{
			pid: child.command.Process.Pid, end: child.end,
			count: func(context.Context) int64 { return countIn(filepath.Join(c.dir, work+".diary")) },
		}, nil
	}
}

// drain puts events into a stream, starts a worker and measures until all are done.
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
	for p.count(ctx) < int64(events) {
		if err := (worker.System{}).Sleep(ctx, 500*time.Millisecond); err != nil {
			return context.Cause(ctx)
		}
	}
	took := time.Since(began)
	used, err := process.UsageOf(p.pid)
	if err != nil {
		return err
	}
	out.set(id+" core", float64(events)/used.CPU.Seconds())
	out.set(id+" cpu", float64(used.CPU.Microseconds())/float64(events))
	out.set(id+" rate", float64(events)/took.Seconds())
	out.set(id+" peak", float64(used.Peak)/(1<<20))
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

// live measures a worker without events, and then with a steady stream of them.
func (c *cell) live(ctx context.Context, out *figures) (err error) {
	s, err := startServices(ctx, idleShards)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	cmd, err := startReal(s.endpoint, c.dir, "live", "--no-privacy")
	if err != nil {
		return err
	}
	defer killReal(cmd)
	window := time.Duration(c.pick(30, 3, 0)) * time.Second
	if err := c.share(ctx, out, "idle", cmd.Process.Pid, window); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	traffic := make(chan error, 1)
	go func() { traffic <- s.sell(ctx) }()
	defer func() {
		stop()
		err = errors.Join(err, <-traffic)
	}()
	return c.share(ctx, out, "live", cmd.Process.Pid, window)
}

// share measures which share of a core a process uses, after some seconds to get there.
func (c *cell) share(ctx context.Context, out *figures, id string, pid int, window time.Duration) error {
	c.say("%s for %v", id, window)
	if err := (worker.System{}).Sleep(ctx, window/2); err != nil {
		return err
	}
	before, err := process.UsageOf(pid)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := (worker.System{}).Sleep(ctx, window); err != nil {
		return err
	}
	after, err := process.UsageOf(pid)
	if err != nil {
		return err
	}
	out.set(id, 100*(after.CPU-before.CPU).Seconds()/time.Since(began).Seconds())
	return nil
}

// sell puts 1,000 events/s until ctx ends.
func (s *services) sell(ctx context.Context) (err error) {
	producer, err := infrakinesis.NewProducer(context.WithoutCancel(ctx), s.clients.kinesis, infrakinesis.ProducerOptions{Stream: streamName})
	if err != nil {
		return fmt.Errorf("make producer: %w", err)
	}
	defer func() { err = errors.Join(err, producer.Close(context.WithoutCancel(ctx))) }()
	shoppers, began := shop.New(1).Shoppers(backlogShoppers), time.Now()
	for n := 0; ; n++ {
		if (worker.System{}).Sleep(ctx, time.Until(began.Add(time.Duration(n)*time.Second/liveRate))) != nil {
			return nil
		}
		e := shoppers.Next(time.Now())
		if err := producer.Put(ctx, infrakinesis.Record{Key: e.Session, Data: e.Payload}); err != nil && ctx.Err() == nil {
			return fmt.Errorf("put event: %w", err)
		}
	}
}
