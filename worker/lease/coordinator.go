package lease

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
)

// Consumer runs the shards of the terms that the Coordinator wins.
type Consumer interface {
	// Start begins to work on a term and returns at once. When the term's context ends, or by itself, the consumer
	// stops, commits if MayCommit says so, and calls Close on the term, once.
	Start(*Term)
}

// Shards lists the stream's shards.
type Shards interface {
	// Shards returns all that the stream still has, closed ones included, as lease rows without owner: Key, Parents and hash range. Every error is worth
	// another try but ErrRefused, which ends the worker.
	Shards(ctx context.Context) ([]Lease, error)
}

// Reporter is told what happens; all methods return at once. It is for logs and metrics: nothing depends on it.
type Reporter interface {
	Taken(l Lease, from string)       // a term has begun; from is the previous owner
	Ended(l Lease, cause error)       // a term has ended
	Trouble(doing string, err error)  // something failed and will be tried again
	Hole(from, to string)             // no shard covers this part of the hash range
	Moving(key, from, to string)      // a lease is handed over
	Died(worker string)               // a worker is held for dead
	Heartbeat(trustedUntil time.Time) // a heartbeat was confirmed
	// Scanned is told of the table's rows after each look at it. Those of leases were read at readAt, by Env.Now, or later.
	Scanned(workers []Worker, leases []Lease, readAt time.Time)
}

// Coordinator takes, keeps and gives up the leases of one worker. doc.go describes the protocol.
type Coordinator struct {
	cfg      Config
	env      Env
	store    Store
	shards   Shards
	consumer Consumer
	report   Reporter

	stopBeats context.CancelFunc // set by Run, nil before there are heartbeats

	mu       sync.Mutex
	beating  bool // the heartbeat loop runs
	me       Worker
	trust    time.Time // leases are trusted until then
	leaving  bool
	plan     Plan
	terms    map[string]*Term
	highest  map[string]int64  // by key: the highest counter of a term of this process
	inbox    map[string]string // requests to answer, those of the last two heartbeats
	heard    map[string]string // what the last heartbeat found
	expected expectations
	workers  []Worker
	leases   []Lease
	readAt   time.Time // start of the read that gave leases
	stale    bool      // leases have to be read now
	resync   bool      // shards have to be listed now
	syncing  bool      // they are being listed
	nextSync time.Time // when they have to be listed again
	seen     *Observer
	rows     map[string]rowSighting
	viewed   []Lease         // room for view
	avoid    map[string]bool // leases that were taken away from consumers that still hang
}

// rowSighting is how a lease row has been seen.
type rowSighting struct {
	counter int64
	since   time.Time // the counter is unchanged since
	free    time.Time // without living owner since; zero when owned
	moved   bool      // the counter has been seen to change
}

// NewCoordinator returns the coordinator of the worker with this id, which no other process has or had, and HTTP address.
func NewCoordinator(cfg Config, id, address string, env Env, store Store, shards Shards, consumer Consumer, report Reporter) *Coordinator {
	cfg = cfg.WithDefaults()
	return &Coordinator{
		cfg: cfg, env: env, store: store, shards: shards, consumer: consumer, report: report,
		me: Worker{ID: id, Address: address, Secret: cfg.Secret, Failover: cfg.Failover}, terms: map[string]*Term{}, avoid: map[string]bool{}, highest: map[string]int64{}, inbox: map[string]string{},
		expected: newExpectations(), seen: NewObserver(cfg.Failover), rows: map[string]rowSighting{},
	}
}

// Run works until ctx ends, hands all leases over within Config.Grace and returns nil. An error says that the table refuses.
func (c *Coordinator) Run(ctx context.Context) error {
	life, end := context.WithCancelCause(context.WithoutCancel(ctx))
	defer end(nil)
	if err := c.register(ctx); err != nil {
		return c.notRegistered(life, ctx, err)
	}
	beats, stop := context.WithCancel(life)
	c.stopBeats, c.beating = stop, true
	c.env.Go(func() {
		err := c.heartbeats(beats)
		c.mu.Lock()
		c.beating = false
		c.mu.Unlock()
		if err != nil {
			end(err)
		}
	})
	c.env.Go(func() { c.guard(life) })
	err := c.scans(ctx, life, end)
	c.drain(life)
	return err
}

// scans looks at the table until ctx or life ends.
func (c *Coordinator) scans(ctx, life context.Context, end context.CancelCauseFunc) error {
	defer c.awaitSync(life)
	for ctx.Err() == nil {
		if life.Err() != nil {
			return context.Cause(life)
		}
		if c.syncDue() {
			c.sync(ctx, end)
		}
		if err := c.scan(ctx); err != nil {
			c.trouble(ctx, "read lease table", err)
		}
		c.idle(ctx, c.env.Now().Add(c.cfg.Scan))
	}
	return nil
}

// idle waits for the next scan, and looks at what is expected meanwhile.
func (c *Coordinator) idle(ctx context.Context, until time.Time) {
	for c.env.Sleep(ctx, min(c.pause(), until.Sub(c.env.Now()))) == nil && c.env.Now().Before(until) {
		c.glance(ctx)
	}
}

// pause is short while a lease is about to arrive.
func (c *Coordinator) pause() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.expected.until) > 0 {
		return min(c.cfg.Scan, c.cfg.Failover/25)
	}
	return c.cfg.Scan
}

func (c *Coordinator) trouble(ctx context.Context, doing string, err error) {
	if ctx.Err() == nil {
		c.report.Trouble(doing, err)
	}
}

// termsByKey needs the lock.
func (c *Coordinator) termsByKey() []*Term {
	terms := make([]*Term, 0, len(c.terms))
	for _, t := range c.terms {
		terms = append(terms, t)
	}
	slices.SortFunc(terms, func(a, b *Term) int { return strings.Compare(a.Key(), b.Key()) })
	return terms
}
