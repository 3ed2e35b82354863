package worker

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go/middleware"
)

// newKCLClient returns the *kinesis.Client that the KCL gets. No request of it leaves the process: a middleware in front answers
// from the worker, whose own Stream does the reading. So a consumer sees the shards that are granted to this worker and
// no others, holds a token of its term instead of an iterator, and is ended by an error.
func newKCLClient(w *Worker) *kinesis.Client {
	return kinesis.New(kinesis.Options{Region: "local", APIOptions: []func(*middleware.Stack) error{func(s *middleware.Stack) error {
		return s.Initialize.Add(middleware.InitializeMiddlewareFunc("streamrec", func(
			_ context.Context, in middleware.InitializeInput, _ middleware.InitializeHandler,
		) (out middleware.InitializeOutput, md middleware.Metadata, err error) {
			out.Result, err = w.answer(in.Parameters)
			return out, md, err
		}), middleware.Before)
	}}})
}

func (w *Worker) answer(request any) (any, error) {
	switch q := request.(type) {
	case *kinesis.ListShardsInput:
		return w.listShards(), nil
	case *kinesis.GetShardIteratorInput:
		return w.openShard(*q.ShardId)
	case *kinesis.GetRecordsInput:
		return w.readShard(*q.ShardIterator)
	}
	return nil, fmt.Errorf("the KCL asked for %T, which it never needs", request)
}

// listShards shows shards without parents: the coordinator grants no child before its parents have ended. The event loop asks in each round, and
// would go round fifty times a second: it waits here until the registry has news.
func (w *Worker) listShards() *kinesis.ListShardsOutput {
	if !w.shards.granted() {
		select {
		case <-w.shards.bell:
		case <-time.After(kclPause):
		}
	}
	out := &kinesis.ListShardsOutput{}
	for _, id := range w.shards.visible() {
		out.Shards = append(out.Shards, types.Shard{ShardId: &id, SequenceNumberRange: &types.SequenceNumberRange{}})
	}
	return out
}

// openShard restores the shard's state and returns the token of its term.
func (w *Worker) openShard(id string) (*kinesis.GetShardIteratorOutput, error) {
	s := w.shards.running(id)
	if s == nil {
		return nil, errEnded
	}
	if err := unpanicked(func() error { return s.open(kclContext(s)) }); err != nil {
		s.fail(err)
		return nil, fmt.Errorf("%w: %w", errEnded, err)
	}
	return &kinesis.GetShardIteratorOutput{ShardIterator: new(s.token())}, nil
}

// token names the term, so that a consumer of an earlier term cannot read under a later one.
func (s *shard) token() string { return fmt.Sprintf("%s#%d", s.term.Key(), s.first) }

// readShard reads the next page of the term that the token names. The KCL, which calls ProcessRecords next and from the same goroutine, does not get the records:
// it would look for KPL aggregates in each, drop a whole batch for one that is damaged, lose explicit hash keys, and copy them all. The shard keeps the page
// for ProcessRecords, and the KCL sees an empty one.
func (w *Worker) readShard(token string) (*kinesis.GetRecordsOutput, error) {
	s := w.shards.byToken(token)
	if s == nil || s.term.Context().Err() != nil {
		return nil, errEnded
	}
	page, err := s.read(kclContext(s))
	if err != nil {
		s.fail(err)
		return nil, fmt.Errorf("%w: %w", errEnded, err)
	}
	s.page = &page
	out := &kinesis.GetRecordsOutput{MillisBehindLatest: &page.MillisBehindLatest}
	if page.Next != "" {
		out.NextShardIterator = &token
	}
	return out, nil
}
