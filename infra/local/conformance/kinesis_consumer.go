package conformance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func kinesisConsumerChecks() []kinesisCheck {
	return []kinesisCheck{
		{"RegisterStreamConsumer -> ACTIVE", checkRegister},
		{"SubscribeToShard (EFO event stream) live records", checkSubscribe},
		{"SubscribeToShard on closed shard: ChildShards", checkSubscribeClosed},
		{"DeregisterStreamConsumer", checkDeregister},
	}
}

// consumer registers a consumer of a stream and waits until it is active. It returns its ARN.
func (p *kinesisProbe) consumer(stream string) (*string, error) {
	arn, err := p.arn(stream)
	if err != nil {
		return nil, err
	}
	registered, err := p.RegisterStreamConsumer(p.ctx, &kinesis.RegisterStreamConsumerInput{StreamARN: arn, ConsumerName: aws.String("conformance")})
	if err != nil {
		return nil, fmt.Errorf("register consumer: %w", err)
	}
	for {
		out, err := p.DescribeStreamConsumer(p.ctx, &kinesis.DescribeStreamConsumerInput{ConsumerARN: registered.Consumer.ConsumerARN})
		if err != nil {
			return nil, fmt.Errorf("describe consumer: %w", err)
		}
		if out.ConsumerDescription.ConsumerStatus == types.ConsumerStatusActive {
			return registered.Consumer.ConsumerARN, nil
		}
		if err := p.wait(20 * time.Millisecond); err != nil {
			return nil, err
		}
	}
}

func checkRegister(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	_, err = p.consumer(stream)
	return err
}

func checkDeregister(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	arn, err := p.consumer(stream)
	if err != nil {
		return errors.Join(errNotApplicable, err)
	}
	if _, err := p.DeregisterStreamConsumer(p.ctx, &kinesis.DeregisterStreamConsumerInput{ConsumerARN: arn}); err != nil {
		return err
	}
	for {
		_, err := p.DescribeStreamConsumer(p.ctx, &kinesis.DescribeStreamConsumerInput{ConsumerARN: arn})
		if err != nil {
			return kinesisRefused(err, "ResourceNotFoundException")
		}
		if err := p.wait(20 * time.Millisecond); err != nil {
			return err
		}
	}
}

// subscribe calls visit with the events of a subscription until that returns true or they end.
func (p *kinesisProbe) subscribe(consumer *string, shard string, from types.ShardIteratorType, visit func(types.SubscribeToShardEvent) bool) error {
	ctx, cancel := context.WithTimeout(p.ctx, p.patience)
	defer cancel()
	out, err := p.streaming.SubscribeToShard(ctx, &kinesis.SubscribeToShardInput{
		ConsumerARN: consumer, ShardId: &shard, StartingPosition: &types.StartingPosition{Type: from},
	})
	if err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	events := out.GetStream()
	defer func() { _ = events.Close() }() // the check has what it wants, or an error of its own
	for event := range events.Events() {
		if e, ok := event.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent); ok && visit(e.Value) {
			return nil
		}
	}
	return errors.Join(errors.New("the events ended too early"), events.Err(), context.Cause(ctx))
}

func checkSubscribe(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	consumer, err := p.consumer(stream)
	if err != nil {
		return errors.Join(errNotApplicable, err)
	}
	if _, err := p.put(stream, kinesisEntries(5)...); err != nil {
		return err
	}
	seen := 0
	return p.subscribe(consumer, "shardId-000000000000", types.ShardIteratorTypeTrimHorizon, func(e types.SubscribeToShardEvent) bool {
		seen += len(e.Records)
		return seen >= 5
	})
}

func checkSubscribeClosed(p *kinesisProbe) error {
	stream, shards, err := p.splitStream(5)
	if err != nil {
		return err
	}
	consumer, err := p.consumer(stream)
	if err != nil {
		return errors.Join(errNotApplicable, err)
	}
	var children []types.ChildShard
	err = p.subscribe(consumer, *shards[0].ShardId, types.ShardIteratorTypeTrimHorizon, func(e types.SubscribeToShardEvent) bool {
		children = e.ChildShards
		return len(children) > 0
	})
	return errors.Join(err, childShardsAre(children, shards[1:]))
}
