package conformance

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func kinesisReshardChecks() []kinesisCheck {
	return []kinesisCheck{
		{"SplitShard: parent closed, children linked", checkSplit},
		{"SplitShard of a closed shard or outside its range rejected", checkBadSplit},
		{"records after split go to children only", checkAfterSplit},
		{"child shards start above the end of their parent", checkChildNumbers},
		{"closed parent: drains, then NextShardIterator nil", checkDrain},
		{"closed parent: ChildShards returned at end", checkChildShards},
		{"closed parent: LATEST / AFTER_SEQ(end) ends", checkClosedEnd},
		{"MergeShards non-adjacent -> InvalidArgument", checkBadMerge},
		{"MergeShards: both parents closed, child linked", checkMerge},
		{"MergeShards of closed shards rejected", checkMergeClosed},
		{"merged parents: ChildShards names both parents", checkMergeChildren},
	}
}

// split splits a shard in the middle and waits until the stream is active.
func (p *kinesisProbe) split(stream string, shard types.Shard) error {
	sum := new(big.Int).Add(kinesisNumber(shard.HashKeyRange.StartingHashKey), kinesisNumber(shard.HashKeyRange.EndingHashKey))
	middle := sum.Add(sum, big.NewInt(1)).Rsh(sum, 1).String()
	_, err := p.SplitShard(p.ctx, &kinesis.SplitShardInput{StreamName: &stream, ShardToSplit: shard.ShardId, NewStartingHashKey: &middle})
	if err != nil {
		return fmt.Errorf("split shard: %w", err)
	}
	return p.active(stream)
}

// splitStream makes a stream with some records in its only shard, splits that and lists the shards: parent, then children.
func (p *kinesisProbe) splitStream(records int) (string, kinesisShards, error) {
	stream, _, err := p.filled(records)
	if err != nil {
		return "", nil, err
	}
	shards, err := p.shards(stream)
	if err != nil {
		return "", nil, err
	}
	if err := p.split(stream, shards[0]); err != nil {
		return "", nil, err
	}
	if shards, err = p.shards(stream); err != nil {
		return "", nil, err
	}
	return stream, shards, kinesisEqual("number of shards", len(shards), 3)
}

func checkSplit(p *kinesisProbe) error {
	stream, shards, err := p.splitStream(1)
	if err != nil {
		return err
	}
	summary, err := p.DescribeStreamSummary(p.ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &stream})
	if err != nil {
		return err
	}
	return errors.Join(
		kinesisEqual("parent is closed", shards[0].SequenceNumberRange.EndingSequenceNumber != nil, true),
		shards.childrenOf(*shards[0].ShardId).are("children", shards[1:]),
		shards.open().are("open shards", shards[1:]),
		shards.open().uniform(2),
		kinesisEqual("OpenShardCount", aws.ToInt32(summary.StreamDescriptionSummary.OpenShardCount), 2),
		kinesisEqual("ids count up", fmt.Sprint(shards.ids()), "[shardId-000000000000 shardId-000000000001 shardId-000000000002]"),
	)
}

// refusesClosed passes for the error of an operation on a shard that is closed, which the documentation does not name.
func (p *kinesisProbe) refusesClosed(err error) error {
	return kinesisRefused(err, "InvalidArgumentException", "ResourceInUseException")
}

func checkBadSplit(p *kinesisProbe) error {
	stream, shards, err := p.splitStream(1)
	if err != nil {
		return err
	}
	try := func(shard types.Shard, key string) error {
		_, err := p.SplitShard(p.ctx, &kinesis.SplitShardInput{StreamName: &stream, ShardToSplit: shard.ShardId, NewStartingHashKey: &key})
		return kinesisInvalid(err)
	}
	return errors.Join(
		p.refusesClosed(p.split(stream, shards[0])),
		try(shards[1], *shards[1].HashKeyRange.StartingHashKey),
		try(shards[1], *shards[2].HashKeyRange.StartingHashKey),
		try(shards[1], hashKeySpace),
	)
}

func checkAfterSplit(p *kinesisProbe) error {
	stream, shards, err := p.splitStream(1)
	if err != nil {
		return err
	}
	entries := kinesisEntries(50)
	results, err := p.put(stream, entries...)
	if err != nil {
		return err
	}
	for i, result := range results {
		shard, err := shards.open().find(aws.ToString(result.ShardId))
		if err != nil {
			return err
		}
		if !covers(shard, kinesisHashKey(*entries[i].PartitionKey)) {
			return fmt.Errorf("key %s went to %s", *entries[i].PartitionKey, *shard.ShardId)
		}
	}
	_, err = p.all(stream, *shards[0].ShardId, 1)
	return err
}

func checkChildNumbers(p *kinesisProbe) error {
	stream, shards, err := p.splitStream(3)
	if err != nil {
		return err
	}
	end := kinesisNumber(shards[0].SequenceNumberRange.EndingSequenceNumber)
	records, err := p.all(stream, *shards[0].ShardId, 3)
	if err != nil {
		return err
	}
	for _, record := range records {
		if kinesisNumber(record.SequenceNumber).Cmp(end) > 0 {
			return fmt.Errorf("record %s is behind the end %s of its shard", *record.SequenceNumber, end)
		}
	}
	for _, child := range shards[1:] {
		if kinesisNumber(child.SequenceNumberRange.StartingSequenceNumber).Cmp(end) <= 0 {
			return fmt.Errorf("child starts at %s, parent ends at %s", *child.SequenceNumberRange.StartingSequenceNumber, end)
		}
	}
	return nil
}

// readParent splits a shard of five records and reads the first limit of them.
func (p *kinesisProbe) readParent(limit int32) (*kinesis.GetRecordsOutput, kinesisShards, error) {
	stream, shards, err := p.splitStream(5)
	if err != nil {
		return nil, nil, err
	}
	iterator, err := p.iterator(stream, *shards[0].ShardId, types.ShardIteratorTypeTrimHorizon)
	if err != nil {
		return nil, nil, err
	}
	first, err := p.read(iterator, limit)
	return first, shards, err
}

func checkDrain(p *kinesisProbe) error {
	first, _, err := p.readParent(2)
	if err != nil {
		return err
	}
	if first.NextShardIterator == nil {
		return errNoNextIterator
	}
	rest, _, err := p.toEnd(first.NextShardIterator)
	if err != nil {
		return err
	}
	return kinesisEqual("records", len(first.Records)+len(rest), 5)
}

func checkChildShards(p *kinesisProbe) error {
	first, shards, err := p.readParent(2)
	if err != nil {
		return err
	}
	if err := kinesisEqual("child shards before the end", len(first.ChildShards), 0); err != nil {
		return err
	}
	_, last, err := p.toEnd(first.NextShardIterator)
	if err != nil {
		return err
	}
	return childShardsAre(last.ChildShards, shards[1:])
}

// childShardsAre compares what GetRecords says of child shards with what ListShards does.
func childShardsAre(got []types.ChildShard, want kinesisShards) error {
	if err := kinesisEqual("number of child shards", len(got), len(want)); err != nil {
		return err
	}
	for _, child := range got {
		listed, err := want.find(aws.ToString(child.ShardId))
		if err != nil {
			return err
		}
		parents := []string{aws.ToString(listed.ParentShardId)}
		if listed.AdjacentParentShardId != nil {
			parents = append(parents, *listed.AdjacentParentShardId)
		}
		if err := errors.Join(
			kinesisEqual("start of the child", *child.HashKeyRange.StartingHashKey, *listed.HashKeyRange.StartingHashKey),
			kinesisEqual("end of the child", *child.HashKeyRange.EndingHashKey, *listed.HashKeyRange.EndingHashKey),
			kinesisEqual("parents of the child", fmt.Sprint(child.ParentShards), fmt.Sprint(parents)),
		); err != nil {
			return err
		}
	}
	return nil
}

func checkClosedEnd(p *kinesisProbe) error {
	stream, shards, err := p.splitStream(5)
	if err != nil {
		return err
	}
	parent := *shards[0].ShardId
	latest, err := p.iterator(stream, parent, types.ShardIteratorTypeLatest)
	if err != nil {
		return err
	}
	after, err := p.atNumber(stream, parent, types.ShardIteratorTypeAfterSequenceNumber, shards[0].SequenceNumberRange.EndingSequenceNumber)
	if err != nil {
		return err
	}
	for _, iterator := range []*string{latest, after} {
		records, _, err := p.toEnd(iterator)
		if err = errors.Join(err, kinesisEqual("records", len(records), 0)); err != nil {
			return err
		}
	}
	return nil
}
