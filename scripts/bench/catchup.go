package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	infrakinesis "github.com/streamrec/streamrec/infra/kinesis"
	"github.com/streamrec/streamrec/scripts/process"
	"github.com/streamrec/streamrec/scripts/shop"
	"github.com/streamrec/streamrec/worker"
)

// Of the backlog that a fleet gets rid of while it is asked.
const (
	catchUpShards = 8
	catchUpRate   = 200 // questions per second
	// overload bounds a question meanwhile: all cores are busy with the backlog, and the shop still waits.
	overload = 100
)

// catchUp lets real workers get rid of a backlog while the shop goes on and asks.
func catchUp() section {
	return section{
		name: "catchup", title: "A backlog: 8 shards, 2 workers, a list of 20 for every event, 1,000 events/s and 200 questions/s meanwhile", sides: []side{ours},
		lines: []line{
			{id: "rate", text: "events processed per second until it is gone; Kinesis' 2 MB/s for each shard are 37,000", unit: perSecond},
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
	warm, events := 20*time.Second, c.pick(600_000, 30_000, 0)
	if c.quick {
		warm = 3 * time.Second
	}
	s, err := startShop(ctx, c, inquired(catchUpShards))
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, s.end()) }()
	out = newFigures()
	c.say("filling the model for %v", warm)
	if err := s.sell(ctx, warm); err != nil {
		return out, err
	}
	before, err := s.inquire(ctx, catchUpRate, true, func(asking time.Duration) bool { return asking > warm/2 })
	if err != nil {
		return out, err
	}
	setMillis(&out, "before", before.took, 0.5, 0.99)
	counters, err := s.counters(ctx)
	if err != nil {
		return out, err
	}
	c.say("a backlog of %d events", events)
	if err := s.flood(ctx, &out, events); err != nil {
		return out, err
	}
	after, err := s.counters(ctx)
	if err != nil {
		return out, err
	}
	moved := 0
	for key, counter := range after {
		moved += int(counter - counters[key])
	}
	out.set("moved", float64(moved))
	return out, s.sold()
}

// flood puts a backlog, and asks until it is gone.
func (s *shopFloor) flood(ctx context.Context, out *figures, events int) error {
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
	var asked *inquiry
	used, err := s.used(func() (err error) {
		asked, err = s.inquire(ctx, catchUpRate, true, func(time.Duration) bool { return gone.Load() })
		return err
	})
	took := time.Since(began)
	if err := errors.Join(err, <-drained); err != nil {
		return err
	}
	out.set("rate", float64(s.processed(ctx)-before)/took.Seconds())
	out.set("cpu", 100*used)
	setMillis(out, "asked", asked.took, 0.5, 0.99, 1)
	out.values["failed"] = figure{Value: float64(asked.failed), Samples: len(asked.took)}
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
	for _, admin := range s.admins {
		sum += processedOf(ctx, admin)
	}
	return sum
}

// behind reports whether a worker is, or does not say.
func (s *shopFloor) behind(ctx context.Context) bool {
	return slices.ContainsFunc(s.admins, func(admin string) bool {
		metrics, err := process.Scrape(ctx, "http://"+admin+"/metrics")
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
