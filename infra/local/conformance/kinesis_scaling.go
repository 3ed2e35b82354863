package conformance

import (
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func kinesisScalingChecks() []kinesisCheck {
	return []kinesisCheck{
		{"UpdateShardCount 2->4 UNIFORM_SCALING", func(p *kinesisProbe) error { return p.scales(2, 4) }},
		{"UpdateShardCount 4->2 UNIFORM_SCALING", func(p *kinesisProbe) error { return p.scales(4, 2) }},
		{"UpdateShardCount 2->3 is uniform, too", func(p *kinesisProbe) error { return p.scales(2, 3) }},
		{"UpdateShardCount to more than double or less than half rejected", checkScalingBounds},
		{"ON_DEMAND streams refuse UpdateShardCount, SplitShard and MergeShards", checkOnDemand},
	}
}

func (p *kinesisProbe) scale(stream string, target int32) (*kinesis.UpdateShardCountOutput, error) {
	out, err := p.UpdateShardCount(p.ctx, &kinesis.UpdateShardCountInput{
		StreamName: &stream, TargetShardCount: &target, ScalingType: types.ScalingTypeUniformScaling,
	})
	if err != nil {
		return nil, fmt.Errorf("update shard count: %w", err)
	}
	return out, p.active(stream)
}

// scales passes if a stream has uniform shards after scaling, all descending from the first ones.
func (p *kinesisProbe) scales(from, to int32) error {
	stream, err := p.create(from)
	if err != nil {
		return err
	}
	out, err := p.scale(stream, to)
	if err != nil {
		return err
	}
	shards, err := p.shards(stream)
	if err != nil {
		return err
	}
	var errs []error
	for _, shard := range shards[from:] {
		_, err := shards.find(aws.ToString(shard.ParentShardId))
		errs = append(errs, err)
	}
	return errors.Join(append(errs, shards.open().uniform(int(to)),
		kinesisEqual("CurrentShardCount", aws.ToInt32(out.CurrentShardCount), from),
		kinesisEqual("TargetShardCount", aws.ToInt32(out.TargetShardCount), to))...)
}

func checkScalingBounds(p *kinesisProbe) error {
	stream, err := p.create(5)
	if err != nil {
		return err
	}
	_, high := p.scale(stream, 11)
	_, low := p.scale(stream, 2)
	_, none := p.scale(stream, 0)
	codes := []string{"InvalidArgumentException", "LimitExceededException", "ValidationException"}
	return errors.Join(kinesisRefused(high, codes...), kinesisRefused(low, codes...), kinesisRefused(none, codes...))
}

func checkOnDemand(p *kinesisProbe) error {
	stream, err := p.createWith(&kinesis.CreateStreamInput{StreamModeDetails: &types.StreamModeDetails{StreamMode: types.StreamModeOnDemand}})
	if err != nil {
		return err
	}
	shards, err := p.shards(stream)
	if err != nil {
		return err
	}
	if len(shards) < 2 {
		return fmt.Errorf("a new stream on demand has %d shards", len(shards))
	}
	_, scale := p.scale(stream, int32(len(shards))+1)
	split := p.split(stream, shards[0])
	merge := p.merge(stream, shards[0], shards[1])
	return errors.Join(kinesisRefused(scale, "ValidationException"), kinesisRefused(split, "ValidationException"), kinesisRefused(merge, "ValidationException"))
}

func kinesisFilterChecks() []kinesisCheck {
	return []kinesisCheck{
		{"ListShards filter AT_LATEST", checkFilterLatest},
		{"ListShards filter AT_TRIM_HORIZON", checkFilterHorizon},
		{"ListShards filter FROM_TRIM_HORIZON / AFTER_SHARD_ID", checkFilterFromHorizon},
		{"ListShards filter AT_TIMESTAMP / FROM_TIMESTAMP", checkFilterTime},
		{"ListShards filter without its parameter rejected", checkBadFilter},
	}
}

// filters passes if a filter selects these shards.
func (p *kinesisProbe) filters(stream string, filter types.ShardFilter, want kinesisShards) error {
	got, err := p.filtered(stream, &filter)
	if err != nil {
		return err
	}
	return got.are(fmt.Sprintf("shards of %s", filter.Type), want)
}

func checkFilterLatest(p *kinesisProbe) error {
	stream, shards, err := p.splitStream(1)
	if err != nil {
		return err
	}
	return p.filters(stream, types.ShardFilter{Type: types.ShardFilterTypeAtLatest}, shards[1:])
}

func checkFilterHorizon(p *kinesisProbe) error {
	stream, shards, err := p.splitStream(1)
	if err != nil {
		return err
	}
	return p.filters(stream, types.ShardFilter{Type: types.ShardFilterTypeAtTrimHorizon}, shards[:1])
}

func checkFilterFromHorizon(p *kinesisProbe) error {
	stream, shards, err := p.splitStream(1)
	if err != nil {
		return err
	}
	return errors.Join(
		p.filters(stream, types.ShardFilter{Type: types.ShardFilterTypeFromTrimHorizon}, shards),
		p.filters(stream, types.ShardFilter{Type: types.ShardFilterTypeAfterShardId, ShardId: shards[0].ShardId}, shards[1:]),
	)
}

func checkFilterTime(p *kinesisProbe) error {
	stream, shards, err := p.sharded(1)
	if err != nil {
		return err
	}
	pause := 1100 * time.Millisecond // some servers keep the times of shards in seconds
	if err := p.wait(pause); err != nil {
		return err
	}
	before := time.Now()
	if err := errors.Join(p.wait(pause), p.split(stream, shards[0]), p.wait(pause)); err != nil {
		return err
	}
	after := time.Now()
	if shards, err = p.shards(stream); err != nil {
		return err
	}
	return errors.Join(
		p.filters(stream, types.ShardFilter{Type: types.ShardFilterTypeAtTimestamp, Timestamp: &before}, shards[:1]),
		p.filters(stream, types.ShardFilter{Type: types.ShardFilterTypeFromTimestamp, Timestamp: &before}, shards),
		p.filters(stream, types.ShardFilter{Type: types.ShardFilterTypeFromTimestamp, Timestamp: &after}, shards[1:]),
	)
}

func checkBadFilter(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	var errs []error
	for _, kind := range []types.ShardFilterType{types.ShardFilterTypeAfterShardId, types.ShardFilterTypeAtTimestamp, types.ShardFilterTypeFromTimestamp, "NONSENSE"} {
		_, err := p.ListShards(p.ctx, &kinesis.ListShardsInput{StreamName: &stream, ShardFilter: &types.ShardFilter{Type: kind}})
		errs = append(errs, kinesisInvalid(err))
	}
	return errors.Join(errs...)
}
