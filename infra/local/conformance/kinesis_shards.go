package conformance

import (
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// kinesisShards are shards as they are listed.
type kinesisShards []types.Shard

// covers reports whether the hash keys of a shard include one.
func covers(shard types.Shard, key *big.Int) bool {
	return kinesisNumber(shard.HashKeyRange.StartingHashKey).Cmp(key) <= 0 && key.Cmp(kinesisNumber(shard.HashKeyRange.EndingHashKey)) <= 0
}

// tile passes if the shards cover the whole hash space, each key once.
func (s kinesisShards) tile() error {
	next := new(big.Int)
	for _, shard := range s.byRange() {
		if kinesisNumber(shard.HashKeyRange.StartingHashKey).Cmp(next) != 0 {
			return fmt.Errorf("shard %s begins at %s, want %s", *shard.ShardId, *shard.HashKeyRange.StartingHashKey, next)
		}
		next = new(big.Int).Add(kinesisNumber(shard.HashKeyRange.EndingHashKey), big.NewInt(1))
	}
	if space := new(big.Int).Lsh(big.NewInt(1), 128); next.Cmp(space) != 0 {
		return fmt.Errorf("the shards end before %s, want 2^128", next)
	}
	return nil
}

// uniform passes if the shards tile the space in ranges whose sizes differ by less than a millionth.
func (s kinesisShards) uniform(count int) error {
	if err := errors.Join(kinesisEqual("number of shards", len(s), count), s.tile()); err != nil {
		return err
	}
	space := new(big.Int).Lsh(big.NewInt(1), 128)
	width := new(big.Int).Div(space, big.NewInt(int64(count)))
	for i, shard := range s.byRange() {
		want := new(big.Int).Mul(width, big.NewInt(int64(i)))
		off := new(big.Int).Sub(kinesisNumber(shard.HashKeyRange.StartingHashKey), want)
		if off.Abs(off).Cmp(new(big.Int).Div(width, big.NewInt(1_000_000))) > 0 {
			return fmt.Errorf("shard %d of %d begins at %s, want about %s", i, count, *shard.HashKeyRange.StartingHashKey, want)
		}
	}
	return nil
}

func (s kinesisShards) byRange() kinesisShards {
	return slices.SortedFunc(slices.Values(s), func(a, b types.Shard) int {
		return kinesisNumber(a.HashKeyRange.StartingHashKey).Cmp(kinesisNumber(b.HashKeyRange.StartingHashKey))
	})
}

// open keeps the open shards.
func (s kinesisShards) open() kinesisShards {
	return slices.DeleteFunc(slices.Clone(s), func(s types.Shard) bool { return s.SequenceNumberRange.EndingSequenceNumber != nil })
}

// childrenOf keeps the shards that a split or merge made out of one.
func (s kinesisShards) childrenOf(id string) kinesisShards {
	return slices.DeleteFunc(slices.Clone(s), func(s types.Shard) bool {
		return aws.ToString(s.ParentShardId) != id && aws.ToString(s.AdjacentParentShardId) != id
	})
}

func (s kinesisShards) ids() []string {
	var names []string
	for _, shard := range s {
		names = append(names, aws.ToString(shard.ShardId))
	}
	slices.Sort(names)
	return names
}

// are passes if these are the shards, in any order.
func (s kinesisShards) are(what string, want kinesisShards) error {
	if got := s.ids(); !slices.Equal(got, want.ids()) {
		return fmt.Errorf("%s are %q, want %q", what, got, want.ids())
	}
	return nil
}

// find returns the shard with an id.
func (s kinesisShards) find(id string) (types.Shard, error) {
	at := slices.IndexFunc(s, func(s types.Shard) bool { return aws.ToString(s.ShardId) == id })
	if at < 0 {
		return types.Shard{}, fmt.Errorf("shard %s is not listed", id)
	}
	return s[at], nil
}

func kinesisShardChecks() []kinesisCheck {
	return []kinesisCheck{
		{"ListShards ranges cover 2^128, open End=nil", checkShardRanges},
		{"ListShards pagination MaxResults=1+NextToken", checkShardPages},
		{"ListShards ExclusiveStartShardId", checkShardsAfter},
		{"ListShards NextToken with StreamName or garbage rejected", checkShardTokens},
		{"DescribeStream (legacy) shards", checkDescribedShards},
		{"DescribeStream pagination Limit=1", checkDescribedPages},
		{"StreamARN addressing (Describe, ListShards)", checkShardsByARN},
	}
}

func checkShardRanges(p *kinesisProbe) error {
	_, shards, err := p.sharded(3)
	if err != nil {
		return err
	}
	return errors.Join(shards.uniform(3), kinesisEqual("open shards", len(shards.open()), 3),
		kinesisEqual("first shard", aws.ToString(shards[0].ShardId), "shardId-000000000000"),
		kinesisEqual("parent", aws.ToString(shards[0].ParentShardId), ""))
}

func checkShardPages(p *kinesisProbe) error {
	stream, err := p.create(3)
	if err != nil {
		return err
	}
	var shards kinesisShards
	in := &kinesis.ListShardsInput{StreamName: &stream, MaxResults: aws.Int32(1)}
	for range 3 {
		out, err := p.ListShards(p.ctx, in)
		if err != nil {
			return err
		}
		if err := kinesisEqual("shards on a page", len(out.Shards), 1); err != nil {
			return err
		}
		shards = append(shards, out.Shards...)
		in = &kinesis.ListShardsInput{NextToken: out.NextToken, MaxResults: aws.Int32(1)}
	}
	return errors.Join(kinesisEqual("token after the last page", aws.ToString(in.NextToken), ""), shards.tile())
}

func checkShardsAfter(p *kinesisProbe) error {
	stream, err := p.create(3)
	if err != nil {
		return err
	}
	out, err := p.ListShards(p.ctx, &kinesis.ListShardsInput{StreamName: &stream, ExclusiveStartShardId: aws.String("shardId-000000000000")})
	if err != nil {
		return err
	}
	shards, err := p.shards(stream)
	if err != nil {
		return err
	}
	return kinesisShards(out.Shards).are("shards after the first", shards[1:])
}

func checkShardTokens(p *kinesisProbe) error {
	stream, err := p.create(2)
	if err != nil {
		return err
	}
	_, garbage := p.ListShards(p.ctx, &kinesis.ListShardsInput{NextToken: aws.String("Z2FyYmFnZQ==")})
	_, neither := p.ListShards(p.ctx, &kinesis.ListShardsInput{})
	out, err := p.ListShards(p.ctx, &kinesis.ListShardsInput{StreamName: &stream, MaxResults: aws.Int32(1)})
	if err != nil {
		return err
	}
	if out.NextToken == nil {
		return errors.New("the first page has no NextToken")
	}
	_, both := p.ListShards(p.ctx, &kinesis.ListShardsInput{StreamName: &stream, NextToken: out.NextToken})
	return errors.Join(kinesisInvalid(garbage), kinesisInvalid(neither), kinesisInvalid(both))
}

func checkDescribedShards(p *kinesisProbe) error {
	stream, err := p.create(2)
	if err != nil {
		return err
	}
	out, err := p.DescribeStream(p.ctx, &kinesis.DescribeStreamInput{StreamName: &stream})
	if err != nil {
		return err
	}
	return errors.Join(
		kinesisShards(out.StreamDescription.Shards).uniform(2),
		kinesisEqual("HasMoreShards", aws.ToBool(out.StreamDescription.HasMoreShards), false),
		kinesisEqual("StreamStatus", out.StreamDescription.StreamStatus, types.StreamStatusActive),
	)
}

func checkDescribedPages(p *kinesisProbe) error {
	stream, err := p.create(2)
	if err != nil {
		return err
	}
	in := &kinesis.DescribeStreamInput{StreamName: &stream, Limit: aws.Int32(1)}
	first, err := p.DescribeStream(p.ctx, in)
	if err != nil {
		return err
	}
	if err := kinesisEqual("shards on the first page", len(first.StreamDescription.Shards), 1); err != nil {
		return err
	}
	in.ExclusiveStartShardId = first.StreamDescription.Shards[0].ShardId
	second, err := p.DescribeStream(p.ctx, in)
	if err != nil {
		return err
	}
	return errors.Join(
		kinesisShards(slices.Concat(first.StreamDescription.Shards, second.StreamDescription.Shards)).uniform(2),
		kinesisEqual("HasMoreShards of the first page", aws.ToBool(first.StreamDescription.HasMoreShards), true),
		kinesisEqual("HasMoreShards of the second page", aws.ToBool(second.StreamDescription.HasMoreShards), false),
	)
}

func checkShardsByARN(p *kinesisProbe) error {
	stream, err := p.create(2)
	if err != nil {
		return err
	}
	arn, err := p.arn(stream)
	if err != nil {
		return err
	}
	described, err := p.DescribeStream(p.ctx, &kinesis.DescribeStreamInput{StreamARN: arn})
	if err != nil {
		return fmt.Errorf("describe by ARN: %w", err)
	}
	listed, err := p.ListShards(p.ctx, &kinesis.ListShardsInput{StreamARN: arn})
	if err != nil {
		return fmt.Errorf("list shards by ARN: %w", err)
	}
	return errors.Join(kinesisEqual("name", aws.ToString(described.StreamDescription.StreamName), stream), kinesisShards(listed.Shards).uniform(2))
}
