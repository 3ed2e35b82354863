package conformance

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func kinesisReadChecks() []kinesisCheck {
	return []kinesisCheck{
		{"TRIM_HORIZON returns all in put order", checkPutOrder},
		{"LATEST sees only new; idle iterator advances", checkLatest},
		{"GetRecords Limit=10 and MillisBehindLatest>0", checkBehind},
		{"MillisBehindLatest is 0 at the tip", checkAtTip},
		{"GetRecords Limit=10001 rejected", checkReadLimit},
		{"GetRecords garbage iterator rejected", checkGarbageIterator},
		{"an iterator can be used twice", checkIteratorTwice},
	}
}

func checkPutOrder(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	for range 3 {
		if _, err := p.put(stream, kinesisEntries(100)...); err != nil {
			return err
		}
	}
	records, err := p.all(stream, "shardId-000000000000", 300)
	if err != nil {
		return err
	}
	for i, record := range records {
		want := kinesisEntries(i%100 + 1)[i%100]
		if string(record.Data) != string(want.Data) || aws.ToString(record.PartitionKey) != *want.PartitionKey {
			return fmt.Errorf("record %d is %s with key %s, want %s", i, record.Data, aws.ToString(record.PartitionKey), want.Data)
		}
		if i > 0 && kinesisNumber(records[i-1].SequenceNumber).Cmp(kinesisNumber(record.SequenceNumber)) >= 0 {
			return fmt.Errorf("record %d has number %s after %s", i, *record.SequenceNumber, *records[i-1].SequenceNumber)
		}
	}
	return nil
}

func checkLatest(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	if _, err := p.putOne(stream, "k", []byte("old")); err != nil {
		return err
	}
	iterator, err := p.iterator(stream, "shardId-000000000000", types.ShardIteratorTypeLatest)
	if err != nil {
		return err
	}
	idle, err := p.read(iterator, 0)
	if err != nil {
		return err
	}
	if idle.NextShardIterator == nil || len(idle.Records) > 0 {
		return fmt.Errorf("idle read returned %d records, iterator %v", len(idle.Records), idle.NextShardIterator)
	}
	if _, err := p.putOne(stream, "k", []byte("new")); err != nil {
		return err
	}
	records, _, err := p.follow(idle.NextShardIterator, 1)
	if err != nil {
		return err
	}
	return errors.Join(kinesisEqual("records", len(records), 1), kinesisEqual("data", string(records[0].Data), "new"))
}

func checkBehind(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	for range 2 { // so that the first records are older than the last
		if _, err := p.put(stream, kinesisEntries(15)...); err != nil {
			return err
		}
		if err := p.wait(kinesisPause); err != nil {
			return err
		}
	}
	iterator, err := p.iterator(stream, "shardId-000000000000", types.ShardIteratorTypeTrimHorizon)
	if err != nil {
		return err
	}
	out, err := p.read(iterator, 10)
	if err != nil {
		return err
	}
	behind := aws.ToInt64(out.MillisBehindLatest)
	if err := errors.Join(kinesisEqual("records", len(out.Records), 10), kinesisEqual("MillisBehindLatest > 0", behind > 0, true)); err != nil {
		return err
	}
	next, err := p.read(out.NextShardIterator, 10)
	if err != nil {
		return err
	}
	return errors.Join(kinesisEqual("records", len(next.Records), 10), kinesisEqual("data of the 11th record", string(next.Records[0].Data), "10"))
}

func checkAtTip(p *kinesisProbe) error {
	iterator, err := p.horizon(5)
	if err != nil {
		return err
	}
	_, out, err := p.follow(iterator, 5)
	if err != nil {
		return err
	}
	if err := kinesisEqual("MillisBehindLatest with the last record", aws.ToInt64(out.MillisBehindLatest), 0); err != nil {
		return err
	}
	out, err = p.read(out.NextShardIterator, 0)
	if err != nil {
		return err
	}
	return kinesisEqual("MillisBehindLatest of an empty read", aws.ToInt64(out.MillisBehindLatest), 0)
}

func checkReadLimit(p *kinesisProbe) error {
	iterator, err := p.horizon(0)
	if err != nil {
		return err
	}
	_, tooMany := p.GetRecords(p.ctx, &kinesis.GetRecordsInput{ShardIterator: iterator, Limit: aws.Int32(10_001)})
	_, none := p.GetRecords(p.ctx, &kinesis.GetRecordsInput{ShardIterator: iterator, Limit: aws.Int32(0)})
	return errors.Join(kinesisInvalid(tooMany), kinesisInvalid(none))
}

func checkGarbageIterator(p *kinesisProbe) error {
	iterator, err := p.horizon(0)
	if err != nil {
		return err
	}
	altered := []byte(*iterator)
	if altered[len(altered)/2]++; altered[len(altered)/2] > 'z' {
		altered[len(altered)/2] = 'A'
	}
	var errs []error
	for _, garbage := range []string{"garbage", "Z2FyYmFnZQ==", string(altered), (*iterator)[:len(*iterator)-4]} {
		_, err := p.GetRecords(p.ctx, &kinesis.GetRecordsInput{ShardIterator: &garbage})
		errs = append(errs, kinesisRefused(err, "InvalidArgumentException"))
	}
	return errors.Join(errs...)
}

func checkIteratorTwice(p *kinesisProbe) error {
	iterator, err := p.horizon(5)
	if err != nil {
		return err
	}
	for range 2 {
		out, err := p.read(iterator, 3)
		if err != nil {
			return err
		}
		if err := errors.Join(kinesisEqual("records", len(out.Records), 3), kinesisEqual("first data", string(out.Records[0].Data), "0")); err != nil {
			return err
		}
	}
	return nil
}

func checkReadCap(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	const count = 12
	data := make([]byte, kinesisMiB-len("k"))
	for range count {
		if _, err := p.putOne(stream, "k", data); err != nil {
			return err
		}
	}
	iterator, err := p.iterator(stream, "shardId-000000000000", types.ShardIteratorTypeTrimHorizon)
	if err != nil {
		return err
	}
	first, err := p.read(iterator, 0)
	if err != nil {
		return err
	}
	if n := len(first.Records); n == 0 || n > 10 {
		return fmt.Errorf("one read returned %d records of 1 MiB", n)
	}
	rest, _, err := p.follow(first.NextShardIterator, count-len(first.Records))
	if err != nil {
		return err
	}
	return kinesisEqual("records of all reads", len(first.Records)+len(rest), count)
}
