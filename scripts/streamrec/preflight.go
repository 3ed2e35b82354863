package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/sirupsen/logrus"

	infradynamo "github.com/streamrec/streamrec/infra/dynamo"
	infrakinesis "github.com/streamrec/streamrec/infra/kinesis"
	infras3 "github.com/streamrec/streamrec/infra/s3"
	"github.com/streamrec/streamrec/infra/transport"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker"
)

// deployment names what a worker and its tools work on.
type deployment struct {
	app    string
	stream string
	bucket string
	layout chain.Layout

	private bool // of a worker: customers get pseudonyms
}

// layoutOf returns where an application's log is when it begins.
func layoutOf(prefix string) chain.Layout {
	return chain.Layout{Prefix: strings.Trim(prefix, "/"), Generation: 1}
}

// readersLayout returns the layout as readers see it, or, of a generation other than 0, that generation alone.
func readersLayout(ctx context.Context, b chain.Bucket, l chain.Layout, generation int) (chain.Layout, error) {
	if generation > 0 {
		return l.In(generation), nil
	}
	p, err := readMap(ctx, b, l)
	if err != nil {
		return l, err
	}
	return l.With(p.Map), nil
}

// readMap reads what readers see, and says what to do about an object that does not tell.
func readMap(ctx context.Context, b chain.Bucket, l chain.Layout) (chain.Published, error) {
	p, err := chain.ReadPublished(ctx, worker.System{}, b, l)
	if errors.Is(err, chain.ErrBroken) {
		err = fmt.Errorf("%w; look at what is there, and delete it if it is damaged: a worker that starts, or streamrec reset --finish, writes it anew", err)
	}
	return p, err
}

// preflightTimeout bounds the checks, so that a mistake shows within seconds.
const preflightTimeout = 20 * time.Second

// ground is what a worker stands on, when everything that it needs is there.
type ground struct {
	stream infrakinesis.Summary
	bucket *infras3.Bucket
}

// preflight checks everything that a worker needs, and leaves nothing behind when it refuses. A mistake is refused at once; a service that fails is asked
// again as long as there is patience, and then refused as well.
func (d deployment) preflight(ctx context.Context, c clients, create bool, patience time.Duration, log logrus.FieldLogger) (ground, error) {
	check, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var failure error
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		g, err := d.check(check, c, create, log)
		if failing(err) {
			failure = err
			log.WithError(err).Warn("a service fails; the worker tries again before it starts")
			if (worker.System{}).Sleep(check, wait/2+rand.N(wait)) == nil {
				continue
			}
		}
		if err != nil && check.Err() != nil && ctx.Err() == nil {
			err = refuse("the worker has tried for %s: %w", patience, cmp.Or(failure, err))
		}
		return g, err
	}
}

// failing reports whether it is the service that has failed, so that it may work soon: the SDK has tried again, in vain, or nobody listens there yet, as when
// everything is started at once. One that cannot be reached otherwise is a wrong address, or a network that is not there.
func failing(err error) bool {
	_, tried := errors.AsType[*retry.MaxAttemptsError](err)
	answer, answered := errors.AsType[transport.Answer](err)
	return tried || answered && answer.Failed() || errors.Is(err, infrakinesis.ErrFailing) || errors.Is(err, syscall.ECONNREFUSED)
}

func (d deployment) check(ctx context.Context, c clients, create bool, log logrus.FieldLogger) (g ground, err error) {
	if g.stream, err = checkStream(ctx, c, d.stream); err != nil {
		return g, err
	}
	if g.bucket, err = checkBucket(ctx, c, d.bucket); err != nil {
		return g, err
	}
	switch err := checkTable(ctx, c, d.app, false); {
	case err == nil:
		err = d.checkBinding(ctx, c)
		if err != nil {
			return g, err
		}
	case !create || !errors.Is(err, infradynamo.ErrNoTable):
		return g, err
	}
	if err := checkLog(ctx, g.bucket, d, g.stream.ARN); err != nil {
		return g, err
	}
	if err := checkTable(ctx, c, d.app, create); err != nil {
		return g, err
	}
	return g, d.bind(ctx, c, log)
}

// checkStream describes the stream, or refuses.
func checkStream(ctx context.Context, c clients, name string) (infrakinesis.Summary, error) {
	summary, err := infrakinesis.NewStream(c.kinesis, name).Summary(ctx)
	if unusable, ok := errors.AsType[*infrakinesis.StreamError](err); ok {
		return summary, refuse("%w; %s", err, unusable.Remedy())
	}
	return summary, err
}

// checkBucket refuses a bucket that is not there.
func checkBucket(ctx context.Context, c clients, name string) (*infras3.Bucket, error) {
	b := infras3.NewBucket(c.s3, name)
	if err := b.Exists(ctx); errors.Is(err, chain.ErrNotFound) {
		return nil, refuse("bucket %q does not exist: create it (aws s3 mb s3://%s) or name another one with --bucket", name, name)
	} else if err != nil {
		return nil, explain("bucket "+name, err)
	}
	return b, nil
}

// checkLog refuses a bucket without conditional writes, and a prefix that belongs to another stream or layout. It fails where nobody can say what readers see.
func checkLog(ctx context.Context, b chain.Bucket, d deployment, streamARN string) error {
	for _, check := range []func() error{
		func() error { return chain.Probe(ctx, b, d.layout) },
		func() error { return chain.Freeze(ctx, worker.System{}, b, d.layout, streamARN) },
		func() error { _, err := readMap(ctx, b, d.layout); return err },
	} {
		if err := check(); errors.Is(err, chain.ErrRefused) {
			return refuse("bucket %s: %w", d.bucket, err)
		} else if err != nil {
			return explain("bucket "+d.bucket, err)
		}
	}
	return d.checkOwner(ctx, b)
}

// checkTable refuses when the lease table is missing and may not be created.
func checkTable(ctx context.Context, c clients, name string, create bool) error {
	sleep := worker.System{}.Sleep
	err := infradynamo.Check(ctx, c.dynamodb, name, sleep)
	if errors.Is(err, infradynamo.ErrNoTable) {
		if !create {
			return refuse("%w: %q: let a worker create it (without --no-create-tables), or create it with the keys scope (hash) and leaseKey (range), both strings", err, name)
		}
		if err := infradynamo.Create(ctx, c.dynamodb, name); err != nil {
			return explain("create lease table "+name, err)
		}
		err = infradynamo.Check(ctx, c.dynamodb, name, sleep)
	}
	if err != nil {
		return explain("lease table "+name, err)
	}
	return nil
}
