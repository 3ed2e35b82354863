package worker

import (
	"errors"
	"time"

	"github.com/streamrec/streamrec/worker/lease"
)

// Config configures a Worker. The zero value of an optional field means its default.
type Config struct {
	// Name is the beginning of the worker's id; a random part makes it unique for every start. Required.
	Name string
	// ID is the worker's id, from NewID: for who wants to know it before the worker is there. By default New makes one.
	ID string
	// Application names the lease table. Required.
	Application string
	// Stream is the Kinesis stream to read. Required.
	Stream string
	// Address is the host:port of the worker's HTTP server, as others reach it. Optional.
	Address string
	// Lease has the times of the lease protocol.
	Lease lease.Config
	// MaxRecords is the largest number of records asked for in one read; of larger records a read asks for fewer, some 1 MiB. Defaults to 10,000, the limit of
	// Kinesis.
	MaxRecords int32
	// ReadInterval is the time between two reads of a shard. Defaults to 201 ms: Kinesis allows five a second, shared by all
	// applications that read the stream.
	ReadInterval time.Duration
	// IdleReadInterval is the time between two reads of a shard in which there has been nothing to read for 5 s: what comes first after the
	// silence may be met so much later. Defaults to 500 ms, or ReadInterval if that is longer.
	IdleReadInterval time.Duration
	// SilentReadInterval is the same for a shard in which there has been nothing to read for a minute. Defaults to 1 s, or IdleReadInterval if that
	// is longer.
	SilentReadInterval time.Duration
	// Stall is how long a shard may give no sign of progress, failing requests included, before its lease is released. It has to
	// be longer than any request that a Processor makes. Defaults to 3 minutes.
	Stall time.Duration
	// Retention is how long the stream keeps records. Defaults to 24 h.
	Retention time.Duration
}

func (c Config) withDefaults() Config {
	if c.MaxRecords == 0 {
		c.MaxRecords = 10_000
	}
	if c.ReadInterval == 0 {
		c.ReadInterval = readInterval
	}
	if c.IdleReadInterval == 0 {
		c.IdleReadInterval = max(idleReadInterval, c.ReadInterval)
	}
	if c.SilentReadInterval == 0 {
		c.SilentReadInterval = max(silentReadInterval, c.IdleReadInterval)
	}
	if c.Stall == 0 {
		c.Stall = 3 * time.Minute
	}
	if c.Retention == 0 {
		c.Retention = 24 * time.Hour
	}
	c.Lease = c.Lease.WithDefaults()
	return c
}

// readInterval is the time between two reads of a shard after a silence.
func (c Config) readInterval(silence time.Duration) time.Duration {
	switch {
	case silence >= silentAfter:
		return c.SilentReadInterval
	case silence >= idleAfter:
		return c.IdleReadInterval
	}
	return c.ReadInterval
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
	check(c.Name != "", "worker name: must not be empty")
	check(c.Application != "", "application: must not be empty")
	check(c.Stream != "", "stream: must not be empty")
	check(c.MaxRecords >= 1 && c.MaxRecords <= 10_000, "records per read: must be between 1 and 10000")
	check(c.ReadInterval >= readInterval && c.ReadInterval <= time.Minute, "read interval: must be between 201ms and 1m")
	check(c.IdleReadInterval >= c.ReadInterval && c.IdleReadInterval <= time.Minute, "idle read interval: must be between the read interval and 1m")
	check(c.SilentReadInterval >= c.IdleReadInterval && c.SilentReadInterval <= time.Minute, "silent read interval: must be between the idle read interval and 1m")
	check(c.Stall >= 10*time.Second, "stall time: must be at least 10s")
	check(c.Retention >= time.Hour, "retention: must be at least one hour")
	return errors.Join(append(errs, c.Lease.Validate())...)
}
