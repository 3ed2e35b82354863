package local

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/streamrec/streamrec/infra/local/fault"
)

// Options configures a Local. The zero value is empty services in memory, without rate limits, open to everyone.
type Options struct {
	// Dir keeps all data across restarts, in Dir/kinesis, Dir/dynamodb and Dir/s3. It is created when missing. Empty means memory.
	Dir string

	// Now is the clock of all three services. Defaults to time.Now.
	Now func() time.Time

	// Region is the region in ARNs and in the clients of Config. Defaults to us-east-1.
	Region string

	// EnforceLimits makes Kinesis throttle as the real one does.
	EnforceLimits bool

	// CreateDelay is how long new streams and tables stay CREATING. Defaults to 0.
	CreateDelay time.Duration

	// Streams are created at the start, with so many shards, when they do not exist.
	Streams map[string]int64

	// Buckets are created at the start when they do not exist.
	Buckets []string

	// IgnoreConditions makes S3 accept conditional writes and disregard the condition, as some object stores do.
	IgnoreConditions bool

	// MaxObjectBytes is the largest S3 object accepted, in bytes. Defaults to 5 GiB.
	MaxObjectBytes int64

	// Credentials maps access key ids to secret keys. When set, requests that are not signed with one of them are refused as
	// AWS does. Without it any request is accepted, signed or not.
	Credentials map[string]string

	// Authorize stands between the faults and the services, and may refuse requests. Nil lets all pass.
	Authorize func(http.Handler) http.Handler

	// Faults is asked about every request before anything else. Defaults to an empty script, see Local.Faults.
	Faults *fault.Script

	// FaultsOverHTTP lets whoever reaches the port change Faults, at fault.Path.
	FaultsOverHTTP bool

	// StopGrace is how long Serve lets requests finish once its context has ended. Defaults to 3 s.
	StopGrace time.Duration

	// Logger is told of what no client sees. Defaults to none.
	Logger logrus.FieldLogger
}

func (o Options) withDefaults() (Options, error) {
	if o.CreateDelay < 0 || o.StopGrace < 0 || o.MaxObjectBytes < 0 {
		return o, errors.New("CreateDelay, StopGrace and MaxObjectBytes must not be negative")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Faults == nil {
		o.Faults = fault.New(0)
	}
	if o.Logger == nil {
		silent := logrus.New()
		silent.SetOutput(io.Discard)
		o.Logger = silent
	}
	o.Region = cmp.Or(o.Region, "us-east-1")
	o.StopGrace = cmp.Or(o.StopGrace, 3*time.Second)
	return o, nil
}
