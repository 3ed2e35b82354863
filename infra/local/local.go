package local

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"

	"github.com/streamrec/streamrec/infra/local/dynamo"
	"github.com/streamrec/streamrec/infra/local/fault"
	"github.com/streamrec/streamrec/infra/local/kinesis"
	"github.com/streamrec/streamrec/infra/local/s3"
)

// Local is the three services behind one handler. It is safe for concurrent use.
type Local struct {
	options Options
	kinesis *kinesis.Service
	dynamo  *dynamo.Service
	s3      *s3.Service
	handler http.Handler
}

// New opens the services. It fails when another process uses Options.Dir, and when its data is damaged.
func New(options Options) (*Local, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	l := &Local{options: options}
	if err := l.open(); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	l.handler = l.routes()
	return l, nil
}

// open opens S3 last: it has no lock of its own and is kept from other processes by those of the others.
func (l *Local) open() (err error) {
	o := l.options
	l.kinesis, err = kinesis.New(kinesis.Options{
		Now: o.Now, Dir: o.folder("kinesis"), EnforceLimits: o.EnforceLimits, CreateDelay: o.CreateDelay, Region: o.Region, Logger: o.Logger,
		Streams: o.Streams,
	})
	if err != nil {
		return fmt.Errorf("start local Kinesis: %w", err)
	}
	l.dynamo, err = dynamo.New(dynamo.Options{
		Now: o.Now, Dir: o.folder("dynamodb"), CreateDelay: o.CreateDelay, Region: o.Region, Log: o.Logger,
	})
	if err != nil {
		return fmt.Errorf("start local DynamoDB: %w", err)
	}
	l.s3, err = s3.New(s3.Options{
		Now: o.Now, Dir: o.folder("s3"), Buckets: o.Buckets, IgnoreConditions: o.IgnoreConditions, MaxObjectBytes: o.MaxObjectBytes,
	})
	if err != nil {
		return fmt.Errorf("start local S3: %w", err)
	}
	return nil
}

// folder is where a service keeps its data, empty for memory.
func (o Options) folder(service string) string {
	if o.Dir == "" {
		return ""
	}
	return filepath.Join(o.Dir, service)
}

// Close closes the services; their data is on disk afterwards. Stop serving first: what comes later fails.
func (l *Local) Close() error {
	var errs []error
	if l.s3 != nil {
		errs = append(errs, l.s3.Close())
	}
	if l.dynamo != nil {
		errs = append(errs, l.dynamo.Close())
	}
	if l.kinesis != nil {
		errs = append(errs, l.kinesis.Close())
	}
	return errors.Join(errs...)
}

// Handler is everything that is served, for servers of one's own.
func (l *Local) Handler() http.Handler { return l.handler }

// Kinesis is the Kinesis inside.
func (l *Local) Kinesis() *kinesis.Service { return l.kinesis }

// DynamoDB is the DynamoDB inside.
func (l *Local) DynamoDB() *dynamo.Service { return l.dynamo }

// S3 is the S3 inside.
func (l *Local) S3() *s3.Service { return l.s3 }

// Faults is the script that every request passes.
func (l *Local) Faults() *fault.Script { return l.options.Faults }
