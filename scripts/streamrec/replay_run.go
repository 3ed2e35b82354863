package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/spf13/cobra"

	infras3 "github.com/streamrec/streamrec/infra/s3"
	"github.com/streamrec/streamrec/infra/telemetry"
	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/erasure"
	"github.com/streamrec/streamrec/processor/follow"
	"github.com/streamrec/streamrec/processor/table"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/replay/side"
	"github.com/streamrec/streamrec/worker/shardlog"
)

// replayFailover is T of the workers of a replay.
const replayFailover = 5 * time.Second

// replayMerge is how often a worker of a replay merges what other shards have learnt. Their time goes faster.
const replayMerge = time.Second

type replayRunOptions struct {
	worker              string
	catalogue           string
	memoryBudget        int64
	logFormat, logLevel string
}

func (o *replayRunOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	nameFlag(f, &o.worker, "worker-name")
	f.StringVar(&o.catalogue, "catalogue", "", "file of products; only what it says is in stock is recommended")
	budgetFlag(f, &o.memoryBudget, "bytes of memory for what is being read back and written")
	f.StringVar(&o.logFormat, "log-format", "auto", "format of the log on stderr: text, json, or auto: text on a terminal")
	f.StringVar(&o.logLevel, "log-level", "warning", "least level to log: debug, info, warning or error")
}

func (o *replayRunOptions) validate() error {
	if o.memoryBudget < 64<<20 {
		return errors.New("--memory-budget: must be at least 64 MiB")
	}
	return nil
}

func newReplayRunCommand(std streams) *cobra.Command {
	var o replayOptions
	var run replayRunOptions
	cmd := &cobra.Command{
		Use: "run", Short: "Work on a replay until it is done",
		Long: `Work on a replay until it is done, with low priority. Run it on as many machines as you like: they share the shards, and the rate. Interrupt it when you
like: what is written stays, and whoever runs it next goes on from there.`,
		Example: `  streamrec replay run --app shop --stream clicks --bucket my-bucket --name longer-memory`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := run.validate(); err != nil {
				return usageError{err}
			}
			t, r, err := openReplay(cmd.Context(), o, std)
			if err != nil {
				return err
			}
			return t.work(cmd.Context(), r, run)
		},
	}
	o.flags(cmd)
	run.flags(cmd)
	return cmd
}

// work is a worker of a replay. It returns when the replay is done, or ctx ends.
func (t *replayTool) work(ctx context.Context, r *side.Replay, o replayRunOptions) error {
	if r.State != side.Running {
		return refuse("replay %s is %s: nobody can work on it", r.Name, r.State)
	}
	logger, err := telemetry.NewLogger(t.std.err, o.logFormat, o.logLevel)
	if err != nil {
		return usageError{err}
	}
	as := worker.Config{Name: o.worker, Application: t.o.app + "." + r.Name, Stream: t.o.stream, Lease: lease.Config{Failover: replayFailover}}
	log := named(logger, &as).WithField("replay", r.Name)
	if err := lowerPriority(); err != nil {
		log.WithError(err).Warn("priority cannot be lowered: live workers on this machine have less of it")
	}
	w, err := t.hire(ctx, r, as, o, log)
	if err != nil {
		return err
	}
	return w.run(ctx)
}

// replayWorker is a worker of a replay with what runs beside it.
type replayWorker struct {
	*worker.Worker
	tool    *replayTool
	replay  *side.Replay
	store   lease.Store
	models  *shardlog.Models
	records atomic.Int64
	done    side.Progress
}

// hire puts a worker of a replay together.
func (t *replayTool) hire(ctx context.Context, r *side.Replay, as worker.Config, o replayRunOptions, log logrus.FieldLogger) (*replayWorker, error) {
	settings, err := settingsOf(r)
	if err != nil {
		return nil, err
	}
	params, err := settings.model()
	if err != nil {
		return nil, refuse("replay %s was made for another version of the model: %w", r.Name, err)
	}
	erased := erasure.NewList(worker.System{}, infras3.NewBucket(t.clients.s3, t.o.bucket), t.source.Layout.Prefix)
	if err := heedErasures(ctx, erased, log); err != nil {
		return nil, err
	}
	codec, err := table.NewCodec(0)
	if err != nil {
		return nil, err
	}
	cfg := processor.Config{
		Layout: t.source.Layout, Until: r.To, Recommendations: settings.Recommendations, Model: &params, Budget: processor.NewBudget(o.memoryBudget), Codec: codec,
		Erased: erased.Erased, Tombstones: erased.Tombstones,
	}
	if products, err := followCatalogue(ctx, o.catalogue, log); err != nil {
		return nil, err
	} else if products != nil {
		cfg.Sells = products.Sells
	}
	return t.assemble(r, as, cfg, follow.Config{
		Layout: t.source.Layout, Model: params, Interval: replayMerge, NoSnapshots: true, Erased: erased.Erased, Tombstones: erased.Tombstones,
	}, log)
}

func (t *replayTool) assemble(r *side.Replay, as worker.Config, cfg processor.Config, merge follow.Config, log logrus.FieldLogger) (*replayWorker, error) {
	w := &replayWorker{tool: t, replay: r, store: t.registry.Rows(r)}
	self := func() *worker.Worker { return w.Worker }
	w.models = shardlog.NewModels(merge, worker.System{}, t.bucket, self, func(s model.Stats, took time.Duration) {
		log.WithFields(logrus.Fields{"facts": s.Facts, "items": s.Items, "took_ms": took.Milliseconds()}).Info("model is restored")
	})
	pace := side.NewPace(worker.System{}, r.From.Time(), w.share)
	factory := pace.Wrap(shardlog.NewFactory(cfg, worker.System{}, t.bucket, self, w, w.models))
	var err error
	w.Worker, err = worker.New(as, worker.Dependencies{Store: w.store, Stream: side.Stream(w.store), Factory: factory, Log: log})
	if err != nil {
		return nil, usageError{err}
	}
	return w, nil
}

// share is this worker's part of the rate of the replay.
func (w *replayWorker) share() float64 {
	working := 0
	for _, o := range w.Workers() {
		if !o.Leaving {
			working++
		}
	}
	return float64(w.replay.Rate) / float64(max(working, 1))
}

// Processed implements processor.Observer.
func (w *replayWorker) Processed(string, *table.Row) {}

// Committed implements processor.Observer.
func (w *replayWorker) Committed(_ string, link chain.Batch, _ time.Duration) {
	w.records.Add(link.Records)
}

// run works until the replay is done, cannot be, or ctx ends.
func (w *replayWorker) run(ctx context.Context) error {
	began := time.Now()
	rows, plan, err := w.store.Leases(ctx)
	if err == nil {
		err = w.models.Open(ctx, plan, rows, began)
	}
	if err != nil {
		return explain("begin to work on replay "+w.replay.Name, err)
	}
	life, end := context.WithCancel(ctx)
	defer end()
	var verdict error
	(worker.System{}).Join(
		func() { defer end(); err = w.Worker.Run(life) },
		func() { w.models.Run(life) },
		func() { defer end(); verdict = w.watch(life) },
	)
	if err := errors.Join(err, verdict); err != nil {
		return err
	}
	if ctx.Err() != nil && !w.done.Done() {
		return fmt.Errorf("interrupted: streamrec replay run --name %s goes on", w.replay.Name)
	}
	return w.report(time.Since(began))
}

// watch returns when nothing is left to do for anybody, and shows how far it is meanwhile.
func (w *replayWorker) watch(ctx context.Context) error {
	show := w.shower(time.Now())
	for sleep(ctx, time.Second) == nil {
		r, err := w.tool.registry.Replay(ctx, w.replay.Name)
		if errors.Is(err, lease.ErrAbsent) || err == nil && r.State != side.Running {
			return refuse("replay %s is being dropped", w.replay.Name)
		}
		rows, _ := w.Leases()
		w.done = side.ProgressOf(w.replay, rows, w.Workers())
		show()
		if w.done.Done() {
			return nil
		}
		if n := len(w.done.Stopped); n > 0 && w.done.Startable == 0 {
			return fmt.Errorf("%d shards are stopped, and nobody else can go on%s; see streamrec replay status, then drop the replay", n, some(slices.Sorted(maps.Keys(w.done.Stopped))))
		}
	}
	return nil
}
