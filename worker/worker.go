package worker

import (
	"context"
	"fmt"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/streamrec/streamrec/worker/lease"
)

// Env is what a Worker needs of its surroundings; see System.
type Env = lease.Env

// Dependencies are what a Worker works with.
type Dependencies struct {
	Env     Env                // defaults to System
	Store   lease.Store        // the lease table
	Stream  Stream             // the source
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
	epoch   time.Time // the ticks are counted from it

	penalties penalties
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
	id := cfg.ID
	if id == "" {
		id = NewID(cfg.Name, d.Env)
	}
	w := &Worker{
		id: id, cfg: cfg, env: d.Env, stream: d.Stream, factory: d.Factory, plain: d.Plain, epoch: d.Env.Now(),
		log: d.Log.WithField("worker", id),
	}
	w.report = newReporter(w.log, d.Env.Now, cfg.Lease.Failover)
	w.coord = lease.NewCoordinator(cfg.Lease, id, cfg.Address, d.Env, d.Store, d.Stream, w, w.report)
	return w, nil
}

// NewID returns an id that is unique for this start: a worker that comes back under its old name is another one.
func NewID(name string, env Env) string {
	return fmt.Sprintf("%s-%08x", name, uint32(env.Rand()*(1<<32)))
}

// ID returns the id under which the worker holds leases now: another one than at first when others have held it for dead.
func (w *Worker) ID() string { return w.coord.ID() }

// Run works until ctx ends, then hands all shards over and returns nil. An error says why the worker could not go on.
// When Run returns, no goroutine of the worker is left, but for those of a consumer that hangs: that is left behind
// after Config.Lease.Grace, and the failover time at most. It is called once.
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
	w.shards.close()
	end()
	w.shutdown(context.WithoutCancel(ctx))
	w.log.Info("worker has stopped")
	return err
}

// shutdown waits for the consumers, but not for those that hang: all terms are over, so whoever has not returned after the failover time does.
func (w *Worker) shutdown(ctx context.Context) {
	cfg := w.cfg.Lease.WithDefaults()
	ctx, cancel := w.env.WithTimeout(ctx, min(cfg.Grace, cfg.Failover), lease.ErrLeaseLost)
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

// tick returns the last tick of an interval that is not after a moment.
func (w *Worker) tick(at time.Time, interval time.Duration) time.Time {
	return at.Add(-(at.Sub(w.epoch) % interval))
}

func (w *Worker) trustedUntil() time.Time { return w.report.trusted() }

// Trouble logs, now and then, that something failed and is tried again.
func (w *Worker) Trouble(doing string, err error) { w.report.Trouble(doing, err) }
