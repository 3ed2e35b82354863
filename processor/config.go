package processor

import (
	"context"
	"errors"
	"time"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/processor/table"
)

// Config configures the processors of a worker. The zero value of an optional field means its default.
type Config struct {
	// Layout says where the log is. Required.
	Layout chain.Layout
	// Source says which links are read back, from the end of the chain on, before reading begins in the stream: those of the chain that lies there. The zero
	// Layout: none.
	Source chain.Layout
	// Until is the first hour that is not read back, nor anything after it: reading never begins in the stream. The chain in Source leads beyond it, or nothing
	// will ever be added to it before. Zero: no such hour.
	Until chain.Hour
	// MaxBytes is the size of a Parquet object at which a batch is committed. Defaults to 128 MiB.
	MaxBytes int64
	// MaxRows is the number of rows at which a batch is committed. Defaults to 1,000,000.
	MaxRows int
	// MaxAge is the age at which a batch is committed. Defaults to 60 s.
	MaxAge time.Duration
	// FirstAge is the age at which the first batch of a chain is committed. Defaults to 1 s.
	FirstAge time.Duration
	// Budget bounds the memory of the open batches; the processors of a worker share one. Nil bounds nothing.
	Budget *Budget
	// Recommendations is the length of the list in each row. Defaults to 20; -1 is none.
	Recommendations int
	// RestoreWindow is how far back, from the end of the chain, the log is read to restore the model. Defaults to 24 h.
	RestoreWindow time.Duration
	// StateRows is the number of rows after which the state of a shard is kept, so that a takeover need not read the log from before. Defaults to
	// 100,000; a large state is kept less often.
	StateRows int64
	// Remove deletes an object: states that are older than Keep. Nil keeps all for ever.
	Remove func(ctx context.Context, key string) error
	// Keep is how long states are kept. Defaults to 48 h.
	Keep time.Duration
	// Privacy pseudonymises customers and seals what could not be decoded. Nil leaves everything in clear.
	Privacy *event.Privacy
	// Erased reports whether the customer of a pseudonym has been erased since a record arrived: see package erasure. Nil erases nobody.
	Erased func(customerID string, arrival time.Time) bool
	// Tombstones is how many erasures Erased heeds. Nil: none.
	Tombstones func() int
	// Foreign makes what reads records of other formats, one for each shard: see package mapping. Nil reads the native format alone.
	Foreign func() event.Foreign
	// Scout is told what producers send; the processors of a worker share one. Nil tells nobody.
	Scout event.Scout
	// Codec compresses the objects; the processors of a worker share one. Defaults to one for each.
	Codec *table.Codec
	// Model has the parameters of the recommendation model. Defaults to model.DefaultParams.
	Model *model.Params
	// Merged is what all shards of the stream have learnt: see package follow. Its parameters must be those of Model. Nil recommends from
	// what the shard itself has learnt.
	Merged Editions
	// Sells reports whether an item may be recommended. It may be called by several goroutines, and change its mind. Nil: all may.
	Sells func(item string) bool
	// Contents makes what the records of a shard become. Defaults to the table of events with recommendations, and the model.
	Contents func(Config, Shard, Observer) (Contents, error)
}

// Editions are what all shards of the stream have learnt, as it is published from time to time: see package follow.
type Editions interface {
	// Latest returns the newest edition, or nil before there is one. It returns at once.
	Latest() *model.Edition
}

// WithDefaults returns the configuration with its defaults filled in.
func (c Config) WithDefaults() Config {
	if c.MaxBytes == 0 {
		c.MaxBytes = 128 << 20
	}
	if c.MaxRows == 0 {
		c.MaxRows = 1_000_000
	}
	if c.MaxAge == 0 {
		c.MaxAge = time.Minute
	}
	if c.FirstAge == 0 {
		c.FirstAge = min(time.Second, c.MaxAge)
	}
	if c.Budget == nil {
		c.Budget = unbounded()
	}
	if c.Recommendations == 0 {
		c.Recommendations = 20
	}
	if c.RestoreWindow == 0 {
		c.RestoreWindow = 24 * time.Hour
	}
	if c.Tombstones == nil {
		c.Tombstones = func() int { return 0 }
	}
	if c.Keep == 0 {
		c.Keep = 48 * time.Hour
	}
	if c.StateRows == 0 {
		c.StateRows = 100_000
	}
	if c.Model == nil {
		c.Model = new(model.DefaultParams())
	}
	if c.Contents == nil {
		c.Contents = newRows
	}
	return c
}

// Validate returns everything that is wrong with the configuration.
func (c Config) Validate() error {
	counted := c.Erased == nil || c.Tombstones != nil
	c = c.WithDefaults()
	var errs []error
	check := func(ok bool, text string) {
		if !ok {
			errs = append(errs, errors.New(text))
		}
	}
	check(c.Layout.Generation > 0, "generation: must be positive")
	check(c.Until == 0 || c.Source != (chain.Layout{}), "the hour at which reading back ends: there must be something to read back")
	check(c.MaxBytes >= 1<<10, "object size: must be at least 1 KiB")
	check(c.MaxRows > 0, "rows per object: must be positive")
	check(c.MaxAge >= 10*time.Millisecond, "flush age: must be at least 10ms")
	check(c.FirstAge > 0, "flush age of the first batch: must be positive")
	check(c.Budget.Limit() >= 64<<20, "memory budget: must be at least 64 MiB, which a shard or two need")
	check(c.Recommendations >= -1 && c.Recommendations <= 1000, "recommendations: must be at most 1000, and -1 for none")
	check(counted, "erasures: how many are heeded must be known, or states would keep what should be forgotten")
	check(c.Keep >= time.Hour, "age of states: must be at least 1h")
	check(c.StateRows > 0, "rows between states: must be positive")
	check(c.RestoreWindow > 0, "restore window: must be positive")
	return errors.Join(append(errs, c.Model.Validate())...)
}
