package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/chain/chaintest"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/lease/leasetest"
	"github.com/streamrec/streamrec/worker/replay"
	"github.com/streamrec/streamrec/worker/replay/side"
	"github.com/streamrec/streamrec/worker/shardlog"
)

// world is one schedule: the services, the nodes, what is wrong, and what has to hold.
type world struct {
	*scheduler
	began   time.Time // the true time of day when the schedule began
	rows    *leasetest.Store
	objects *chaintest.Bucket
	stream  *stream
	nodes   []*node
	tools   []*node // of operators
	asides  []*node // of side replays
	sides   sides
	shown   chain.Published // the map that readers see
	nemesis nemesis
	oracle  oracle
	digest  *chain.Hash

	silent  bool    // the effect of a request whose caller learns nothing is taking place
	trouble float64 // share of requests with a fate of their own
	down    [services]fate
	slow    [services]time.Duration
}

// epoch is what the monotonic clocks count from. An hour of the log begins a minute or so after it.
var epoch = time.Date(2026, 3, 1, 9, 58, 0, 0, time.UTC)

// maxRows is how many rows an object has at most.
const maxRows = 15

// failoverTime is T of the workers.
const failoverTime = 5 * time.Second

var layout = chain.Layout{Prefix: "log", Generation: 1}

func newWorld(seed uint64, log io.Writer) *world {
	w := &world{scheduler: newScheduler(seed, log), objects: &chaintest.Bucket{}, digest: chain.NewHash("")}
	w.rows = &leasetest.Store{Table: leasetest.NewTable()}
	w.began = epoch.Add(w.between(0, 2*time.Minute))
	w.oracle, w.shown = newOracle(), chain.Published{Map: layout.Map()}
	w.sides = sides{map[string]side.Replay{}, map[int]*leasetest.Store{}}
	w.newStream(1 + w.rand.IntN(4))
	if w.chance(0.2) {
		w.age()
	}
	return w
}

// fail ends the schedule: an invariant does not hold.
func (w *world) fail(format string, args ...any) {
	w.violate(violation(fmt.Sprintf("at %v: ", w.now.Round(time.Millisecond)) + fmt.Sprintf(format, args...)))
}

// start adds a node with a worker on it.
func (w *world) start() *node {
	n := w.machine(fmt.Sprintf("w%d", len(w.nodes)+1))
	w.nodes = append(w.nodes, n)
	w.note("nemesis: start", n.name)
	ctx, cancel := context.WithCancel(background)
	n.cancel = cancel
	n.spawn(n, n.name, func() { n.work(ctx) }, nil)
	return n
}

// machine returns a node with clocks of its own.
func (w *world) machine(name string) *node {
	return &node{
		world: w, name: name, resumed: w.now, offset: w.between(0, 100*time.Hour),
		rate: 1 + (w.rand.Float64()-0.5)/500, skew: w.nemesis.skew(w), opened: map[string]time.Duration{}, started: map[*coroutine]int{},
	}
}

// work is the process: one worker.
func (n *node) work(ctx context.Context) {
	store, objects := table{node: n, rows: n.rows}, bucket{n, n.objects}
	pcfg := processor.Config{Layout: layout, MaxRows: 4 + n.rand.IntN(maxRows-3), StateRows: 1 + n.rand.Int64N(40), MaxAge: n.between(2*time.Second, 8*time.Second), Contents: n.newContents}
	if n.chance(0.5) {
		n.budget = processor.NewBudget(rowHeap * int64(4+n.rand.IntN(30)))
		pcfg.Budget = n.budget
	}
	var w *worker.Worker
	factory := shardlog.NewFactory(pcfg, n, objects, func() *worker.Worker { return w }, nil, nil)
	w, err := worker.New(worker.Config{
		Name: n.name, Application: "app", Stream: "clicks", MaxRecords: int32(20 + n.rand.IntN(40)), ReadInterval: 800 * time.Millisecond, IdleReadInterval: 2 * time.Second,
		Stall: 30 * time.Second, Retention: n.believed(), Lease: lease.Config{Failover: failoverTime, ShardSync: 10 * time.Second},
	}, worker.Dependencies{
		Env: n, Store: store, Stream: source{n}, Log: noLog(), Plain: true,
		Factory: func(t *lease.Term) worker.Processor { return n.watch(t, factory(t)) },
	})
	if err == nil {
		o := lease.NewOperator(n, store, failoverTime, replay.Publish(operatorEnv{n}, objects, layout))
		n.Join(func() { replay.Conclude(ctx, n, w, o, time.Second) }, func() { err = w.Run(ctx) })
	}
	n.ended = true
	n.note(n.name, "has ended")
	n.withinBudget()
	if err != nil {
		n.fail("%s ends with %v", n.name, err)
	}
}

func noLog() logrus.FieldLogger {
	log := logrus.New()
	log.SetOutput(io.Discard)
	log.SetLevel(logrus.PanicLevel)
	return log
}

// alive returns the nodes that are neither dead nor have ended.
func (w *world) living() (alive []*node) {
	for _, n := range w.nodes {
		if !n.dead && !n.ended {
			alive = append(alive, n)
		}
	}
	return alive
}
