package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	infrakinesis "github.com/streamrec/streamrec/infra/kinesis"
	"github.com/streamrec/streamrec/worker"
)

// place is where a record is in the stream.
type place struct{ Shard, Sequence string }

// trafficKeys is how many partition keys there are; their hashes spread over all shards.
const trafficKeys = 4096

// payload is about as long as an event of a shop.
var payload = make([]byte, 392)

// traffic puts records into the stream and remembers where each acknowledged one is.
type traffic struct {
	producer *infrakinesis.Producer
	stop     context.CancelFunc
	ended    chan error

	mu     sync.Mutex
	acked  []place
	failed error
}

// startTraffic puts so many records per second until finish.
func startTraffic(ctx context.Context, c clients, perSecond float64) (*traffic, error) {
	t := &traffic{ended: make(chan error, 1)}
	var err error
	t.producer, err = infrakinesis.NewProducer(ctx, c.kinesis, infrakinesis.ProducerOptions{Stream: streamName, Acknowledged: t.note})
	if err != nil {
		return nil, fmt.Errorf("make producer: %w", err)
	}
	ctx, t.stop = context.WithCancel(ctx)
	go func() { t.ended <- t.put(ctx, perSecond) }()
	return t, nil
}

// note is told of every record.
func (t *traffic) note(a infrakinesis.Ack) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if a.Err != nil {
		t.failed = a.Err
		return
	}
	t.acked = append(t.acked, place{a.Shard, a.Sequence})
}

// put keeps the pace by the clock: a delay is made up for.
func (t *traffic) put(ctx context.Context, perSecond float64) error {
	began := time.Now()
	for n := 0; ; n++ {
		due := began.Add(time.Duration(float64(n) / perSecond * float64(time.Second)))
		if (worker.System{}).Sleep(ctx, time.Until(due)) != nil {
			return nil
		}
		key := strconv.Itoa(n * 2654435761 % trafficKeys)
		if err := t.producer.Put(ctx, infrakinesis.Record{Key: key, Data: payload}); err != nil && ctx.Err() == nil {
			return fmt.Errorf("put record: %w", err)
		}
	}
}

// finish stops and returns where all acknowledged records are. It is called once.
func (t *traffic) finish(ctx context.Context) ([]place, error) {
	t.stop()
	err := <-t.ended
	if e := t.producer.Close(ctx); err == nil && e != nil {
		err = fmt.Errorf("close producer: %w", e)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil && t.failed != nil {
		err = fmt.Errorf("put record: %w", t.failed)
	}
	return t.acked, err
}
