package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/streamrec/streamrec/infra/dashboard"
	infradynamo "github.com/streamrec/streamrec/infra/dynamo"
	infrakinesis "github.com/streamrec/streamrec/infra/kinesis"
	"github.com/streamrec/streamrec/infra/local"
	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/processor/follow"
	"github.com/streamrec/streamrec/processor/table"
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
	w, err := assemble(ctx, newClients(f.services.Config(name)), f.where, settings{
		worker: worker.Config{
			Name: name, Application: f.where.app, Stream: f.where.stream, Address: questions.advertised(), Lease: lease.Config{Failover: demoFailover, Grace: 10 * time.Second},
		},
		processor: processor.Config{Layout: f.where.layout, MaxAge: 10 * time.Second, Privacy: privacy},
		follow:    &follow.Config{Layout: f.where.layout, Model: model.DefaultParams(), Interval: 2 * time.Second},
	}, true, f.log, f.stats)
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

// fleetStats counts what all workers do.
type fleetStats struct {
	rows, bad, objects, bytes atomic.Int64

	mu      sync.Mutex
	reached map[string]string // by shard: the sequence number of the last record processed
	latest  []recommended     // the newest last
	last    time.Time
	crash   time.Time
	waiting map[string]bool // shards of the crashed worker that nobody has gone on with
	resumed []time.Duration // how long after the crash each of them went on
}

// recommended is a list that a shopper has just got.
type recommended struct {
	shard, city, product string
	list                 []string
}

var _ processor.Observer = (*fleetStats)(nil)

func newFleetStats() *fleetStats {
	return &fleetStats{waiting: map[string]bool{}, reached: map[string]string{}}
}

// crashed notes the shards that a worker held when it crashed.
func (s *fleetStats) crashed(held []worker.ShardStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.crash = time.Now()
	for _, h := range held {
		s.waiting[h.Shard] = true
	}
}

// Processed implements processor.Observer.
func (s *fleetStats) Processed(shard string, row *table.Row) {
	s.rows.Add(1)
	if row.Error != nil {
		s.bad.Add(1)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if chain.Compare(row.SequenceNumber, s.reached[shard]) > 0 {
		s.reached[shard] = row.SequenceNumber
	}
	// The victim's last batch may still be in its hands: what it does after the crash does not count.
	if s.waiting[shard] && now.Sub(s.crash) > time.Second {
		delete(s.waiting, shard)
		s.resumed = append(s.resumed, now.Sub(s.crash))
	}
	if len(row.BrowseHistory) == 0 || len(row.Recommendations) == 0 || now.Sub(s.last) < 400*time.Millisecond {
		return
	}
	s.last = now
	s.latest = append(s.latest, newRecommended(shard, row))
	s.latest = s.latest[max(0, len(s.latest)-5):]
}

func newRecommended(shard string, row *table.Row) recommended {
	r := recommended{shard: shard}
	if row.City != nil {
		r.city = *row.City
	}
	if code := row.BrowseHistory[len(row.BrowseHistory)-1].ProductCode; code != nil {
		r.product = *code
	}
	for _, rec := range row.Recommendations[:min(3, len(row.Recommendations))] {
		r.list = append(r.list, rec.ProductCode)
	}
	return r
}

// Committed implements processor.Observer.
func (s *fleetStats) Committed(_ string, link chain.Batch, _ time.Duration) {
	s.objects.Add(1)
	s.bytes.Add(int64(len(link.Body)))
}

// reachedAll reports whether each shard has been processed up to the sequence number given for it.
func (s *fleetStats) reachedAll(last map[string]string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for shard, sequence := range last {
		if chain.Compare(s.reached[shard], sequence) < 0 {
			return false
		}
	}
	return true
}

// lists returns the newest recommendations.
func (s *fleetStats) lists() []recommended {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.latest)
}

// failover returns how long after the crash each shard of the crashed worker went on, and how many have not yet.
func (s *fleetStats) failover() (resumed []time.Duration, waiting int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(slices.Values(s.resumed)), len(s.waiting)
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
