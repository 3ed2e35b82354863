package shardlog

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/follow"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// Models keeps one model of what all shards have learnt for each plan: a replay forgets what was learnt from its first hour on. A new plan's begins with the
// newest snapshot that is wholly before that hour, and reads the logs of the plan's generations after it. What belonged to an older plan stays as it was for
// those who still hold it, and is freed with them.
type Models struct {
	cfg    follow.Config
	env    worker.Env
	bucket chain.Bucket
	worker func() *worker.Worker
	opened func(model.Stats, time.Duration)

	mu      sync.Mutex
	current *planned // nil before Open has returned
}

// planned is the model of a plan.
type planned struct {
	*follow.Follower
	plan int64
}

// NewModels returns Models that have to be opened. cfg.Layout is that of the time before there was a plan; w returns the worker that will exist by then;
// opened, if not nil, is told what a model has begun with, and how long that took.
func NewModels(cfg follow.Config, env worker.Env, bucket chain.Bucket, w func() *worker.Worker, opened func(model.Stats, time.Duration)) *Models {
	if opened == nil {
		opened = func(model.Stats, time.Duration) {}
	}
	return &Models{cfg: cfg, env: env, bucket: bucket, worker: w, opened: opened}
}

// Open merges what there is under a plan, up to what the lease rows say, which were read at a time.
func (m *Models) Open(ctx context.Context, plan lease.Plan, rows []lease.Lease, at time.Time) error {
	cfg := m.cfg
	var err error
	if cfg.Layout, err = LayoutOf(cfg.Layout, plan.Map); err != nil {
		return fmt.Errorf("open model of plan %d: %w", plan.Number, err)
	}
	if plan.Source != "" && plan.State != lease.PlanPublished {
		cfg.Past = chain.Hour(plan.Hour)
	}
	began := m.env.Now()
	f := &planned{follow.New(cfg, followEnv{m.env, m.worker}, m.bucket), plan.Number}
	if err := f.Open(ctx, logs(rows, plan.Number), at); err != nil {
		return fmt.Errorf("open model of plan %d: %w", plan.Number, err)
	}
	m.mu.Lock()
	m.current = f
	m.mu.Unlock()
	m.opened(f.Latest().Stats(), m.env.Now().Sub(began))
	return nil
}

// Run follows the logs until ctx ends, under one plan after the other.
func (m *Models) Run(ctx context.Context) {
	for ctx.Err() == nil {
		if plan := m.worker().Plan(); plan.Number != m.held().plan {
			rows, at := m.worker().Leases()
			if err := m.Open(ctx, plan, rows, at); err != nil && ctx.Err() == nil {
				m.worker().Trouble("begin the model anew", err)
				_ = m.env.Sleep(ctx, planTick) // and then try again, unless ctx has ended
				continue
			}
		}
		m.follow(ctx, m.held())
	}
}

// planTick is how often the worker is asked whether there is a new plan.
const planTick = 200 * time.Millisecond

// follow follows the logs until there is another plan, or ctx ends.
func (m *Models) follow(ctx context.Context, f *planned) {
	life, end := context.WithCancel(ctx)
	defer end()
	m.env.Join(
		func() { f.Run(life, Fleet{Worker: m.worker(), Plan: f.plan}) },
		func() {
			defer end()
			for m.worker().Plan().Number == f.plan && m.env.Sleep(ctx, planTick) == nil {
			}
		},
	)
}

func (m *Models) held() *planned {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.current
}

// Latest returns the latest edition of the current model, nil before Open has returned.
func (m *Models) Latest() *model.Edition {
	if f := m.held(); f != nil {
		return f.Follower.Latest()
	}
	return nil
}

// StaleMs returns how far what is merged is behind what the shards have committed, as follow.Follower does.
func (m *Models) StaleMs() int64 {
	if f := m.held(); f != nil {
		return f.Follower.StaleMs()
	}
	return 0
}

// Arrival returns the arrival of the last record of a shard that is merged, as follow.Follower does.
func (m *Models) Arrival(shard string) int64 {
	if f := m.held(); f != nil {
		return f.Follower.Arrival(shard)
	}
	return 0
}

// wait returns when there is a model of the plan, or of a later one, or with an error when ctx has ended before. alive is called now and then.
func (m *Models) wait(ctx context.Context, plan int64, alive func()) (processor.Editions, error) {
	for {
		if f := m.held(); f != nil && f.plan >= plan {
			return f, nil
		}
		alive()
		if err := m.env.Sleep(ctx, planTick); err != nil {
			return nil, fmt.Errorf("wait for the model of plan %d: %w", plan, err)
		}
	}
}

// LayoutOf returns the layout under a plan with this map. The empty map is that of the time before there was a plan.
func LayoutOf(l chain.Layout, generations string) (chain.Layout, error) {
	if generations == "" {
		return l, nil
	}
	m, err := chain.ParseMap(generations)
	if err != nil {
		return l, fmt.Errorf("%w: %w", err, chain.ErrBroken)
	}
	return l.With(m), nil
}
