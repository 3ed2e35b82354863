package kinesis

import (
	"cmp"
	"errors"
	"io"
	"time"

	"github.com/sirupsen/logrus"
)

// Options configures a Service. The zero value is a service in memory without rate limits.
type Options struct {
	// Now is the clock: arrival times, retention, iterator expiry and rate limits follow it. It may jump in both
	// directions. Defaults to time.Now.
	Now func() time.Time

	// Dir is a folder that the service owns and in which streams and records survive a restart. It is created when it
	// does not exist. Defaults to none: everything is in memory.
	Dir string

	// EnforceLimits makes shards throttle: 1 MiB/s and 1,000 records/s in, 2 MiB/s and 5 reads/s out, and no reads for
	// 5 s after one of 10 MiB. It also bounds how often a stream is scaled or changes its mode in a day. Limits that do
	// not depend on time (sizes, counts) hold always.
	EnforceLimits bool

	// CreateDelay is how long a stream stays CREATING, UPDATING or DELETING. Defaults to 0: changes show at once.
	CreateDelay time.Duration

	// Streams are created at the start, with so many shards, when they do not exist.
	Streams map[string]int64

	// AccountID and Region are part of the ARNs. Default to 000000000000 and us-east-1.
	AccountID, Region string

	// ShardLimit is how many open shards the account may have. Defaults to 10,000.
	ShardLimit int

	// Logger is told of what no client sees: why a request ended as InternalFailure, and records that were lost in
	// a crash of the machine. Defaults to none.
	Logger logrus.FieldLogger

	// segmentBytes is lowered by tests to have many segments.
	segmentBytes int
}

var errOptions = errors.New("CreateDelay and ShardLimit must not be negative")

func (o Options) withDefaults() (Options, error) {
	if o.CreateDelay < 0 || o.ShardLimit < 0 {
		return Options{}, errOptions
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = discardLogger()
	}
	o.AccountID = cmp.Or(o.AccountID, "000000000000")
	o.Region = cmp.Or(o.Region, "us-east-1")
	o.ShardLimit = cmp.Or(o.ShardLimit, 10_000)
	o.segmentBytes = cmp.Or(o.segmentBytes, defaultSegmentBytes)
	return o, nil
}

func discardLogger() logrus.FieldLogger {
	logger := logrus.New()
	logger.SetOutput(io.Discard)
	return logger
}
