package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

const (
	kinesisMiB = 1 << 20
	// lastHashKey and hashKeySpace are 2^128-1 and 2^128.
	lastHashKey  = "340282366920938463463374607431768211455"
	hashKeySpace = "340282366920938463463374607431768211456"
)

func kinesisPutChecks() []kinesisCheck {
	return []kinesisCheck{
		{"PutRecords(500) MD5 routing, seq increasing", checkPutRouting},
		{"PutRecord ExplicitHashKey routing", checkExplicitHashKey},
		{"PutRecord ExplicitHashKey of 2^128 rejected", checkHashKeyRange},
		{"PutRecords >500 rejected", checkTooManyRecords},
		{"Record of 1 MiB+1 rejected (default max)", checkTooLargeRecord},
		{"Record of 1 MiB+1 with its key rejected", checkTooLargeWithKey},
		{"PutRecords with one record too large stores none", checkAllOrNothing},
		{"partition key of 256 characters accepted, 257 rejected", checkKeyLength},
		{"any bytes and any Unicode key come back unchanged", checkRoundTrip},
		{"sequence numbers are decimal, at most 56 digits", checkNumberForm},
		{"arrival times are now, in milliseconds", checkArrival},
		{"Put, GetShardIterator and GetRecords by StreamARN", checkDataByARN},
	}
}

func checkPutRouting(p *kinesisProbe) error {
	stream, shards, err := p.sharded(2)
	if err != nil {
		return err
	}
	entries := kinesisEntries(500)
	results, err := p.put(stream, entries...)
	if err != nil {
		return err
	}
	last := make(map[string]*string)
	for i, result := range results {
		id := aws.ToString(result.ShardId)
		shard, err := shards.find(id)
		if err != nil {
			return err
		}
		if !covers(shard, kinesisHashKey(*entries[i].PartitionKey)) {
			return fmt.Errorf("key %s went to %s, whose range it is not in", *entries[i].PartitionKey, id)
		}
		if before := last[id]; before != nil && kinesisNumber(result.SequenceNumber).Cmp(kinesisNumber(before)) <= 0 {
			return fmt.Errorf("record %d has number %s after %s", i, *result.SequenceNumber, *before)
		}
		last[id] = result.SequenceNumber
	}
	return kinesisEqual("shards written to", len(last), 2)
}

func checkExplicitHashKey(p *kinesisProbe) error {
	stream, shards, err := p.sharded(2)
	if err != nil {
		return err
	}
	for _, key := range []string{"0", *shards[0].HashKeyRange.EndingHashKey, *shards[1].HashKeyRange.StartingHashKey, lastHashKey} {
		out, err := p.PutRecord(p.ctx, &kinesis.PutRecordInput{StreamName: &stream, PartitionKey: aws.String("same"), ExplicitHashKey: &key, Data: []byte("d")})
		if err != nil {
			return err
		}
		shard, err := shards.find(aws.ToString(out.ShardId))
		if err != nil {
			return err
		}
		if !covers(shard, kinesisNumber(&key)) {
			return fmt.Errorf("hash key %s went to %s", key, *out.ShardId)
		}
	}
	return nil
}

func checkHashKeyRange(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	var errs []error
	for _, key := range []string{hashKeySpace, "-1", "0x10", "01"} {
		_, err := p.PutRecord(p.ctx, &kinesis.PutRecordInput{StreamName: &stream, PartitionKey: aws.String("k"), ExplicitHashKey: &key, Data: []byte("d")})
		errs = append(errs, kinesisInvalid(err))
	}
	return errors.Join(errs...)
}

func checkAllOrNothing(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	entries := kinesisEntries(2)
	entries[1].Data = make([]byte, kinesisMiB+1)
	_, err = p.PutRecords(p.ctx, &kinesis.PutRecordsInput{StreamName: &stream, Records: entries})
	if err := kinesisInvalid(err); err != nil {
		return err
	}
	iterator, err := p.iterator(stream, "shardId-000000000000", types.ShardIteratorTypeTrimHorizon)
	if err != nil {
		return err
	}
	out, err := p.read(iterator, 0)
	if err != nil {
		return err
	}
	return kinesisEqual("records stored", len(out.Records), 0)
}

func checkRoundTrip(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	keys := []string{"plain", `quote " backslash \ slash /`, "tab\tnewline\ncontrol\x01", "é ß 漢字 \U0001F6D2", "<&>\u2028", "\u007f"}
	for i, key := range keys {
		if _, err := p.putOne(stream, key, patterned(i*100)); err != nil {
			return fmt.Errorf("key %q: %w", key, err)
		}
	}
	records, err := p.all(stream, "shardId-000000000000", len(keys))
	if err != nil {
		return err
	}
	for i, record := range records {
		if aws.ToString(record.PartitionKey) != keys[i] || !bytes.Equal(record.Data, patterned(i*100)) {
			return fmt.Errorf("record %d came back with key %q and %d bytes, want %q", i, aws.ToString(record.PartitionKey), len(record.Data), keys[i])
		}
	}
	return nil
}

func checkNumberForm(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	results, err := p.put(stream, kinesisEntries(10)...)
	if err != nil {
		return err
	}
	for _, result := range results {
		number := kinesisNumber(result.SequenceNumber)
		if text := aws.ToString(result.SequenceNumber); number.Sign() <= 0 || number.String() != text || len(text) > 56 {
			return fmt.Errorf("sequence number %q", text)
		}
	}
	return nil
}

func checkArrival(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	// Ten records a few milliseconds apart: whole seconds only would be nearly impossible to see ten times.
	whole := 0
	for i := range 10 {
		if _, err := p.putOne(stream, "k", fmt.Append(nil, i)); err != nil {
			return err
		}
		if err := p.wait(7 * time.Millisecond); err != nil {
			return err
		}
	}
	records, err := p.all(stream, "shardId-000000000000", 10)
	if err != nil {
		return err
	}
	for _, record := range records {
		arrival := aws.ToTime(record.ApproximateArrivalTimestamp)
		if age := time.Since(arrival); age < -5*time.Second || age > kinesisCalls*p.patience {
			return fmt.Errorf("arrival is %s ago", age)
		}
		if arrival.Nanosecond() == 0 {
			whole++
		}
	}
	return kinesisEqual("all arrivals are whole seconds", whole == len(records), false)
}

func checkDataByARN(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	arn, err := p.arn(stream)
	if err != nil {
		return err
	}
	if _, err := p.PutRecord(p.ctx, &kinesis.PutRecordInput{StreamARN: arn, PartitionKey: aws.String("k"), Data: []byte("one")}); err != nil {
		return fmt.Errorf("put record by ARN: %w", err)
	}
	if _, err := p.PutRecords(p.ctx, &kinesis.PutRecordsInput{StreamARN: arn, Records: kinesisEntries(1)}); err != nil {
		return fmt.Errorf("put records by ARN: %w", err)
	}
	iterator, err := p.iteratorWith(&kinesis.GetShardIteratorInput{
		StreamARN: arn, ShardId: aws.String("shardId-000000000000"), ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
	})
	if err != nil {
		return err
	}
	out, err := p.GetRecords(p.ctx, &kinesis.GetRecordsInput{StreamARN: arn, ShardIterator: iterator})
	if err != nil {
		return fmt.Errorf("get records by ARN: %w", err)
	}
	return kinesisEqual("records", len(out.Records), 2)
}
