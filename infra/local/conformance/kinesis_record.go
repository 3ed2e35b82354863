package conformance

import (
	"crypto/md5" // how Kinesis routes
	"errors"
	"fmt"
	"math/big"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// kinesisEntries makes records with the keys key-0, key-1, …, whose data are their numbers.
func kinesisEntries(count int) []types.PutRecordsRequestEntry {
	entries := make([]types.PutRecordsRequestEntry, count)
	for i := range entries {
		entries[i] = types.PutRecordsRequestEntry{Data: fmt.Append(nil, i), PartitionKey: aws.String(fmt.Sprint("key-", i))}
	}
	return entries
}

// put puts records with PutRecords, none of which may fail.
func (p *kinesisProbe) put(stream string, records ...types.PutRecordsRequestEntry) ([]types.PutRecordsResultEntry, error) {
	out, err := p.PutRecords(p.ctx, &kinesis.PutRecordsInput{StreamName: &stream, Records: records})
	if err != nil {
		return nil, fmt.Errorf("put records: %w", err)
	}
	return out.Records, kinesisEqual("FailedRecordCount", aws.ToInt32(out.FailedRecordCount), 0)
}

// putOne puts one record with PutRecord, however long that is throttled.
func (p *kinesisProbe) putOne(stream, key string, data []byte) (*kinesis.PutRecordOutput, error) {
	var out *kinesis.PutRecordOutput
	err := p.patiently(func() (err error) {
		out, err = p.PutRecord(p.ctx, &kinesis.PutRecordInput{StreamName: &stream, PartitionKey: &key, Data: data})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("put record: %w", err)
	}
	return out, nil
}

// iterator gets an iterator of a type without a parameter.
func (p *kinesisProbe) iterator(stream, shard string, kind types.ShardIteratorType) (*string, error) {
	return p.iteratorWith(&kinesis.GetShardIteratorInput{StreamName: &stream, ShardId: &shard, ShardIteratorType: kind})
}

func (p *kinesisProbe) iteratorWith(in *kinesis.GetShardIteratorInput) (*string, error) {
	var out *kinesis.GetShardIteratorOutput
	err := p.patiently(func() (err error) {
		out, err = p.GetShardIterator(p.ctx, in)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("get shard iterator: %w", err)
	}
	return out.ShardIterator, nil
}

// atNumber gets an iterator at or behind a sequence number.
func (p *kinesisProbe) atNumber(stream, shard string, kind types.ShardIteratorType, number *string) (*string, error) {
	return p.iteratorWith(&kinesis.GetShardIteratorInput{StreamName: &stream, ShardId: &shard, ShardIteratorType: kind, StartingSequenceNumber: number})
}

// read is one GetRecords, however long that is throttled. A limit of 0 is none.
func (p *kinesisProbe) read(iterator *string, limit int32) (*kinesis.GetRecordsOutput, error) {
	in := &kinesis.GetRecordsInput{ShardIterator: iterator}
	if limit > 0 {
		in.Limit = &limit
	}
	var out *kinesis.GetRecordsOutput
	err := p.patiently(func() (err error) {
		out, err = p.GetRecords(p.ctx, in)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("get records: %w", err)
	}
	return out, nil
}

// follow reads until it has the wanted number of records, or the shard ends. It returns the last response, too.
func (p *kinesisProbe) follow(iterator *string, want int) ([]types.Record, *kinesis.GetRecordsOutput, error) {
	var records []types.Record
	for {
		out, err := p.read(iterator, 0)
		if err != nil {
			return nil, nil, err
		}
		records = append(records, out.Records...)
		if iterator = out.NextShardIterator; iterator == nil || len(records) >= want {
			return records, out, nil
		}
		if err := p.wait(kinesisPause); err != nil {
			return nil, nil, fmt.Errorf("got %d of %d records: %w", len(records), want, err)
		}
	}
}

// all reads the wanted number of records from the trim horizon of a shard.
func (p *kinesisProbe) all(stream, shard string, want int) ([]types.Record, error) {
	iterator, err := p.iterator(stream, shard, types.ShardIteratorTypeTrimHorizon)
	if err != nil {
		return nil, err
	}
	records, _, err := p.follow(iterator, want)
	if err != nil {
		return nil, err
	}
	return records, kinesisEqual("number of records", len(records), want)
}

// toEnd reads a closed shard until its iterators end.
func (p *kinesisProbe) toEnd(iterator *string) ([]types.Record, *kinesis.GetRecordsOutput, error) {
	const more = 1 << 30
	return p.follow(iterator, more)
}

func kinesisNumber(digits *string) *big.Int {
	n, ok := new(big.Int).SetString(aws.ToString(digits), 10)
	if !ok {
		return big.NewInt(-1)
	}
	return n
}

// kinesisHashKey is where a partition key belongs.
func kinesisHashKey(partitionKey string) *big.Int {
	sum := md5.Sum([]byte(partitionKey))
	return new(big.Int).SetBytes(sum[:])
}

var errNoNextIterator = errors.New("there is no NextShardIterator")
