package e2e

import (
	"context"
	"math/big"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// Shards lists what the stream has, closed shards too, in the order in which they were made.
func (s *Stack) Shards(ctx context.Context) []types.Shard {
	s.t.Helper()
	page, err := s.Kinesis.ListShards(ctx, &kinesis.ListShardsInput{StreamName: aws.String(Stream)})
	if err != nil || page.NextToken != nil {
		s.t.Fatalf("list shards, at most a page of them: %v", err)
	}
	return page.Shards
}

// closed tells a closed shard from an open one.
func closed(sh types.Shard) bool { return sh.SequenceNumberRange.EndingSequenceNumber != nil }

func ids(shards []types.Shard) (ids []string) {
	for _, sh := range shards {
		ids = append(ids, *sh.ShardId)
	}
	return ids
}

// OpenShards returns the ids of the shards that take records.
func (s *Stack) OpenShards(ctx context.Context) []string {
	s.t.Helper()
	return ids(slices.DeleteFunc(s.Shards(ctx), closed))
}

// ClosedShards returns the ids of the shards that have been split or merged.
func (s *Stack) ClosedShards(ctx context.Context) []string {
	s.t.Helper()
	return ids(slices.DeleteFunc(s.Shards(ctx), func(sh types.Shard) bool { return !closed(sh) }))
}

// SplitAll cuts open shards in the middle and returns the ids of their children. Nobody is waited for.
func (s *Stack) SplitAll(ctx context.Context, shards ...string) (children []string) {
	s.t.Helper()
	s.resharded = true
	all := s.Shards(ctx)
	before := ids(all)
	for _, sh := range all {
		if !slices.Contains(shards, *sh.ShardId) {
			continue
		}
		from, _ := new(big.Int).SetString(*sh.HashKeyRange.StartingHashKey, 10)
		to, _ := new(big.Int).SetString(*sh.HashKeyRange.EndingHashKey, 10)
		middle := from.Add(from, to).Rsh(from, 1).String()
		if _, err := s.Kinesis.SplitShard(ctx, &kinesis.SplitShardInput{StreamName: aws.String(Stream), ShardToSplit: sh.ShardId, NewStartingHashKey: &middle}); err != nil {
			s.t.Fatalf("split %s: %v", *sh.ShardId, err)
		}
	}
	return slices.DeleteFunc(s.OpenShards(ctx), func(id string) bool { return slices.Contains(before, id) })
}

// Update gives the stream so many shards. Nobody is waited for.
func (s *Stack) Update(ctx context.Context, shards int) {
	s.t.Helper()
	s.resharded = true
	_, err := s.Kinesis.UpdateShardCount(ctx, &kinesis.UpdateShardCountInput{
		StreamName: aws.String(Stream), TargetShardCount: aws.Int32(int32(shards)), ScalingType: types.ScalingTypeUniformScaling,
	})
	if err != nil {
		s.t.Fatalf("update shard count to %d: %v", shards, err)
	}
	if open := len(s.OpenShards(ctx)); open != shards {
		s.t.Fatalf("the stream has %d open shards, want %d", open, shards)
	}
}
