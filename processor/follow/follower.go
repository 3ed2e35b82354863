package follow

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor/chain"
)

// Config configures a Follower. The zero value of an optional field means its default.
type Config struct {
	// Layout says where the log is. Required.
	Layout chain.Layout
	// Model has the parameters of the models that adopt the editions. Required.
	Model model.Params
	// Window is how far back the log is read when there is no snapshot. Defaults to 24 h.
	Window time.Duration
	// Past is when the shards begin that are read back from the log: the Window ends no later than that. Zero: none is.
	Past chain.Hour
	// Interval is the time between two looks at the log, and so between two editions. Defaults to 10 s.
	Interval time.Duration
	// Every is the time between two snapshots within an hour, whole minutes; an hour: only those of whole hours are written. Defaults to 15 minutes.
	Every time.Duration
	// Keep is how long snapshots are kept; those within an hour are, for an hour. Defaults to 48 h.
	Keep time.Duration
	// Erased reports whether the customer of a pseudonym has been erased since a record arrived, and Tombstones how many erasures Erased heeds: see
	// package erasure. Nil erases nobody.
	Erased     func(customerID string, arrival time.Time) bool
	Tombstones func() int
	// NoSnapshots says that nobody would begin with a snapshot of this log: none is written.
	NoSnapshots bool
	// Remove deletes an object. Nil keeps all snapshots.
	Remove func(ctx context.Context, key string) error
	// Report is told of each round in which something happened. It returns at once. Nil is told nothing.
	Report func(Round)
}

func (c Config) withDefaults() Config {
	if c.Window == 0 {
		c.Window = 24 * time.Hour
	}
	if c.Interval == 0 {
		c.Interval = 10 * time.Second
	}
	if c.Every == 0 {
		c.Every = 15 * time.Minute
	}
	if c.Keep == 0 {
		c.Keep = 48 * time.Hour
	}
	if c.Tombstones == nil {
		c.Tombstones = func() int { return 0 }
	}
	if c.Report == nil {
		c.Report = func(Round) {}
	}
	return c
}

// Validate returns everything that is wrong with the configuration.
func (c Config) Validate() error {
	c = c.withDefaults()
	var errs []error
	check := func(ok bool, text string) {
		if !ok {
			errs = append(errs, errors.New(text))
		}
	}
	check(c.Layout.Generation > 0, "generation: must be positive")
	check(c.Window > 0, "restore window: must be positive")
	check(c.Interval >= 100*time.Millisecond, "merge interval: must be at least 100ms")
	check(c.Every >= time.Minute && c.Every%time.Minute == 0 && time.Hour%c.Every == 0, "time between model snapshots: must be whole minutes that divide an hour, such as 15m")
	check(c.Keep >= time.Hour, "age of model snapshots: must be at least 1h")
	return errors.Join(append(errs, c.Model.Validate())...)
}

// Shard is where the log of a shard ends, as its lease row says.
type Shard struct {
	ID       string
	Bookmark chain.Bookmark // zero when nothing is committed, or Ended
	Ended    bool           // the shard's end mark says where its log ends
}

// Fleet is what a Follower asks the worker. Its methods return at once.
type Fleet interface {
	// Shards returns the lease rows as they were at some time, not long ago.
	Shards() ([]Shard, time.Time)
	// Reached returns the arrival time that every shard of this worker has reached, Unix ms.
	Reached() int64
	// Keeper reports whether this worker is to write snapshots. It costs requests, no more, when several think so, and time when none does.
	Keeper() bool
}

// Round is what a Follower has done in a round.
type Round struct {
	Links    int   // that were merged
	Damaged  int   // links that could not be read and never will be
	Waiting  int   // shards whose next link has to wait for the shards of this process
	Snapshot int64 // bytes of the snapshot that was written
	Took     time.Duration
}

// Follower is used by one goroutine, but for Latest, StaleMs and Arrival.
type Follower struct {
	cfg    Config
	env    chain.Env
	bucket chain.Bucket

	merged  atomic.Pointer[model.Merged] // set by Open
	sources map[string]*source
	heeded  int          // tombstones that all facts were read under
	hour    chain.Hour   // of the latest link that is merged; 0 before the first
	kept    moment       // of the latest snapshot within an hour that was to be written
	oldest  atomic.Int64 // arrival of the last record that is merged of the shard that is furthest behind, Unix ms; 0 when none is
	round   Round
	pauses  chain.Pauses // none before Run: nobody asks yet

	arrivals atomic.Pointer[map[string]int64] // by shard: of the last record that is merged, Unix ms
}

// New returns a Follower that has to be opened.
func New(cfg Config, env chain.Env, bucket chain.Bucket) *Follower {
	return &Follower{cfg: cfg.withDefaults(), env: env, bucket: bucket, sources: map[string]*source{}}
}

// Open merges what there is: the newest snapshot, and the logs after it up to what the lease rows say, which were read at a time. Requests are
// repeated until ctx ends.
func (f *Follower) Open(ctx context.Context, shards []Shard, at time.Time) error {
	if err := f.restore(ctx); err != nil {
		return fmt.Errorf("open merged model: %w", err)
	}
	return f.Follow(ctx, opened{shards, at})
}

// opened is the fleet before there is a worker: no shard has reached anything, so none has to be waited for.
type opened struct {
	shards []Shard
	at     time.Time
}

func (o opened) Shards() ([]Shard, time.Time) { return o.shards, o.at }
func (opened) Reached() int64                 { return 1<<63 - 1 }
func (opened) Keeper() bool                   { return false }

// Latest implements processor.Editions: nil before Open has returned.
func (f *Follower) Latest() *model.Edition {
	if m := f.merged.Load(); m != nil {
		return m.Latest()
	}
	return nil
}

// StaleMs returns how far what is merged is behind what the shards have committed, in ms: 0 when everything that was known to be committed at the
// last look is merged, else the age of the last record that is, of the shard that is furthest behind.
func (f *Follower) StaleMs() int64 {
	if oldest := f.oldest.Load(); oldest > 0 {
		return max(f.env.Wall().UnixMilli()-oldest, 0)
	}
	return 0
}

// Arrival returns the arrival of the last record of a shard that is merged, Unix ms; 0 when there is none.
func (f *Follower) Arrival(shard string) int64 {
	if arrivals := f.arrivals.Load(); arrivals != nil {
		return (*arrivals)[shard]
	}
	return 0
}

// Run follows the logs until ctx ends.
func (f *Follower) Run(ctx context.Context, fleet Fleet) {
	for f.env.Sleep(ctx, f.cfg.Interval) == nil {
		f.pauses = chain.NewPauses(f.env, time.Millisecond, f.cfg.Interval/2)
		if err := f.Follow(ctx, fleet); err != nil && ctx.Err() == nil {
			f.env.Trouble(err)
		}
	}
}

// Follow merges once what is new, and publishes it.
func (f *Follower) Follow(ctx context.Context, fleet Fleet) error {
	began := f.env.Now()
	f.round = Round{}
	shards, at := fleet.Shards()
	err := errors.Join(f.look(ctx, shards), f.merge(ctx, fleet))
	f.publish(at)
	f.keepAmid(ctx, fleet)
	if f.round.Took = f.env.Now().Sub(began); f.round.Links+f.round.Damaged+f.round.Waiting > 0 {
		f.cfg.Report(f.round)
	}
	return err
}

// publish makes an edition of what was merged. at is when the ends of the logs were read.
func (f *Follower) publish(at time.Time) {
	f.note(at)
	if f.round.Links > 0 {
		f.merged.Load().Publish()
	}
}

// note marks how far each log is merged.
func (f *Follower) note(at time.Time) {
	oldest, arrivals := int64(0), map[string]int64{}
	for id, s := range f.sources {
		through := at.UnixMilli()
		if !s.caughtUp() {
			through = s.arrival
			if oldest == 0 || through < oldest {
				oldest = through
			}
		}
		if s.at.Last != "" {
			arrivals[id] = s.arrival
			f.merged.Load().Note(id, model.Mark{Link: s.at.String(), ThroughMs: through})
		}
	}
	f.oldest.Store(oldest)
	f.arrivals.Store(&arrivals)
}
