package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"golang.org/x/sync/errgroup"

	"github.com/streamrec/streamrec/worker"
)

// Of the fleet whose latency is measured.
const (
	latencyShards  = 2
	latencyWorkers = 2
	// pollsPerSecond is how often Kinesis lets a shard be read.
	pollsPerSecond = 5
)

// latency measures how long an event is under way.
func latency() section {
	return section{
		name: "latency", title: "An event under way, from the call of PutRecords: 2 shards, 2 workers, 1,000 events/s",
		sides: []side{ours, stockTuned, stockDefaults, limit}, alone: true,
		lines: []line{
			{id: "processed p50", text: "to its processing by a trivial record processor: p50", unit: millis},
			{id: "processed p99", text: "  p99", unit: millis},
			{id: "processed max", text: "  max", unit: millis},
			{id: "served p50", text: "to the list that knows it, pushed to who listens: p50", unit: millis, target: atMost(150)},
			{id: "served p99", text: "  p99", unit: millis, target: atMost(300)},
			{id: "served max", text: "  max", unit: millis},
			{id: "lost", text: "records lost", target: atMost(0)},
		},
		measure: measureLatency,
	}
}

func measureLatency(ctx context.Context, c *cell) (figures, error) {
	out := newFigures()
	if c.side == limit {
		out.setPolling("processed")
		out.setPolling("served")
		return out, nil
	}
	if err := c.measureProcessed(ctx, &out); err != nil || c.side != ours {
		return out, err
	}
	return out, c.measureServed(ctx, &out)
}

// setPolling derives what remains when all but waiting for the next read takes no time: reads at an even pace find a record anywhere between two of them.
func (f *figures) setPolling(id string) {
	for suffix, share := range map[string]float64{" p50": 0.5, " p99": 0.99, " max": 1} {
		f.set(id+suffix, 1000*share/pollsPerSecond)
		f.derive(id + suffix)
	}
}

// measureProcessed puts single records among the traffic, and reads from the diaries when they were processed.
func (c *cell) measureProcessed(ctx context.Context, out *figures) (err error) {
	f, t, err := startFleet(ctx, c, latencyShards, latencyWorkers, pace{eventRate, manyKeys})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.end()) }()
	window := time.Duration(c.pick(20, 3, 20)) * time.Second
	c.say("putting single records for %v", window)
	parcels := make(chan sent, 1)
	go func() { parcels <- f.send(ctx, window) }()
	if err := f.pass(ctx, window); err != nil {
		return err
	}
	s := <-parcels
	if s.failed != nil {
		return s.failed
	}
	acked, err := t.finish(ctx)
	if err != nil {
		return err
	}
	counted, err := f.countAll(ctx, append(acked, s.receipts...))
	if err != nil {
		return err
	}
	setMillis(out, "processed", s.underWay(f.history.firsts()), 0.5, 0.99, 1)
	out.values["lost"] = figure{Value: float64(counted.lost), Samples: counted.acked}
	return nil
}

// sent are single records. The time of a receipt is that of the call.
type sent struct {
	receipts []receipt
	failed   error
}

// underWay is how long those took that were processed.
func (s sent) underWay(firsts map[place]time.Time) (took []time.Duration) {
	for _, r := range s.receipts {
		if at, ok := firsts[r.place]; ok {
			took = append(took, at.Sub(r.At))
		}
	}
	return took
}

// send puts single records for a while, from some goroutines: each waits for a moment in between, so that puts fall anywhere between two reads.
func (f *fleet) send(ctx context.Context, d time.Duration) (all sent) {
	ends := time.Now().Add(d)
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	for n := range probers {
		g.Go(func() error {
			for time.Now().Before(ends) {
				r, err := f.sendOne(ctx, fmt.Sprintf("probe-%d-%d", n, rand.Uint64()))
				if err != nil {
					return err
				}
				mu.Lock()
				all.receipts = append(all.receipts, r)
				mu.Unlock()
				if err := (worker.System{}).Sleep(ctx, time.Duration(rand.IntN(400))*time.Millisecond); err != nil {
					return err
				}
			}
			return nil
		})
	}
	all.failed = g.Wait()
	return all
}

func (f *fleet) sendOne(ctx context.Context, key string) (receipt, error) {
	called := time.Now()
	answer, err := f.services.clients.kinesis.PutRecords(ctx, &kinesis.PutRecordsInput{
		StreamName: new(streamName), Records: []types.PutRecordsRequestEntry{{Data: payload, PartitionKey: &key}},
	})
	if err != nil {
		return receipt{}, fmt.Errorf("put record: %w", err)
	}
	r := answer.Records[0]
	return receipt{place{aws.ToString(r.ShardId), aws.ToString(r.SequenceNumber)}, key, called}, nil
}

// measureServed lets sessions listen to real workers.
func (c *cell) measureServed(ctx context.Context, out *figures) (err error) {
	warm, window := 20*time.Second, 20*time.Second
	if c.quick {
		warm, window = 4*time.Second, 4*time.Second
	}
	s, err := startShop(ctx, c, inquired(latencyShards))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.end()) }()
	c.say("filling the model for %v", warm)
	if err := s.sell(ctx, warm); err != nil {
		return err
	}
	c.say("waiting for events to be served for %v", window)
	served, err := s.probe(ctx, window)
	if err != nil {
		return err
	}
	setMillis(out, "served", served, 0.5, 0.99, 1)
	return s.sold()
}
