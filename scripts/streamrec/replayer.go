package main

import (
	"context"
	"encoding/json"
	"errors"
	"path"
	"time"

	infradynamo "github.com/streamrec/streamrec/infra/dynamo"
	infrakinesis "github.com/streamrec/streamrec/infra/kinesis"
	infras3 "github.com/streamrec/streamrec/infra/s3"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/replay"
)

// replayer is what commands work with that replay something of a deployment.
type replayer struct {
	clients   clients
	bucket    *infras3.Bucket
	stream    *infrakinesis.Stream
	store     *infradynamo.Store
	source    replay.Source
	operator  *lease.Operator
	retention time.Duration // of the stream
}

// newReplayer checks that everything is there. failover is T of the workers.
func newReplayer(ctx context.Context, c clients, d deployment, failover time.Duration) (*replayer, error) {
	check, cancel := context.WithTimeout(ctx, preflightTimeout)
	defer cancel()
	summary, err := checkStream(check, c, d.stream)
	if err != nil {
		return nil, err
	}
	bucket, err := checkBucket(check, c, d.bucket)
	if err != nil {
		return nil, err
	}
	if err := checkTable(check, c, d.app, false); err != nil {
		return nil, err
	}
	if err := d.checkBinding(check, c); err != nil {
		return nil, err
	}
	r := &replayer{clients: c, bucket: bucket, stream: infrakinesis.NewStream(c.kinesis, d.stream), store: infradynamo.NewStore(c.dynamodb, d.app), retention: summary.Retention}
	r.source = replay.Source{Env: worker.System{}, Bucket: bucket, Layout: d.layout, Stream: summary.ARN}
	r.operator = lease.NewOperator(worker.System{}, r.store, failover, replay.Publish(worker.System{}, bucket, d.layout))
	return r, nil
}

// record keeps who wants what, before it is done, beside the log. name is unique.
func (r *replayer) record(ctx context.Context, name string, what any) error {
	body, err := json.MarshalIndent(what, "", "  ")
	if err != nil {
		return err
	}
	key := path.Join(r.source.Layout.Prefix, "_log", "plans", name+".json")
	err = chain.Retry(ctx, r.source.Env, func(ctx context.Context) error { return r.bucket.PutIfAbsent(ctx, key, body, nil) })
	if err != nil && !errors.Is(err, chain.ErrExists) {
		return explain("record the plan under "+key, err)
	}
	return nil
}
