package lease

import (
	"errors"
	"time"
)

// Config has the times of the protocol. The zero value of a field means its default.
type Config struct {
	// Failover is T: a worker whose counter has not moved for this long is dead. All workers should agree. Defaults to 5 s.
	Failover time.Duration
	// Heartbeat is the time between two heartbeats. Defaults to 2/5 of Failover.
	Heartbeat time.Duration
	// Margin is what is taken off T for a worker's trust in its own leases. Defaults to a fifth of Failover.
	Margin time.Duration
	// Scan is the time between two looks at the heartbeat rows of all workers. Defaults to a tenth of Failover.
	Scan time.Duration
	// ShardSync is the time between two listings of the stream's shards. Defaults to 30 s.
	ShardSync time.Duration
	// Grace bounds the hand-over of all leases when the worker leaves. Defaults to 30 s.
	Grace time.Duration
	// Moves bounds the leases that one worker hands over at a time for balance. Defaults to 8.
	Moves int
	// Initial is where an application begins that has no rows yet: TRIM_HORIZON, or AT_TIMESTAMP. Defaults to TRIM_HORIZON.
	Initial Position
	// Secret is that of the heartbeat row. Optional.
	Secret string
}

// WithDefaults returns the configuration with its defaults filled in.
func (c Config) WithDefaults() Config {
	fill := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	fill(&c.Failover, 5*time.Second)
	fill(&c.Heartbeat, c.Failover*2/5)
	fill(&c.Margin, c.Failover/5)
	fill(&c.Scan, c.Failover/10)
	fill(&c.ShardSync, 30*time.Second)
	fill(&c.Grace, 30*time.Second)
	if c.Moves == 0 {
		c.Moves = 8
	}
	if c.Initial.Type == "" {
		c.Initial.Type = TrimHorizon
	}
	return c
}

// Validate returns everything that is wrong with the configuration.
func (c Config) Validate() error {
	c = c.WithDefaults()
	var errs []error
	check := func(ok bool, text string) {
		if !ok {
			errs = append(errs, errors.New(text))
		}
	}
	check(c.Failover >= 100*time.Millisecond, "failover time: must be at least 100ms")
	check(c.Heartbeat > 0 && c.Heartbeat <= c.Failover/2, "heartbeat interval: must be positive and at most half of the failover time")
	check(c.Margin > 0 && c.Margin < c.Failover-c.Heartbeat, "trust margin: must be positive and leave room for a heartbeat within the failover time")
	check(c.Scan > 0 && c.Scan <= c.Failover/2, "scan interval: must be positive and at most half of the failover time")
	check(c.ShardSync > 0, "shard sync interval: must be positive")
	check(c.Grace > 0, "grace period: must be positive")
	check(c.Moves > 0, "moves in flight: must be positive")
	check(c.Initial.Type == TrimHorizon || c.Initial.Type == AtTimestamp, "initial position: must be TRIM_HORIZON or AT_TIMESTAMP")
	return errors.Join(errs...)
}

// grown returns the heartbeat counter of a worker that has been up for T at least, so that it knows all who died before it came. The
// counter is 1 on registration, and 2 at once.
func (c Config) grown() int64 { return 2 + int64((c.Failover+c.Heartbeat-1)/c.Heartbeat) }
