package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/streamrec/streamrec/infra/dashboard"
	infradynamo "github.com/streamrec/streamrec/infra/dynamo"
	infrakinesis "github.com/streamrec/streamrec/infra/kinesis"
	"github.com/streamrec/streamrec/infra/local"
	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/processor/follow"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// fleet runs workers in this process, each with an identity of its own at the services, so that one can be cut off for ever:
// that is what a crash looks like to everybody else.
type fleet struct {
	services *local.Local
	where    deployment
	log      logrus.FieldLogger
	store    lease.Store
	stream   worker.Stream
	stats    *fleetStats
	// questions is where each worker answers questions; off: nowhere.
	questions string

	mu      sync.Mutex
	members []*member
	dead    []*member // crashed; their goroutines still have to end
	started int
}

// member is one worker of the fleet.
type member struct {
	*service
	name   string
	cancel context.CancelFunc
	done   chan struct{}
	err    error // of Run, after done
}

func newFleet(services *local.Local, where deployment, log logrus.FieldLogger) *fleet {
	c := newClients(services.Config("demo"))
	return &fleet{
		services: services, where: where, log: log, stats: newFleetStats(), questions: off,
		store: infradynamo.NewStore(c.dynamodb, where.app), stream: infrakinesis.NewStream(c.kinesis, where.stream),
	}
}

// start adds a worker. It lives until it is stopped, whatever happens to ctx's parent.
func (f *fleet) start(ctx context.Context) error {
	f.mu.Lock()
	f.started++
	name := fmt.Sprintf("worker-%d", f.started)
	f.mu.Unlock()
	privacy, err := demoPrivacy()
	if err != nil {
		return err
	}
	questions, err := httpOptions{address: f.questions}.listen(ctx)
	if err != nil {
		return err
	}
	cfg := worker.Config{
		Name: name, Application: f.where.app, Stream: f.where.stream, Address: questions.advertised(), Lease: lease.Config{Failover: demoFailover, Grace: 10 * time.Second},
	}
	log := named(f.log, &cfg)
	w, err := assemble(ctx, newClients(f.services.Config(name)), f.where, settings{
		worker:    cfg,
		processor: processor.Config{Layout: f.where.layout, MaxAge: 10 * time.Second, Privacy: privacy},
		follow:    &follow.Config{Layout: f.where.layout, Model: model.DefaultParams(), Interval: 2 * time.Second},
	}, true, log, f.stats)
	if err != nil {
		return err
	}
	w.http = w.answer(questions, processor.Config{}, nil, nil)
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	m := &member{service: w, name: name, cancel: cancel, done: make(chan struct{})}
	f.mu.Lock()
	f.members = append(f.members, m)
	f.mu.Unlock()
	go func() {
		defer close(m.done)
		m.err = m.Run(life)
	}()
	return nil
}

// crash cuts the worker with the most shards off from all services and forgets it.
func (f *fleet) crash() (victim *member, shards int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.members) == 0 {
		return nil, 0
	}
	victim = slices.MaxFunc(f.members, func(a, b *member) int { return cmp.Compare(len(a.Shards()), len(b.Shards())) })
	held := victim.Shards()
	f.services.Faults().CutOff(victim.name)
	f.stats.crashed(held)
	victim.cancel()
	f.dead = append(f.dead, victim)
	f.members = slices.DeleteFunc(f.members, func(m *member) bool { return m == victim })
	return victim, len(held)
}

// replace stops the worker that has run longest, as SIGTERM does, and starts another one.
func (f *fleet) replace(ctx context.Context) (name string, took time.Duration, err error) {
	f.mu.Lock()
	if len(f.members) == 0 {
		f.mu.Unlock()
		return "", 0, nil
	}
	m := f.members[0]
	f.members = f.members[1:]
	f.mu.Unlock()
	if err := f.start(ctx); err != nil {
		return m.name, 0, err
	}
	began := time.Now()
	m.cancel()
	<-m.done
	return m.name, time.Since(began), m.err
}

// stopAll lets all workers leave, one after the other.
func (f *fleet) stopAll() error {
	f.mu.Lock()
	members, dead := f.members, f.dead
	f.members = nil
	f.mu.Unlock()
	for _, m := range dead {
		<-m.done // with whatever error: everything failed for it
	}
	var errs []error
	for _, m := range members {
		m.cancel()
		<-m.done
		errs = append(errs, m.err)
	}
	return errors.Join(errs...)
}

// held returns what each worker holds, by shard.
func (f *fleet) held() map[string]holding {
	f.mu.Lock()
	members := slices.Clone(f.members)
	f.mu.Unlock()
	out := map[string]holding{}
	for _, m := range members {
		for _, s := range m.Shards() {
			out[s.Shard] = holding{m.name, s}
		}
	}
	return out
}

// selves are what the workers know of themselves.
func (f *fleet) selves() (all []dashboard.Self) {
	f.mu.Lock()
	members := slices.Clone(f.members)
	f.mu.Unlock()
	for _, m := range members {
		all = append(all, m.self())
	}
	return all
}

type holding struct {
	worker string
	worker.ShardStatus
}

// demoKey is no secret: the demo's shoppers are invented.
const demoKey = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

func demoPrivacy() (*event.Privacy, error) {
	key, err := event.ParseKey(demoKey)
	if err != nil {
		return nil, err
	}
	return event.NewPrivacy(key)
}
