package main

import (
	"context"
	"errors"
	"fmt"

	infrakinesis "github.com/streamrec/streamrec/infra/kinesis"
	"github.com/streamrec/streamrec/processor/audit"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// auditStream lets the stream of the workers be read by an audit.
type auditStream struct{ stream *infrakinesis.Stream }

// Shards implements audit.Stream.
func (s auditStream) Shards(ctx context.Context) (ids []string, err error) {
	shards, err := s.stream.Shards(ctx)
	for _, sh := range shards {
		ids = append(ids, sh.Key)
	}
	return ids, certain(err)
}

// Iterator implements audit.Stream.
func (s auditStream) Iterator(ctx context.Context, shard, after string) (string, error) {
	at := lease.Position{Type: lease.TrimHorizon}
	if after != "" {
		at = lease.After(after, 0)
	}
	iterator, err := s.stream.Iterator(ctx, shard, at)
	return iterator, certain(err)
}

// Read implements audit.Stream.
func (s auditStream) Read(ctx context.Context, iterator string, limit int32) (audit.Page, error) {
	page, err := s.stream.Read(ctx, iterator, limit)
	return audit.Page{Records: page.Records, Next: page.Next, MillisBehindLatest: page.MillisBehindLatest}, certain(err)
}

// certain marks the errors that asking again does not change. Kinesis says of a shard that retention has taken away what it says of a missing
// stream, and the stream has been there when the shards were listed.
func certain(err error) error {
	if errors.Is(err, infrakinesis.ErrStreamMissing) || errors.Is(err, worker.ErrShardGone) {
		return fmt.Errorf("%w: %w", chain.ErrNotFound, err)
	}
	if errors.Is(err, worker.ErrStreamRefused) || errors.Is(err, worker.ErrPosition) {
		return fmt.Errorf("%w: %w", chain.ErrRefused, err)
	}
	return err
}
