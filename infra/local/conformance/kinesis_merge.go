package conformance

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func (p *kinesisProbe) merge(stream string, a, b types.Shard) error {
	_, err := p.MergeShards(p.ctx, &kinesis.MergeShardsInput{StreamName: &stream, ShardToMerge: a.ShardId, AdjacentShardToMerge: b.ShardId})
	if err != nil {
		return fmt.Errorf("merge shards: %w", err)
	}
	return p.active(stream)
}

// mergedStream is the same for a stream of two shards that are merged: parents, then the child.
func (p *kinesisProbe) mergedStream() (string, kinesisShards, error) {
	stream, shards, err := p.sharded(2)
	if err != nil {
		return "", nil, err
	}
	if err := p.merge(stream, shards[0], shards[1]); err != nil {
		return "", nil, err
	}
	if shards, err = p.shards(stream); err != nil {
		return "", nil, err
	}
	return stream, shards, kinesisEqual("number of shards", len(shards), 3)
}

func checkBadMerge(p *kinesisProbe) error {
	stream, shards, err := p.sharded(3)
	if err != nil {
		return err
	}
	apart := p.merge(stream, shards[0], shards[2])
	same := p.merge(stream, shards[1], shards[1])
	return errors.Join(kinesisRefused(apart, "InvalidArgumentException"), kinesisRefused(same, "InvalidArgumentException"))
}

func checkMerge(p *kinesisProbe) error {
	_, shards, err := p.mergedStream()
	if err != nil {
		return err
	}
	child := shards[2]
	return errors.Join(
		kinesisEqual("first parent is closed", shards[0].SequenceNumberRange.EndingSequenceNumber != nil, true),
		kinesisEqual("second parent is closed", shards[1].SequenceNumberRange.EndingSequenceNumber != nil, true),
		kinesisEqual("ParentShardId", aws.ToString(child.ParentShardId), *shards[0].ShardId),
		kinesisEqual("AdjacentParentShardId", aws.ToString(child.AdjacentParentShardId), *shards[1].ShardId),
		shards.open().uniform(1),
	)
}

func checkMergeClosed(p *kinesisProbe) error {
	stream, shards, err := p.mergedStream()
	if err != nil {
		return err
	}
	return p.refusesClosed(p.merge(stream, shards[0], shards[1]))
}

func checkMergeChildren(p *kinesisProbe) error {
	stream, shards, err := p.mergedStream()
	if err != nil {
		return err
	}
	for _, parent := range shards[:2] {
		iterator, err := p.iterator(stream, *parent.ShardId, types.ShardIteratorTypeTrimHorizon)
		if err != nil {
			return err
		}
		_, last, err := p.toEnd(iterator)
		if err != nil {
			return err
		}
		if err := childShardsAre(last.ChildShards, shards[2:]); err != nil {
			return err
		}
	}
	return nil
}
