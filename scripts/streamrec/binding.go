package main

import (
	"context"
	"errors"

	"github.com/sirupsen/logrus"

	infradynamo "github.com/streamrec/streamrec/infra/dynamo"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// binding is what the deployment says that its application works on.
func (d deployment) binding() infradynamo.Binding {
	return infradynamo.Binding{Stream: d.stream, Bucket: d.bucket, Prefix: d.layout.Prefix, Private: d.private}
}

// checkBinding refuses a stream or a log that is not the application's, as far as the deployment names one. Nothing is known of an application that no worker has begun
// yet, or none that binds.
func (d deployment) checkBinding(ctx context.Context, c clients) error {
	have, err := infradynamo.NewStore(c.dynamodb, d.app).Binding(ctx)
	switch {
	case errors.Is(err, lease.ErrAbsent):
		return nil
	case err != nil:
		return explain("lease table "+d.app, err)
	}
	return d.compare(have)
}

func (d deployment) compare(have infradynamo.Binding) error {
	want := d.binding()
	switch {
	case want.Stream != "" && want.Stream != have.Stream:
		return refuse("application %q reads the stream %q, not %q: say --stream %s, or name another application with --app", d.app, have.Stream, want.Stream, have.Stream)
	case want.Bucket != "" && (want.Bucket != have.Bucket || want.Prefix != have.Prefix):
		return refuse("application %q has its log under %s, not under %s: say --bucket %s --prefix %q, or name another application with --app",
			d.app, place(have.Bucket, have.Prefix), place(want.Bucket, want.Prefix), have.Bucket, have.Prefix)
	}
	return nil
}

func place(bucket, prefix string) string { return "s3://" + bucket + "/" + prefix }

// bind binds the application to what the worker works on, or refuses what it is not bound to. Once customers have pseudonyms, no worker stores them in clear.
func (d deployment) bind(ctx context.Context, c clients, log logrus.FieldLogger) error {
	store := infradynamo.NewStore(c.dynamodb, d.app)
	have, err := store.Bind(ctx, d.binding())
	if err != nil {
		return explain("lease table "+d.app, err)
	}
	if err := d.compare(have); err != nil || have.Private == d.private {
		return err
	}
	if have.Private {
		return refuse("application %q stores customers under pseudonyms, and --no-privacy would store them in clear beside those: pass its key with --privacy-key-file", d.app)
	}
	log.Warn("customers have been stored in clear until now, and get pseudonyms from here on")
	return explain("lease table "+d.app, store.Privatise(ctx))
}

// checkOwner refuses a log in which another application writes.
func (d deployment) checkOwner(ctx context.Context, b chain.Bucket) error {
	owner, err := chain.Own(ctx, worker.System{}, b, d.layout, d.app)
	switch {
	case err != nil:
		return explain("bucket "+d.bucket, err)
	case owner != d.app:
		return refuse("the log under %s belongs to application %q, not to %q: two applications cannot write one log; say another --prefix, or --app %s",
			place(d.bucket, d.layout.Prefix), owner, d.app, owner)
	}
	return nil
}
