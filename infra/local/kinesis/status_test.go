package kinesis_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamrec/streamrec/infra/local/kinesis"
)

func (r *rig) summary(stream string) *types.StreamDescriptionSummary {
	r.t.Helper()
	return must[awskinesis.DescribeStreamSummaryOutput](r)(r.DescribeStreamSummary(r.ctx, &awskinesis.DescribeStreamSummaryInput{StreamName: &stream})).StreamDescriptionSummary
}

func (r *rig) scale(stream string, target int32) error {
	_, err := r.UpdateShardCount(r.ctx, &awskinesis.UpdateShardCountInput{
		StreamName: &stream, TargetShardCount: &target, ScalingType: types.ScalingTypeUniformScaling,
	})
	return err
}

const delay = 10 * time.Second

func TestCreating(t *testing.T) {
	everywhere(t, kinesis.Options{CreateDelay: delay}, func(t *testing.T, r *rig) {
		r.create("s", 2)
		want(t, "status at once", r.summary("s").StreamStatus, types.StreamStatusCreating)
		want(t, "open shards at once", *r.summary("s").OpenShardCount, 0)
		described := must[awskinesis.DescribeStreamOutput](r)(r.DescribeStream(r.ctx, &awskinesis.DescribeStreamInput{StreamName: aws.String("s")}))
		want(t, "described shards at once", len(described.StreamDescription.Shards), 0)
		_, list := r.ListShards(r.ctx, &awskinesis.ListShardsInput{StreamName: aws.String("s")})
		refused(t, list, "ResourceInUseException", "CREATING")
		_, put := r.PutRecord(r.ctx, &awskinesis.PutRecordInput{StreamName: aws.String("s"), PartitionKey: aws.String("k"), Data: []byte("a")})
		refused(t, put, "ResourceNotFoundException")
		_, iterate := r.GetShardIterator(r.ctx, &awskinesis.GetShardIteratorInput{StreamName: aws.String("s"), ShardId: aws.String(shard0), ShardIteratorType: types.ShardIteratorTypeLatest})
		refused(t, iterate, "ResourceNotFoundException")
		refused(t, r.scale("s", 4), "ResourceInUseException", "CREATING")
		if r.options.Dir != "" {
			r.restart()
		}
		r.clock.advance(delay - time.Millisecond)
		want(t, "status a millisecond early", r.summary("s").StreamStatus, types.StreamStatusCreating)
		r.clock.advance(time.Millisecond)
		want(t, "status", r.summary("s").StreamStatus, types.StreamStatusActive)
		want(t, "open shards", *r.summary("s").OpenShardCount, 2)
	})
}

// TestUpdating: data flows while a stream is updating, but it is not changed again.
func TestUpdating(t *testing.T) {
	r := newRig(t, kinesis.Options{CreateDelay: delay})
	r.create("s", 2)
	r.clock.advance(delay)
	if err := r.scale("s", 4); err != nil {
		t.Fatal(err)
	}
	want(t, "status at once", r.summary("s").StreamStatus, types.StreamStatusUpdating)
	r.put("s", "k", "a")
	want(t, "shards at once", len(r.shards("s")), 6)
	for _, err := range []error{
		r.scale("s", 2),
		errorOf(r.SplitShard(r.ctx, &awskinesis.SplitShardInput{StreamName: aws.String("s"), ShardToSplit: aws.String("shardId-000000000002"), NewStartingHashKey: aws.String("5")})),
		errorOf(r.MergeShards(r.ctx, &awskinesis.MergeShardsInput{StreamName: aws.String("s"), ShardToMerge: aws.String("shardId-000000000002"), AdjacentShardToMerge: aws.String("shardId-000000000003")})),
		errorOf(r.IncreaseStreamRetentionPeriod(r.ctx, &awskinesis.IncreaseStreamRetentionPeriodInput{StreamName: aws.String("s"), RetentionPeriodHours: aws.Int32(30)})),
		errorOf(r.AddTagsToStream(r.ctx, &awskinesis.AddTagsToStreamInput{StreamName: aws.String("s"), Tags: map[string]string{"a": "b"}})),
	} {
		refused(t, err, "ResourceInUseException", "UPDATING")
	}
	r.clock.advance(delay)
	want(t, "status", r.summary("s").StreamStatus, types.StreamStatusActive)
	if err := r.scale("s", 2); err != nil {
		t.Error(err)
	}
}

func errorOf[Out any](_ *Out, err error) error { return err }

func TestDeleting(t *testing.T) {
	everywhere(t, kinesis.Options{CreateDelay: delay}, func(t *testing.T, r *rig) {
		r.create("s", 1)
		r.clock.advance(delay)
		r.put("s", "k", "a")
		remove := func() error {
			_, err := r.DeleteStream(r.ctx, &awskinesis.DeleteStreamInput{StreamName: aws.String("s")})
			return err
		}
		if err := remove(); err != nil {
			t.Fatal(err)
		}
		want(t, "status at once", r.summary("s").StreamStatus, types.StreamStatusDeleting)
		refused(t, remove(), "ResourceInUseException")
		refused(t, errorOf(r.CreateStream(r.ctx, &awskinesis.CreateStreamInput{StreamName: aws.String("s"), ShardCount: aws.Int32(1)})), "ResourceInUseException")
		want(t, "records meanwhile", r.all("s", shard0), "a")
		if r.options.Dir != "" {
			r.restart()
		}
		r.clock.advance(delay)
		refused(t, errorOf(r.DescribeStreamSummary(r.ctx, &awskinesis.DescribeStreamSummaryInput{StreamName: aws.String("s")})), "ResourceNotFoundException")
		names := must[awskinesis.ListStreamsOutput](r)(r.ListStreams(r.ctx, &awskinesis.ListStreamsInput{}))
		want(t, "streams", len(names.StreamNames), 0)
		r.create("s", 1)
		r.clock.advance(delay)
		want(t, "records of the new one", r.all("s", shard0), "")
	})
}

func TestFiveStreamsCreatingAtOnce(t *testing.T) {
	r := newRig(t, kinesis.Options{CreateDelay: delay})
	for i := range 5 {
		r.create(numbered(i), 1)
	}
	sixth := func() error {
		return errorOf(r.CreateStream(r.ctx, &awskinesis.CreateStreamInput{StreamName: aws.String("sixth"), ShardCount: aws.Int32(1)}))
	}
	refused(t, sixth(), "LimitExceededException")
	r.clock.advance(delay)
	if err := sixth(); err != nil {
		t.Error(err)
	}
}

func TestShardLimit(t *testing.T) {
	r := newRig(t, kinesis.Options{ShardLimit: 10})
	r.create("a", 4)
	r.create("b", 5)
	refused(t, errorOf(r.CreateStream(r.ctx, &awskinesis.CreateStreamInput{StreamName: aws.String("c"), ShardCount: aws.Int32(2)})), "LimitExceededException", "Limit: 10")
	refused(t, r.scale("a", 6), "LimitExceededException")
	refused(t, r.scale("a", 3), "LimitExceededException", "additional shards that would have resulted from this request: 2") // on the way
	if err := r.scale("a", 2); err != nil {
		t.Error(err)
	}
	split := func(shard, key string) error {
		return errorOf(r.SplitShard(r.ctx, &awskinesis.SplitShardInput{StreamName: aws.String("b"), ShardToSplit: &shard, NewStartingHashKey: &key}))
	}
	r.create("c", 2)
	if err := split(shard0, "1000"); err != nil {
		t.Error(err)
	}
	refused(t, split("shardId-000000000005", "500"), "LimitExceededException")
	limits := must[awskinesis.DescribeLimitsOutput](r)(r.DescribeLimits(r.ctx, &awskinesis.DescribeLimitsInput{}))
	want(t, "open shards", *limits.OpenShardCount, 10)
	want(t, "shard limit", *limits.ShardLimit, 10)
}

// TestDailyLimits: with limits a stream is scaled ten times and changes its mode twice in 24 hours, also over a restart.
func TestDailyLimits(t *testing.T) {
	everywhere(t, kinesis.Options{EnforceLimits: true}, func(t *testing.T, r *rig) {
		r.create("s", 2)
		arn := "arn:aws:kinesis:us-east-1:000000000000:stream/s"
		mode := func(m types.StreamMode) error {
			return errorOf(r.UpdateStreamMode(r.ctx, &awskinesis.UpdateStreamModeInput{StreamARN: &arn, StreamModeDetails: &types.StreamModeDetails{StreamMode: m}}))
		}
		for i := range 10 {
			if err := r.scale("s", int32(3+i%2)); err != nil {
				t.Fatal(err)
			}
			r.clock.advance(time.Hour)
		}
		refused(t, r.scale("s", 3), "LimitExceededException", "10 times")
		if r.options.Dir != "" {
			r.restart()
			refused(t, r.scale("s", 3), "LimitExceededException", "10 times")
		}
		r.clock.advance(14 * time.Hour)
		if err := r.scale("s", 3); err != nil {
			t.Error(err)
		}
		refused(t, r.scale("s", 4), "LimitExceededException")
		if err := mode(types.StreamModeOnDemand); err != nil {
			t.Error(err)
		}
		if err := mode(types.StreamModeProvisioned); err != nil {
			t.Error(err)
		}
		refused(t, mode(types.StreamModeOnDemand), "LimitExceededException")
		r.clock.advance(24 * time.Hour)
		if err := mode(types.StreamModeOnDemand); err != nil {
			t.Error(err)
		}
	})
}
