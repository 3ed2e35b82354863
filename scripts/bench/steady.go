package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	infrakinesis "github.com/streamrec/streamrec/infra/kinesis"
	"github.com/streamrec/streamrec/scripts/shop"
	"github.com/streamrec/streamrec/worker"
)

// Of a worker in a steady state.
const (
	idleShards = 16
	liveRate   = 1000
)

// steady lets one worker live.
func steady() section {
	return section{
		name: "steady", title: "One worker process in a steady state: 16 shards", sides: []side{ours}, alone: true,
		lines: []line{
			{id: "idle", text: "idle: share of a core", unit: percent, target: atMost(2)},
			{id: "live", text: "1,000 events/s with recommendations: share of a core", unit: percent, target: atMost(25)},
		},
		measure: measureSteady,
	}
}

// measureSteady measures a worker without events, and then with a steady stream of them.
func measureSteady(ctx context.Context, c *cell) (out figures, err error) {
	s, err := startServices(ctx, idleShards)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	p, err := startReal(s.endpoint, c.dir, "steady", "--no-privacy")
	if err != nil {
		return out, err
	}
	defer p.end()
	out = newFigures()
	window := time.Duration(c.pick(30, 3, 0)) * time.Second
	if err := c.share(ctx, &out, "idle", p, window); err != nil {
		return out, err
	}
	ctx, stop := context.WithCancel(ctx)
	traffic := make(chan error, 1)
	go func() { traffic <- s.sell(ctx) }()
	defer func() {
		stop()
		err = errors.Join(err, <-traffic)
	}()
	return out, c.share(ctx, &out, "live", p, window)
}

// share measures which share of a core a process uses, after some seconds to get there.
func (c *cell) share(ctx context.Context, out *figures, id string, p measured, window time.Duration) error {
	c.say("%s for %v", id, window)
	if err := (worker.System{}).Sleep(ctx, window/2); err != nil {
		return err
	}
	before, err := p.usage()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := (worker.System{}).Sleep(ctx, window); err != nil {
		return err
	}
	after, err := p.usage()
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
