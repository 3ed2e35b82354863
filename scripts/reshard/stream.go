package reshard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// Stream is a stream whose shards are to be changed.
type Stream struct {
	Client *kinesis.Client
	Name   string
	Sleep  func(ctx context.Context, d time.Duration) error
}

// State is a stream as it is.
type State struct {
	Shards    Topology
	Active    bool // no operation is under way
	OnDemand  bool
	Retention time.Duration
	Room      int // shards that the account may still open; -1 when that is not known
}

// Look reads the state of the stream.
func (s Stream) Look(ctx context.Context) (State, error) {
	out, err := s.Client.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &s.Name})
	if err != nil {
		return State{}, fmt.Errorf("describe stream: %w", err)
	}
	d := out.StreamDescriptionSummary
	st := State{
		Active: d.StreamStatus == types.StreamStatusActive, Retention: time.Duration(aws.ToInt32(d.RetentionPeriodHours)) * time.Hour, Room: -1,
		OnDemand: d.StreamModeDetails != nil && d.StreamModeDetails.StreamMode == types.StreamModeOnDemand,
	}
	if limits, err := s.Client.DescribeLimits(ctx, &kinesis.DescribeLimitsInput{}); err == nil { // who may not ask learns it from the operation
		st.Room = int(aws.ToInt32(limits.ShardLimit) - aws.ToInt32(limits.OpenShardCount))
	}
	st.Shards, err = s.list(ctx)
	return st, err
}

func (s Stream) list(ctx context.Context) (Topology, error) {
	var all []types.Shard
	for in := (&kinesis.ListShardsInput{StreamName: &s.Name}); ; {
		out, err := s.Client.ListShards(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("list shards: %w", err)
		}
		if all = append(all, out.Shards...); out.NextToken == nil {
			return topology(all), nil
		}
		in = &kinesis.ListShardsInput{NextToken: out.NextToken}
	}
}

// Do begins a step.
func (s Stream) Do(ctx context.Context, step Step) error {
	var err error
	switch step.Operation {
	case UpdateShardCount:
		_, err = s.Client.UpdateShardCount(ctx, &kinesis.UpdateShardCountInput{
			StreamName: &s.Name, TargetShardCount: aws.Int32(int32(step.Shards)), ScalingType: types.ScalingTypeUniformScaling,
		})
	case SplitShard:
		_, err = s.Client.SplitShard(ctx, &kinesis.SplitShardInput{StreamName: &s.Name, ShardToSplit: &step.Shard, NewStartingHashKey: &step.At})
	case MergeShards:
		_, err = s.Client.MergeShards(ctx, &kinesis.MergeShardsInput{StreamName: &s.Name, ShardToMerge: &step.Shard, AdjacentShardToMerge: &step.Adjacent})
	}
	if err != nil {
		return fmt.Errorf("%s: %w", step, err)
	}
	return nil
}

// poll is the time between two looks at a stream that is changing.
const poll = time.Second

// settled waits until no operation is under way. A look that fails is repeated, a few times.
func (s Stream) settled(ctx context.Context) (State, error) {
	failures := 0
	for {
		st, err := s.Look(ctx)
		switch {
		case err == nil && st.Active:
			return st, nil
		case err == nil:
			failures = 0
		case failures == 5 || ctx.Err() != nil:
			return st, errors.Join(context.Cause(ctx), err)
		default:
			failures++
		}
		if err := s.Sleep(ctx, poll); err != nil {
			return st, err
		}
	}
}

// Run carries a request out and returns the state after it. begun is told of each step before it begins. Whatever is under
// way is waited for, so that a run that was interrupted is resumed by another one. What the stream is too busy for is tried again for a minute.
func (s Stream) Run(ctx context.Context, r Request, begun func(Step)) (State, error) {
	for busy := 0; ; {
		st, err := s.settled(ctx)
		if err != nil {
			return st, err
		}
		steps, err := r.Plan(st.Shards)
		if err != nil || len(steps) == 0 {
			return st, err
		}
		if busy == 0 {
			begun(steps[0])
		}
		err = s.Do(ctx, steps[0])
		if _, inUse := errors.AsType[*types.ResourceInUseException](err); inUse && busy < 60 {
			busy++
			err = s.Sleep(ctx, poll)
		} else {
			busy = 0
		}
		if err != nil {
			return st, err
		}
	}
}
