package worker

import (
	"context"
	"errors"

	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/worker/lease"
)

// Record is one Kinesis record as it was put, aggregated or not.
type Record = event.Record

// Stream is the source. Its methods may be called for several shards at a time.
type Stream interface {
	// Shards lists all shards that the stream still has, closed ones included, as lease rows without owner.
	Shards(ctx context.Context) ([]lease.Lease, error)
	// Iterator returns an iterator at a position of a shard. ErrPosition: the shard has no such position. ErrShardGone: the stream has
	// the shard no more.
	Iterator(ctx context.Context, shard string, at lease.Position) (string, error)
	// Read returns the next records, at most limit.
	Read(ctx context.Context, iterator string, limit int32) (Page, error)
}

// Page is the answer to one read.
type Page struct {
	Records            []Record      // in order; empty when nothing has come
	Next               string        // the next iterator, empty at the end of a closed shard
	Children           []lease.Lease // at the end of a closed shard: those that continue it
	MillisBehindLatest int64         // how far the answer is behind the tip of the stream, ms; 0: at the tip
}

// End is the position after the last record; ok is false when there is none.
func (p Page) End() (at lease.Position, ok bool) {
	if len(p.Records) == 0 {
		return lease.Position{}, false
	}
	return lease.After(p.Records[len(p.Records)-1].SequenceNumber, 0), true
}

// Sentinels of the Stream. Every other error is worth another try.
var (
	// ErrPosition says that a position is not one of the shard: the stream has been recreated, or the row is wrong.
	ErrPosition = errors.New("position is not in the shard")
	// ErrIteratorExpired says that an iterator is older than five minutes.
	ErrIteratorExpired = errors.New("shard iterator has expired")
	// ErrShardGone says that the stream is there, and that the shard, which was closed, is past retention with all its records.
	ErrShardGone = errors.New("shard is past retention")
	// ErrStreamRefused says that the stream is not there or may not be read.
	ErrStreamRefused = errors.New("stream refuses")
)
