package conformance

import (
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// atTime gets an iterator at a time.
func (p *kinesisProbe) atTime(stream string, at time.Time) (*string, error) {
	return p.iteratorWith(&kinesis.GetShardIteratorInput{
		StreamName: &stream, ShardId: aws.String("shardId-000000000000"), ShardIteratorType: types.ShardIteratorTypeAtTimestamp, Timestamp: &at,
	})
}

func checkAtTimestamp(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	for i := range 3 {
		if _, err := p.putOne(stream, "k", fmt.Append(nil, i)); err != nil {
			return err
		}
		if err := p.wait(kinesisPause); err != nil {
			return err
		}
	}
	records, err := p.all(stream, "shardId-000000000000", 3)
	if err != nil {
		return err
	}
	at := aws.ToTime(records[1].ApproximateArrivalTimestamp)
	same, err := p.atTime(stream, at)
	if err != nil {
		return err
	}
	later, err := p.atTime(stream, at.Add(10*time.Millisecond))
	if err != nil {
		return err
	}
	return errors.Join(p.begins(same, "1"), p.begins(later, "2"))
}

func checkAtTimestampBehind(p *kinesisProbe) error {
	stream, _, err := p.filled(1)
	if err != nil {
		return err
	}
	records, err := p.all(stream, "shardId-000000000000", 1)
	if err != nil {
		return err
	}
	if err := p.wait(kinesisPause); err != nil {
		return err
	}
	iterator, err := p.atTime(stream, aws.ToTime(records[0].ApproximateArrivalTimestamp).Add(50*time.Millisecond))
	if err != nil {
		return err
	}
	next, err := p.nothing(iterator)
	if err != nil {
		return err
	}
	if _, err := p.putOne(stream, "k", []byte("new")); err != nil {
		return err
	}
	return p.begins(next, "new")
}

func checkAtFuture(p *kinesisProbe) error {
	stream, _, err := p.filled(1)
	if err != nil {
		return err
	}
	_, err = p.atTime(stream, time.Now().Add(time.Hour))
	return kinesisRefused(err, "InvalidArgumentException")
}

func checkAtPast(p *kinesisProbe) error {
	stream, _, err := p.filled(2)
	if err != nil {
		return err
	}
	iterator, err := p.atTime(stream, time.Now().Add(-time.Hour))
	if err != nil {
		return err
	}
	return p.begins(iterator, "0")
}
