package side

import (
	"context"
	"fmt"

	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// stream is what the workers of a side replay have instead of one: the shards of its rows, in which nothing is.
type stream struct{ rows lease.Store }

// Stream returns the worker.Stream for the workers of a replay with these rows.
func Stream(rows lease.Store) worker.Stream { return stream{rows} }

// Shards implements worker.Stream.
func (s stream) Shards(ctx context.Context) ([]lease.Lease, error) {
	rows, _, err := s.rows.Leases(ctx)
	if err != nil {
		return nil, err
	}
	shards := make([]lease.Lease, len(rows))
	for i, l := range rows {
		shards[i] = lease.Lease{Key: l.Key, Parents: l.Parents, StartingHashKey: l.StartingHashKey, EndingHashKey: l.EndingHashKey}
	}
	return shards, nil
}

// Iterator implements worker.Stream. It is not called as long as the processors do what they should.
func (stream) Iterator(_ context.Context, shard string, at lease.Position) (string, error) {
	return "", fmt.Errorf("read %s from %s on: a side replay reads the log alone: %w", shard, at, worker.ErrPosition)
}

// Read implements worker.Stream.
func (stream) Read(context.Context, string, int32) (worker.Page, error) {
	return worker.Page{}, worker.ErrPosition
}
