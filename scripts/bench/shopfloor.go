package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	infradynamo "github.com/streamrec/streamrec/infra/dynamo"
	infrakinesis "github.com/streamrec/streamrec/infra/kinesis"
	stream "github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/scripts/process"
	"github.com/streamrec/streamrec/scripts/shop"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// shopFloor is a shop with its stream, its bucket and real workers: processes of the streamrec binary, which scripts/bench.sh puts beside this one.
type shopFloor struct {
	services *process.Process
	client   *kinesis.Client
	store    lease.Store
	workers  []measured
	items    []string

	addresses []string // of the workers
	ranges    []stream.HashRange
	owners    []string // address of the owner of each range

	rate int          // events per second
	sent atomic.Int64 // events

	stop   context.CancelFunc
	closed chan error // what became of the traffic

	mu     sync.Mutex
	recent []string // sessions that acted lately
}

// startShop starts everything and opens the shop.
func startShop(ctx context.Context, c *cell, p trade) (s *shopFloor, err error) {
	services, endpoint, err := startLocal(ctx, p.shards)
	if err != nil {
		return nil, err
	}
	clients := newClients(endpoint, "harness")
	s = &shopFloor{services: services, client: clients.kinesis, store: infradynamo.NewStore(clients.dynamodb, appName), rate: p.rate, closed: make(chan error, 1)}
	if err := s.staff(ctx, c, endpoint, p.args); err != nil {
		return nil, errors.Join(err, s.end())
	}
	open, stop := context.WithCancel(ctx)
	s.stop = stop
	go func() { s.closed <- s.open(open) }()
	if err := s.awaitStaff(ctx); err != nil {
		return nil, errors.Join(err, s.end())
	}
	return s, nil
}

// open lets shoppers act until ctx ends.
func (s *shopFloor) open(ctx context.Context) (err error) {
	producer, err := infrakinesis.NewProducer(context.WithoutCancel(ctx), s.client, infrakinesis.ProducerOptions{Stream: streamName})
	if err != nil {
		return fmt.Errorf("make producer: %w", err)
	}
	goods := shop.New(1)
	shoppers := goods.Shoppers(4000)
	defer func() { err = errors.Join(err, producer.Close(context.WithoutCancel(ctx))) }()
	began := time.Now()
	for n := 0; ; n++ {
		due := began.Add(time.Duration(n) * time.Second / time.Duration(s.rate))
		if (worker.System{}).Sleep(ctx, time.Until(due)) != nil {
			return nil
		}
		e := shoppers.Next(time.Now())
		s.note(e)
		if err := producer.Put(ctx, infrakinesis.Record{Key: e.Session, Data: e.Payload}); ctx.Err() != nil {
			return nil
		} else if err != nil {
			return fmt.Errorf("put event: %w", err)
		}
		s.sent.Add(1)
	}
}

const remembered = 2000

// note remembers a session and its item.
func (s *shopFloor) note(e shop.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.items) < remembered {
		s.items = append(s.items, e.Item)
	}
	if len(s.recent) < remembered {
		s.recent = append(s.recent, e.Session)
		return
	}
	s.recent[rand.IntN(remembered)] = e.Session
}

func (s *shopFloor) someSession() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.recent[rand.IntN(len(s.recent))]
}

// addressFor returns where to ask for a session.
func (s *shopFloor) addressFor(session string, owner bool) (string, error) {
	key := stream.HashOf(session)
	for i, r := range s.ranges {
		if !r.Contains(key) {
			continue
		}
		if owner {
			return s.owners[i], nil
		}
		for _, a := range s.addresses {
			if a != s.owners[i] {
				return a, nil
			}
		}
	}
	return "", fmt.Errorf("nobody is to be asked for %s", session)
}

// sell lets time pass while shoppers act.
func (s *shopFloor) sell(ctx context.Context, d time.Duration) error {
	select {
	case err := <-s.closed:
		return errors.Join(errors.New("the shop has closed"), err)
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// used returns the share of a core that the workers use while f runs.
func (s *shopFloor) used(f func() error) (share float64, err error) {
	before, err := s.cpu()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := f(); err != nil {
		return 0, err
	}
	took := time.Since(began)
	after, err := s.cpu()
	return (after - before).Seconds() / took.Seconds(), err
}

func (s *shopFloor) cpu() (sum time.Duration, err error) {
	for _, w := range s.workers {
		used, err := w.usage()
		if err != nil {
			return 0, err
		}
		sum += used.CPU
	}
	return sum, nil
}

// sold closes the shop and says whether the events went through.
func (s *shopFloor) sold() error {
	s.stop()
	err := <-s.closed
	s.stop = nil
	return err
}

// end ends everything.
func (s *shopFloor) end() error {
	if s.stop != nil {
		s.stop()
		<-s.closed
	}
	for _, w := range s.workers {
		w.end()
	}
	_, err := s.services.Kill()
	return err
}
