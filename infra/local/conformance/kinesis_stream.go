package conformance

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func kinesisStreamChecks() []kinesisCheck {
	return []kinesisCheck{
		{"CreateStream(2) -> ACTIVE, Summary OpenShardCount", checkCreate},
		{"CreateStream duplicate -> ResourceInUse", checkCreateTwice},
		{"CreateStream invalid name rejected", checkCreateName},
		{"DescribeStreamSummary missing -> NotFound", checkSummaryMissing},
		{"missing stream -> NotFound in every call", checkMissing},
		{"ListStreams, DeleteStream -> gone", checkDelete},
		{"ListStreams pagination", checkStreamPages},
		{"a stream that is created again is empty", checkRecreate},
	}
}

func checkCreate(p *kinesisProbe) error {
	before := time.Now().Add(-time.Minute)
	stream, err := p.create(2)
	if err != nil {
		return err
	}
	out, err := p.DescribeStreamSummary(p.ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &stream})
	if err != nil {
		return err
	}
	summary := out.StreamDescriptionSummary
	if created := aws.ToTime(summary.StreamCreationTimestamp); created.Before(before) || created.After(time.Now().Add(time.Minute)) {
		return errors.New("StreamCreationTimestamp is not now")
	}
	return errors.Join(
		kinesisEqual("OpenShardCount", aws.ToInt32(summary.OpenShardCount), 2),
		kinesisEqual("RetentionPeriodHours", aws.ToInt32(summary.RetentionPeriodHours), 24),
		kinesisEqual("ARN ends in the name", strings.HasSuffix(aws.ToString(summary.StreamARN), ":stream/"+stream), true),
	)
}

func checkCreateTwice(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	_, err = p.CreateStream(p.ctx, &kinesis.CreateStreamInput{StreamName: &stream, ShardCount: aws.Int32(1)})
	return kinesisRefused(err, "ResourceInUseException")
}

func checkCreateName(p *kinesisProbe) error {
	var errs []error
	for _, name := range []string{"white space", "slash/", strings.Repeat("n", 129)} {
		_, err := p.CreateStream(p.ctx, &kinesis.CreateStreamInput{StreamName: &name, ShardCount: aws.Int32(1)})
		errs = append(errs, kinesisInvalid(err))
	}
	return errors.Join(errs...)
}

func checkSummaryMissing(p *kinesisProbe) error {
	_, err := p.DescribeStreamSummary(p.ctx, &kinesis.DescribeStreamSummaryInput{StreamName: aws.String("missing")})
	return kinesisRefused(err, "ResourceNotFoundException")
}

func checkMissing(p *kinesisProbe) error {
	name := aws.String("missing")
	shard := aws.String("shardId-000000000000")
	_, list := p.ListShards(p.ctx, &kinesis.ListShardsInput{StreamName: name})
	_, describe := p.DescribeStream(p.ctx, &kinesis.DescribeStreamInput{StreamName: name})
	_, remove := p.DeleteStream(p.ctx, &kinesis.DeleteStreamInput{StreamName: name})
	_, one := p.PutRecord(p.ctx, &kinesis.PutRecordInput{StreamName: name, PartitionKey: name, Data: []byte{1}})
	_, many := p.PutRecords(p.ctx, &kinesis.PutRecordsInput{StreamName: name, Records: kinesisEntries(1)})
	_, iterator := p.GetShardIterator(p.ctx, &kinesis.GetShardIteratorInput{StreamName: name, ShardId: shard, ShardIteratorType: types.ShardIteratorTypeLatest})
	_, split := p.SplitShard(p.ctx, &kinesis.SplitShardInput{StreamName: name, ShardToSplit: shard, NewStartingHashKey: aws.String("1000")})
	_, merge := p.MergeShards(p.ctx, &kinesis.MergeShardsInput{StreamName: name, ShardToMerge: shard, AdjacentShardToMerge: aws.String("shardId-000000000001")})
	var errs []error
	for _, err := range []error{list, describe, remove, one, many, iterator, split, merge} {
		errs = append(errs, kinesisRefused(err, "ResourceNotFoundException"))
	}
	return errors.Join(errs...)
}

// listed reports whether a stream is among the names that ListStreams returns, pages of the given size.
func (p *kinesisProbe) listed(stream string, size *int32) (bool, error) {
	in := &kinesis.ListStreamsInput{Limit: size}
	for {
		out, err := p.ListStreams(p.ctx, in)
		if err != nil {
			return false, err
		}
		if slices.Contains(out.StreamNames, stream) {
			return true, nil
		}
		if !aws.ToBool(out.HasMoreStreams) {
			return false, nil
		}
		in.ExclusiveStartStreamName = &out.StreamNames[len(out.StreamNames)-1]
	}
}

// remove deletes a stream and waits until it is gone.
func (p *kinesisProbe) remove(stream string) error {
	if _, err := p.DeleteStream(p.ctx, &kinesis.DeleteStreamInput{StreamName: &stream}); err != nil {
		return err
	}
	for {
		_, err := p.DescribeStreamSummary(p.ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &stream})
		if err != nil {
			return kinesisRefused(err, "ResourceNotFoundException")
		}
		if err := p.wait(20 * time.Millisecond); err != nil {
			return err
		}
	}
}

func checkDelete(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	before, err := p.listed(stream, nil)
	if err != nil {
		return err
	}
	if err := p.remove(stream); err != nil {
		return err
	}
	after, err := p.listed(stream, nil)
	return errors.Join(err, kinesisEqual("listed before", before, true), kinesisEqual("listed after", after, false))
}

func checkStreamPages(p *kinesisProbe) error {
	for range 2 {
		stream, err := p.create(1)
		if err != nil {
			return err
		}
		found, err := p.listed(stream, aws.Int32(1))
		if err = errors.Join(err, kinesisEqual("listed on a page of one", found, true)); err != nil {
			return err
		}
	}
	out, err := p.ListStreams(p.ctx, &kinesis.ListStreamsInput{Limit: aws.Int32(1)})
	if err != nil {
		return err
	}
	return errors.Join(kinesisEqual("names on the page", len(out.StreamNames), 1), kinesisEqual("HasMoreStreams", aws.ToBool(out.HasMoreStreams), true))
}

func checkRecreate(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	if _, err := p.putOne(stream, "k", []byte("old")); err != nil {
		return err
	}
	if err := p.remove(stream); err != nil {
		return err
	}
	if _, err := p.CreateStream(p.ctx, &kinesis.CreateStreamInput{StreamName: &stream, ShardCount: aws.Int32(1)}); err != nil {
		return err
	}
	if err := p.active(stream); err != nil {
		return err
	}
	if _, err := p.putOne(stream, "k", []byte("new")); err != nil {
		return err
	}
	records, err := p.all(stream, "shardId-000000000000", 1)
	if err != nil {
		return err
	}
	return kinesisEqual("data", string(records[0].Data), "new")
}
