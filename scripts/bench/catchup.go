package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	infrakinesis "github.com/streamrec/streamrec/infra/kinesis"
	"github.com/streamrec/streamrec/scripts/shop"
	"github.com/streamrec/streamrec/worker"
)

// Of the backlog that a fleet gets rid of while it is asked.
const (
	catchUpShards = 8
	catchUpRate   = 200 // questions per second
	// shardBytesPerSecond is what Kinesis lets all readers of a shard read, without enhanced fan-out.
	shardBytesPerSecond = 2e6
	// overload bounds a question meanwhile: all cores are busy with the backlog, and the shop still waits.
	overload = 100
)

// catchUp lets a fleet get rid of a backlog while the shop goes on and, where there are recommendations, asks for some.
func catchUp() section {
	return section{
		name: "catchup", title: "A backlog: 8 shards, 2 workers, a list of 20 for every event, 1,000 events/s and 200 questions/s meanwhile",
		sides: []side{ours, stockTuned, limit}, alone: true,
		lines: []line{
			{id: "rate", text: "events processed per second until it is gone", unit: perSecond},
			{id: "cpu", text: "of a core: both workers", unit: percent},
			{id: "before p50", text: "asked of the owner before it: p50", unit: millis},
			{id: "before p99", text: "  p99", unit: millis},
			{id: "asked p50", text: "asked of the owner meanwhile: p50", unit: millis},
			{id: "asked p99", text: "  p99", unit: millis, target: atMost(overload)},
			{id: "asked max", text: "  max", unit: millis},
			{id: "failed", text: "  answers that were none, or stale", target: atMost(0)},
			{id: "moved", text: "leases that were taken or moved meanwhile", target: atMost(0)},
		},
		measure: measureCatchUp,
	}
}

func measureCatchUp(ctx context.Context, c *cell) (out figures, err error) {
	out = newFigures()
	warm, events := 20*time.Second, c.pick(600_000, 30_000, 0)
	if c.side == limit {
		out.set("rate", catchUpShards*shardBytesPerSecond/meanEvent(events))
		out.derive("rate")
		return out, nil
	}
	if c.quick {
		warm = 3 * time.Second
	}
	s, err := startShop(ctx, c, inquired(catchUpShards))
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, s.end()) }()
	c.say("letting the shop go on for %v", warm)
	if err := s.sell(ctx, warm); err != nil {
		return out, err
	}
	c.say("a backlog of %d events", events)
	if c.side == ours {
		err = s.floodAndAsk(ctx, &out, events, warm/2)
	} else {
		out.note("catchup, %s: it recommends nothing, and is not asked; its processor is that of throughput. The stream does not throttle here, as Kinesis would who reads faster than the limit", c.side.title())
		err = s.flood(ctx, &out, events, s.wait)
	}
	if err != nil {
		return out, err
	}
	return out, s.sold()
}

// meanEvent is the size of an event and its partition key in a backlog, in bytes: what counts for the limits of a shard.
func meanEvent(events int) float64 {
	shoppers, sum := shop.New(2).Shoppers(backlogShoppers), 0
	for range events {
		e := shoppers.Next(time.Now())
		sum += len(e.Payload) + len(e.Session)
	}
	return float64(sum) / float64(events)
}

// floodAndAsk asks before the backlog, for a while, and until it is gone.
func (s *shopFloor) floodAndAsk(ctx context.Context, out *figures, events int, d time.Duration) error {
	before, err := s.inquire(ctx, catchUpRate, true, func(asking time.Duration) bool { return asking > d })
	if err != nil {
		return err
	}
	setMillis(out, "before", before.took, 0.5, 0.99)
	counters, err := s.counters(ctx)
	if err != nil {
		return err
	}
	var asked *inquiry
	err = s.flood(ctx, out, events, func(ctx context.Context, gone func() bool) (err error) {
		asked, err = s.inquire(ctx, catchUpRate, true, func(time.Duration) bool { return gone() })
		return err
	})
	if err != nil {
		return err
	}
	setMillis(out, "asked", asked.took, 0.5, 0.99, 1)
	out.values["failed"] = figure{Value: float64(asked.failed), Samples: len(asked.took)}
	after, err := s.counters(ctx)
	if err != nil {
		return err
	}
	moved := 0
	for key, counter := range after {
		moved += int(counter - counters[key])
	}
	out.set("moved", float64(moved))
	return nil
}

// flood puts a backlog, and does something until it is gone.
func (s *shopFloor) flood(ctx context.Context, out *figures, events int, meanwhile func(ctx context.Context, gone func() bool) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, 5*time.Minute, errors.New("the backlog was not drained"))
	defer cancel()
	began, before := time.Now(), s.processed(ctx)
	var gone atomic.Bool
	drained := make(chan error, 1)
	go func() {
		err := s.pour(ctx, events)
		for err == nil && (s.processed(ctx) < before+int64(events) || s.behind(ctx)) {
			if (worker.System{}).Sleep(ctx, 200*time.Millisecond) != nil {
				err = context.Cause(ctx)
			}
		}
		gone.Store(true)
		drained <- err
	}()
	used, err := s.used(func() error { return meanwhile(ctx, gone.Load) })
	took := time.Since(began)
	if err := errors.Join(err, <-drained); err != nil {
		return err
	}
	out.set("rate", float64(s.processed(ctx)-before)/took.Seconds())
	out.set("cpu", 100*used)
	return nil
}

// wait lets time pass.
func (s *shopFloor) wait(ctx context.Context, gone func() bool) error {
	for !gone() {
		if err := s.sell(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// pour puts events as fast as the stream takes them.
func (s *shopFloor) pour(ctx context.Context, events int) (err error) {
	producer, err := infrakinesis.NewProducer(ctx, s.client, infrakinesis.ProducerOptions{Stream: streamName})
	if err != nil {
		return fmt.Errorf("make producer: %w", err)
	}
	defer func() { err = errors.Join(err, producer.Close(ctx)) }()
	shoppers := shop.New(2).Shoppers(backlogShoppers)
	for range events {
		e := shoppers.Next(time.Now())
		if err := producer.Put(ctx, infrakinesis.Record{Key: e.Session, Data: e.Payload}); err != nil {
			return fmt.Errorf("put event: %w", err)
		}
	}
	return nil
}

// processed is how many records the workers have processed.
func (s *shopFloor) processed(ctx context.Context) (sum int64) {
	for _, w := range s.workers {
		sum += w.processed(ctx)
	}
	return sum
}

// behind reports whether a worker is, or does not answer. One that is not of streamrec never says so.
func (s *shopFloor) behind(ctx context.Context) bool {
	return slices.ContainsFunc(s.workers, func(w measured) bool {
		metrics, err := w.scrape(ctx)
		return err != nil || metrics["streamrec_millis_behind_latest"] > 0
	})
}

// counters returns the leaseCounter of each shard.
func (s *shopFloor) counters(ctx context.Context) (map[string]int64, error) {
	rows, _, err := s.store.Leases(ctx)
	if err != nil {
		return nil, fmt.Errorf("read leases: %w", err)
	}
	counters := map[string]int64{}
	for _, l := range rows {
		counters[l.Key] = l.Counter
	}
	return counters, nil
}
