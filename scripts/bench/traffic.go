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

// receipt is an acknowledged record.
type receipt struct {
	place
	Key string    // partition key
	At  time.Time // of the acknowledgement
}

// pace is how much traffic there is.
type pace struct {
	perSecond float64 // records
	keys      int     // partition keys, in turn; their hashes spread over all shards
}

// manyKeys is for traffic of which only the shards matter.
const manyKeys = 4096

// payload is about as long as an event of a shop.
var payload = make([]byte, 392)

// traffic puts records into the stream and remembers where each acknowledged one is.
type traffic struct {
	producer *infrakinesis.Producer
	stop     context.CancelFunc
	ended    chan error

	mu     sync.Mutex
	acked  []receipt // those of a key in the order in which they are in the stream
	failed error
}

// startTraffic puts records until finish.
func startTraffic(ctx context.Context, c clients, p pace) (*traffic, error) {
	t := &traffic{ended: make(chan error, 1)}
	var err error
	t.producer, err = infrakinesis.NewProducer(ctx, c.kinesis, infrakinesis.ProducerOptions{Stream: streamName, Acknowledged: t.note})
	if err != nil {
		return nil, fmt.Errorf("make producer: %w", err)
	}
	ctx, t.stop = context.WithCancel(ctx)
	go func() { t.ended <- t.put(ctx, p) }()
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
	t.acked = append(t.acked, receipt{place{a.Shard, a.Sequence}, a.Record.Key, time.Now()})
}

// put keeps the pace by the clock: a delay is made up for.
func (t *traffic) put(ctx context.Context, p pace) error {
	began := time.Now()
	for n := 0; ; n++ {
		due := began.Add(time.Duration(float64(n) / p.perSecond * float64(time.Second)))
		if (worker.System{}).Sleep(ctx, time.Until(due)) != nil {
			return nil
		}
		key := strconv.Itoa(n * 2654435761 % p.keys)
		if err := t.producer.Put(ctx, infrakinesis.Record{Key: key, Data: payload}); err != nil && ctx.Err() == nil {
			return fmt.Errorf("put record: %w", err)
		}
	}
}

// finish stops and returns all acknowledged records. It is called once.
func (t *traffic) finish(ctx context.Context) ([]receipt, error) {
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
