package main

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	infrakinesis "github.com/streamrec/streamrec/infra/kinesis"
	"github.com/streamrec/streamrec/processor/audit"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/scripts/shop"
)

// traffic is what the shoppers do, put into the stream at a rate.
type traffic struct {
	shop     *shop.Shop
	shoppers *shop.Shoppers
	rate     float64
	acked    atomic.Int64

	mu   sync.Mutex
	acks []audit.Ack
	errs []error

	producer *infrakinesis.Producer // nil while the shop is closed
	visits   int64                  // of the dashboard, counted down from 0: shoppers' records count up
	waiting  map[int64]chan<- error // for the acknowledgement of a visit
}

func newTraffic(seed uint64, shoppers int, rate float64) *traffic {
	s := shop.New(seed)
	return &traffic{shop: s, shoppers: s.Shoppers(shoppers), rate: rate, waiting: map[int64]chan<- error{}}
}

// run puts records until the shop closes, and returns when all of them are acknowledged. The schedule is absolute, so that a
// late record does not slow the following ones down.
func (t *traffic) run(open, ctx context.Context, client *kinesis.Client) error {
	producer, err := infrakinesis.NewProducer(ctx, client, infrakinesis.ProducerOptions{Stream: demoStream, Acknowledged: t.acknowledge})
	if err != nil {
		return err
	}
	t.open(producer)
	began := time.Now()
	for n := int64(0); ; n++ {
		if sleep(open, time.Until(began.Add(time.Duration(float64(n)/t.rate*float64(time.Second))))) != nil {
			break
		}
		e := t.shoppers.Next(time.Now())
		if err := producer.Put(ctx, infrakinesis.Record{Key: e.Session, Data: e.Payload, Number: n}); err != nil {
			return errors.Join(err, producer.Close(ctx))
		}
	}
	t.open(nil)
	err = producer.Close(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	return errors.Join(append(t.errs, err)...)
}

func (t *traffic) open(p *infrakinesis.Producer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.producer = p
}

func (t *traffic) acknowledge(a infrakinesis.Ack) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if visit, ok := t.waiting[a.Record.Number]; ok {
		delete(t.waiting, a.Record.Number)
		visit <- a.Err
	}
	if a.Err != nil {
		t.errs = append(t.errs, a.Err)
		return
	}
	t.acked.Add(1)
	t.acks = append(t.acks, audit.Ack{Shard: a.Shard, Sequence: a.Sequence})
}

// acknowledged yields what the stream has acknowledged.
func (t *traffic) acknowledged() iter.Seq2[audit.Ack, error] {
	t.mu.Lock()
	acks := slices.Clone(t.acks)
	t.mu.Unlock()
	return func(yield func(audit.Ack, error) bool) {
		for _, a := range acks {
			if !yield(a, nil) {
				return
			}
		}
	}
}

// last returns, by shard, the highest sequence number that was acknowledged.
func (t *traffic) last() map[string]string {
	t.mu.Lock()
	defer t.mu.Unlock()
	last := map[string]string{}
	for _, a := range t.acks {
		if chain.Compare(a.Sequence, last[a.Shard]) > 0 {
			last[a.Shard] = a.Sequence
		}
	}
	return last
}

// name is a product's name for people.
func (t *traffic) name(code string) string {
	if p, ok := t.shop.Product(code); ok {
		return p.Name
	}
	return code
}
