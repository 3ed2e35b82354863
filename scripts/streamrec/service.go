package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/streamrec/streamrec/infra/admin"
	infradynamo "github.com/streamrec/streamrec/infra/dynamo"
	infrakinesis "github.com/streamrec/streamrec/infra/kinesis"
	"github.com/streamrec/streamrec/infra/telemetry"
	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/follow"
	"github.com/streamrec/streamrec/processor/table"
	"github.com/streamrec/streamrec/processor/upstream"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/replay"
	"github.com/streamrec/streamrec/worker/serve"
	"github.com/streamrec/streamrec/worker/shardlog"
)

// service is a worker with what runs beside it.
type service struct {
	*worker.Worker
	store     lease.Store
	models    *shardlog.Models // nil when other shards are not followed
	live      *serve.Live      // the shards that can be asked
	admin     *admin.Server    // nil when there is none
	http      *dataPlane       // nil when nobody is answered
	opened    atomic.Bool      // what the shards have learnt is merged
	leaving   atomic.Bool      // asked to leave
	retention time.Duration    // of the stream
	tally     *tally
	upstream  *upstream.Watch
	operator  *lease.Operator
	secret    string // of the heartbeat row
	log       logrus.FieldLogger
}

// settings are the configurations of the parts of a service. follow is nil when other shards are not followed.
type settings struct {
	worker    worker.Config
	processor processor.Config
	follow    *follow.Config
	metrics   *telemetry.Metrics // nil when nothing is measured
}

// assemble checks everything that a worker needs, and puts it together.
func assemble(ctx context.Context, c clients, d deployment, cfg settings, create bool, log logrus.FieldLogger, observer processor.Observer) (*service, error) {
	d.private = cfg.processor.Privacy != nil
	g, err := d.preflight(ctx, c, create, preflightTimeout, log)
	if err != nil {
		return nil, err
	}
	cfg.worker.Retention = g.stream.Retention
	if cfg.processor.Codec, err = table.NewCodec(0); err != nil {
		return nil, err
	}
	s := &service{store: infradynamo.NewStore(c.dynamodb, d.app), live: serve.NewLive(), retention: g.stream.Retention, tally: newTally(), secret: cfg.worker.Lease.Secret, log: log}
	s.upstream = upstream.New(s.appeared)
	cfg.processor.Scout = s.upstream
	cfg.processor.Keep, cfg.processor.Remove = g.stream.Retention+24*time.Hour, g.bucket.Delete
	self := func() *worker.Worker { return s.Worker }
	if cfg.follow != nil {
		cfg.follow.Keep, cfg.follow.Remove, cfg.follow.Report = cfg.processor.Keep, g.bucket.Delete, s.merged
		s.models = shardlog.NewModels(*cfg.follow, worker.System{}, g.bucket, self, s.restored)
	}
	s.operator = lease.NewOperator(worker.System{}, s.store, cmp.Or(cfg.worker.Lease.Failover, 5*time.Second), replay.Publish(worker.System{}, g.bucket, d.layout))
	stream, told := worker.Stream(infrakinesis.NewStream(c.kinesis, d.stream)), observers{observer, s.live, s.tally, s.upstream}
	if cfg.metrics != nil {
		stream, told = cfg.metrics.Stream(stream), append(told, cfg.metrics)
	}
	factory := s.live.Watch(shardlog.NewFactory(cfg.processor, worker.System{}, g.bucket, self, told, s.models))
	if cfg.metrics != nil {
		factory = cfg.metrics.Terms(factory)
	}
	s.Worker, err = worker.New(cfg.worker, worker.Dependencies{Store: s.store, Stream: stream, Factory: factory, Log: log})
	if err != nil {
		return nil, usageError{err}
	}
	return s, nil
}

// Run works until ctx ends, as Worker.Run does. Operators and shoppers are served from the first moment to the last.
func (s *service) Run(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { s.leaving.Store(true) })()
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	var err error
	beside := []func(){func() { defer end(); err = s.work(ctx) }}
	if s.admin != nil {
		beside = append(beside, func() { s.mourn("operators", s.admin.Serve(life)) })
	}
	if s.http != nil {
		beside = append(beside, func() { s.mourn("shoppers", s.http.Serve(life)) })
	}
	slices.Reverse(beside)
	(worker.System{}).Join(beside...)
	return err
}

// mourn logs that a server has ended before its time. The worker goes on without it.
func (s *service) mourn(whom string, err error) {
	if err != nil {
		s.log.WithError(err).WithField("whom", whom).Error("nobody is served there any more")
	}
}

// started says what the worker has not read yet.
func (s *service) started() error {
	if s.models != nil && !s.opened.Load() {
		return errors.New("the model is being restored")
	}
	return nil
}

// ready says what keeps the worker from its work.
func (s *service) ready() error {
	if s.leaving.Load() {
		return errors.New("the worker is leaving")
	}
	if err := s.started(); err != nil {
		return err
	}
	return s.Worker.Ready()
}

// work takes leases when it has merged what there is, not before, and brings replays to their end.
func (s *service) work(ctx context.Context) error {
	if s.models != nil {
		if err := s.open(ctx); err != nil {
			if ctx.Err() != nil {
				return nil // asked to leave before it began
			}
			return err
		}
	}
	life, end := context.WithCancel(ctx)
	var err error
	beside := []func(){
		func() { defer end(); err = s.Worker.Run(ctx) },
		func() { replay.Conclude(life, worker.System{}, s.Worker, s.operator, time.Second) },
	}
	if s.models != nil {
		beside = append(beside, func() { s.models.Run(life) })
	}
	(worker.System{}).Join(beside...)
	return err
}

func (s *service) open(ctx context.Context) error {
	began := time.Now()
	rows, plan, err := s.store.Leases(ctx)
	if err != nil {
		return explain("lease table", err)
	}
	if err := s.models.Open(ctx, plan, rows, began); err != nil {
		return fmt.Errorf("merge what the shards have learnt: %w", err)
	}
	s.opened.Store(true)
	return nil
}

func (s *service) restored(stats model.Stats, took time.Duration) {
	s.log.WithFields(logrus.Fields{"facts": stats.Facts, "items": stats.Items, "took_ms": took.Milliseconds()}).Info("model is restored")
}

// appeared logs that producers send a field which was not there before. Its name looks like one that a programmer has chosen, see package upstream.
func (s *service) appeared(field string) {
	s.log.WithField("field", field).Warn("records have a new field, which has no column: it is kept in extra")
}

// merged logs what a round of the follower has done.
func (s *service) merged(r follow.Round) {
	log := s.log.WithFields(logrus.Fields{
		"links": r.Links, "shards_waiting": r.Waiting, "stale_ms": s.models.StaleMs(), "took_ms": r.Took.Milliseconds(),
	})
	if r.Snapshot > 0 {
		log.WithField("bytes", r.Snapshot).Info("snapshot of the model written")
	}
	if r.Damaged > 0 {
		log.WithField("damaged", r.Damaged).Error("links of the log cannot be read: run streamrec audit")
	}
	if s.models.StaleMs() > late.Milliseconds() {
		log.Warn("what other shards have learnt is merged late")
		return
	}
	log.Debug("what other shards have learnt is merged")
}

// late is how old the newest merged record of a shard may be, while newer ones are committed, before the log says so.
const late = 5 * time.Minute
