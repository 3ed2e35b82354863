package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/streamrec/streamrec/worker/lease"
)

// Env is what a Worker needs of its surroundings; see System.
type Env = lease.Env

// Dependencies are what a Worker works with.
type Dependencies struct {
	Env     Env         // defaults to System
	Store   lease.Store // the lease table
	Stream  Stream
	Factory Factory            // makes the processors
	Log     logrus.FieldLogger // required
	// Plain runs the shards in a plain loop instead of the KCL's, for simulators: nothing in it waits but through Env.
	Plain bool
}

// Worker runs the shards whose leases it holds. See doc.go for the life of a shard.
type Worker struct {
	id      string
	cfg     Config
	env     Env
	stream  Stream
	factory Factory
	log     logrus.FieldLogger
	report  *reporter
	coord   *lease.Coordinator
	shards  registry
	engine  engine
	plain   bool

	mu       sync.Mutex
	failures map[string]int // consecutive, by shard
}

// New returns a worker with a new id. The error says everything that is wrong with the configuration.
func New(cfg Config, d Dependencies) (*Worker, error) {
	cfg = cfg.withDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if d.Env == nil {
		d.Env = System{}
	}
	cfg.Lease.Grace = cmp.Or(cfg.Lease.Grace, 30*time.Second)
	id := newID(cfg.Name, d.Env)
	w := &Worker{
		id: id, cfg: cfg, env: d.Env, stream: d.Stream, factory: d.Factory, plain: d.Plain,
		log: d.Log.WithField("worker", id), failures: map[string]int{},
	}
	w.report = newReporter(w.log, d.Env.Now)
	w.coord = lease.NewCoordinator(cfg.Lease, id, cfg.Address, d.Env, d.Store, d.Stream, w, w.report)
	return w, nil
}

// newID makes the id unique for this start: a worker that comes back under its old name is another one.
func newID(name string, env Env) string {
	return fmt.Sprintf("%s-%08x", name, uint32(env.Rand()*(1<<32)))
}

// Leases returns all rows of the lease table as they were last read, and the time of day at which that was. None before the first time.
func (w *Worker) Leases() ([]lease.Lease, time.Time) {
	rows, at := w.report.rows()
	return rows, w.env.Wall().Add(at.Sub(w.env.Now()))
}

// Reached returns the arrival time that all shards of this worker have reached, Unix ms: about now, when they are at the tip of the stream or
// there is none. It is 0 as long as one of them has not been read.
func (w *Worker) Reached() int64 {
	reached := w.env.Wall().UnixMilli()
	for _, s := range w.shards.all() {
		reached = min(reached, s.reached.Load())
	}
	return reached
}

// Ready says what keeps the worker from working on leases: it has not begun, or it cannot reach the table.
func (w *Worker) Ready() error {
	_, at := w.report.rows()
	switch {
	case at.IsZero():
		return errors.New("the lease table has not been read yet")
	case !w.env.Now().Before(w.trustedUntil()):
		return errors.New("no heartbeat was confirmed in time")
	}
	return nil
}

// Plan returns the plan of the last replay, as the table said at some time, not long ago.
func (w *Worker) Plan() lease.Plan { return w.coord.Plan() }

// Workers returns the heartbeat rows as they were last read. None before the first time.
func (w *Worker) Workers() []lease.Worker { return w.report.workers() }

// ID returns the id under which the worker holds leases now: another one than at first when others have held it for dead.
func (w *Worker) ID() string { return w.coord.ID() }

// Run works until ctx ends, then hands all shards over and returns nil. An error says why the worker could not go on.
// When Run returns, no goroutine of the worker is left. It is called once.
func (w *Worker) Run(ctx context.Context) error {
	start := startKCL
	if w.plain {
		start = startLoop
	}
	var err error
	if w.engine, err = start(w); err != nil {
		return fmt.Errorf("start engine: %w", err)
	}
	w.log.Info("worker has started")
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	w.env.Go(func() { w.watch(life) })
	err = w.coord.Run(ctx)
	w.shards.abandonAll()
	end()
	w.shutdown(context.WithoutCancel(ctx))
	w.log.Info("worker has stopped")
	return err
}

// shutdown waits for the consumers, but not for those that hang.
func (w *Worker) shutdown(ctx context.Context) {
	ctx, cancel := w.env.WithTimeout(ctx, w.cfg.Lease.Grace, lease.ErrLeaseLost)
	defer cancel()
	w.engine.shutdown(ctx)
	if ctx.Err() != nil {
		w.log.Error("a consumer does not end: the worker leaves without it")
	}
}

// engine runs the shards that have been granted to this worker, each from open to finish.
type engine interface {
	// run is told of a shard that has been added to the registry, and returns at once.
	run(*shard)
	// shutdown returns when no shard runs any more. The term of every shard has ended before.
	shutdown(ctx context.Context)
}

// Start implements lease.Consumer.
func (w *Worker) Start(t *lease.Term) {
	s := newShard(w, t)
	w.shards.add(s)
	w.engine.run(s)
}

// penalty is how long to wait before a shard is tried again that has failed lately.
func (w *Worker) penalty(shard string) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.failures[shard]
	if n == 0 {
		return 0
	}
	return min(250*time.Millisecond<<min(n, 10), 30*time.Second)
}

func (w *Worker) failed(shard string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failures[shard]++
}

func (w *Worker) succeeded(shard string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.failures, shard)
}

func (w *Worker) trustedUntil() time.Time { return w.report.trusted() }

// Trouble logs, now and then, that something failed and is tried again.
func (w *Worker) Trouble(doing string, err error) { w.report.Trouble(doing, err) }

// ShardStatus is what a worker knows about a shard that it holds.
type ShardStatus struct {
	Shard              string
	LeaseCounter       int64
	MillisBehindLatest int64 // of the last read, -1 before the first
	Records            int64 // delivered in this term
	RecordsPerSecond   float64
}

// Shards returns the status of the shards that the worker holds, in order of their ids.
func (w *Worker) Shards() []ShardStatus {
	var out []ShardStatus
	for _, s := range w.shards.all() {
		out = append(out, ShardStatus{
			Shard: s.term.Key(), LeaseCounter: s.term.Counter(), MillisBehindLatest: s.behind.Load(),
			Records: s.records.Load(), RecordsPerSecond: s.rate.perSecond(),
		})
	}
	slices.SortFunc(out, func(a, b ShardStatus) int { return cmp.Compare(a.Shard, b.Shard) })
	return out
}

// Advance is the term's Checkpoint, with an error that says so.
func (w *Worker) Advance(ctx context.Context, t *lease.Term, at lease.Position) error {
	err := t.Checkpoint(ctx, at)
	if errors.Is(err, lease.ErrLeaseLost) || err == nil {
		return err
	}
	return fmt.Errorf("checkpoint: %w", err)
}
