package conformance

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func kinesisSettingChecks() []kinesisCheck {
	return []kinesisCheck{
		{"Increase/DecreaseStreamRetentionPeriod", checkRetention},
		{"retention below 24 h or above 8760 h rejected", checkRetentionBounds},
		{"UpdateStreamMode to ON_DEMAND and back", checkModeSwitch},
		{"UpdateMaxRecordSize above 10 MiB rejected", checkMaxRecordBounds},
		{"AddTagsToStream, ListTagsForStream with pagination", checkTags},
		{"DescribeLimits counts open shards", checkLimits},
	}
}

func (p *kinesisProbe) summary(stream string) (*types.StreamDescriptionSummary, error) {
	out, err := p.DescribeStreamSummary(p.ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &stream})
	if err != nil {
		return nil, fmt.Errorf("describe stream: %w", err)
	}
	return out.StreamDescriptionSummary, nil
}

func (p *kinesisProbe) retains(stream string, hours int32) error {
	if err := p.active(stream); err != nil {
		return err
	}
	summary, err := p.summary(stream)
	if err != nil {
		return err
	}
	return kinesisEqual("RetentionPeriodHours", aws.ToInt32(summary.RetentionPeriodHours), hours)
}

func (p *kinesisProbe) increase(stream string, hours int32) error {
	_, err := p.IncreaseStreamRetentionPeriod(p.ctx, &kinesis.IncreaseStreamRetentionPeriodInput{StreamName: &stream, RetentionPeriodHours: &hours})
	return err
}

func (p *kinesisProbe) decrease(stream string, hours int32) error {
	_, err := p.DecreaseStreamRetentionPeriod(p.ctx, &kinesis.DecreaseStreamRetentionPeriodInput{StreamName: &stream, RetentionPeriodHours: &hours})
	return err
}

func checkRetention(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	if err := errors.Join(p.increase(stream, 48), p.retains(stream, 48)); err != nil {
		return err
	}
	up := p.increase(stream, 36)
	if err := kinesisRefused(up, "InvalidArgumentException"); err != nil {
		return err
	}
	if err := errors.Join(p.decrease(stream, 24), p.retains(stream, 24)); err != nil {
		return err
	}
	return kinesisRefused(p.decrease(stream, 36), "InvalidArgumentException")
}

func checkRetentionBounds(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	return errors.Join(kinesisInvalid(p.decrease(stream, 23)), kinesisInvalid(p.increase(stream, 8761)), p.increase(stream, 8760), p.retains(stream, 8760))
}

func checkModeSwitch(p *kinesisProbe) error {
	stream, err := p.create(2)
	if err != nil {
		return err
	}
	arn, err := p.arn(stream)
	if err != nil {
		return err
	}
	for _, mode := range []types.StreamMode{types.StreamModeOnDemand, types.StreamModeProvisioned} {
		_, err := p.UpdateStreamMode(p.ctx, &kinesis.UpdateStreamModeInput{StreamARN: arn, StreamModeDetails: &types.StreamModeDetails{StreamMode: mode}})
		if err = errors.Join(err, p.active(stream)); err != nil {
			return err
		}
		summary, err := p.summary(stream)
		if err != nil {
			return err
		}
		if summary.StreamModeDetails == nil {
			return errors.New("StreamModeDetails are missing")
		}
		if err := kinesisEqual("StreamMode", summary.StreamModeDetails.StreamMode, mode); err != nil {
			return err
		}
	}
	_, err = p.scale(stream, 4)
	return err
}

func (p *kinesisProbe) setMaxRecord(stream string, kib int32) error {
	arn, err := p.arn(stream)
	if err != nil {
		return err
	}
	_, err = p.UpdateMaxRecordSize(p.ctx, &kinesis.UpdateMaxRecordSizeInput{StreamARN: arn, MaxRecordSizeInKiB: &kib})
	return err
}

func checkMaxRecordSize(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	if err := errors.Join(p.setMaxRecord(stream, 3*1024), p.active(stream)); err != nil {
		return err
	}
	data := patterned(3*kinesisMiB - len("key"))
	if _, err := p.putOne(stream, "key", data); err != nil {
		return err
	}
	_, tooLarge := p.putOne(stream, "key", append(data, 0))
	if err := kinesisInvalid(tooLarge); err != nil {
		return err
	}
	records, err := p.all(stream, "shardId-000000000000", 1)
	if err != nil {
		return err
	}
	return kinesisEqual("data came back", bytes.Equal(records[0].Data, data), true)
}

func checkMaxRecordBounds(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	return errors.Join(kinesisInvalid(p.setMaxRecord(stream, 10_241)), kinesisInvalid(p.setMaxRecord(stream, 1023)))
}

func checkTags(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	for _, tags := range []map[string]string{{"a": "1", "b": "2"}, {"b": "3", "c": ""}} {
		if _, err := p.AddTagsToStream(p.ctx, &kinesis.AddTagsToStreamInput{StreamName: &stream, Tags: tags}); err != nil {
			return err
		}
	}
	first, err := p.ListTagsForStream(p.ctx, &kinesis.ListTagsForStreamInput{StreamName: &stream, Limit: aws.Int32(2)})
	if err != nil {
		return err
	}
	if err := errors.Join(kinesisEqual("tags on the first page", len(first.Tags), 2), kinesisEqual("HasMoreTags", aws.ToBool(first.HasMoreTags), true)); err != nil {
		return err
	}
	second, err := p.ListTagsForStream(p.ctx, &kinesis.ListTagsForStreamInput{StreamName: &stream, ExclusiveStartTagKey: first.Tags[1].Key})
	if err != nil {
		return err
	}
	var text string
	for _, tag := range append(first.Tags, second.Tags...) {
		text += aws.ToString(tag.Key) + "=" + aws.ToString(tag.Value) + ";"
	}
	return kinesisEqual("tags", text, "a=1;b=3;c=;")
}

func checkLimits(p *kinesisProbe) error {
	if _, err := p.create(2); err != nil {
		return err
	}
	out, err := p.DescribeLimits(p.ctx, &kinesis.DescribeLimitsInput{})
	if err != nil {
		return err
	}
	open, limit := aws.ToInt32(out.OpenShardCount), aws.ToInt32(out.ShardLimit)
	if open < 2 || limit < open {
		return fmt.Errorf("%d of %d shards are open", open, limit)
	}
	return nil
}
