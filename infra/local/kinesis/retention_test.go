package kinesis_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamrec/streamrec/infra/local/kinesis"
)

// everywhere runs a test in memory and on disk.
func everywhere(t *testing.T, options kinesis.Options, test func(t *testing.T, r *rig)) {
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		test(t, newRig(t, options))
	})
	t.Run("disk", func(t *testing.T) {
		t.Parallel()
		onDisk := options
		onDisk.Dir = t.TempDir()
		test(t, newRig(t, onDisk))
	})
}

func (r *rig) retain(stream string, hours int32) {
	r.t.Helper()
	must[awskinesis.IncreaseStreamRetentionPeriodOutput](r)(r.IncreaseStreamRetentionPeriod(r.ctx, &awskinesis.IncreaseStreamRetentionPeriodInput{
		StreamName: &stream, RetentionPeriodHours: &hours,
	}))
}

func TestRecordsPastRetentionAreTrimmed(t *testing.T) {
	everywhere(t, kinesis.Options{}, func(t *testing.T, r *rig) {
		r.create("s", 1)
		first := r.put("s", "k", "a")
		r.clock.advance(time.Hour)
		r.put("s", "k", "b")
		early := r.iterator("s", shard0, types.ShardIteratorTypeTrimHorizon)
		r.clock.advance(23 * time.Hour)
		want(t, "exactly 24 h later", r.all("s", shard0), "a b")
		r.clock.advance(time.Millisecond)
		want(t, "a millisecond later", r.all("s", shard0), "b")

		// A position that is trimmed reads from the trim horizon, by number and by time.
		for _, in := range []awskinesis.GetShardIteratorInput{
			{ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber, StartingSequenceNumber: &first},
			{ShardIteratorType: types.ShardIteratorTypeAfterSequenceNumber, StartingSequenceNumber: &first},
			{ShardIteratorType: types.ShardIteratorTypeAtTimestamp, Timestamp: aws.Time(r.clock.now().Add(-48 * time.Hour))},
		} {
			in.StreamName, in.ShardId = aws.String("s"), aws.String(shard0)
			out := must[awskinesis.GetShardIteratorOutput](r)(r.GetShardIterator(r.ctx, &in))
			want(t, string(in.ShardIteratorType), texts(r.read(out.ShardIterator).Records), "b")
		}
		_, err := r.GetRecords(r.ctx, &awskinesis.GetRecordsInput{ShardIterator: early})
		refused(t, err, "ExpiredIteratorException")
		r.clock.advance(time.Hour)
		want(t, "everything trimmed", r.all("s", shard0), "")
		r.put("s", "k", "c")
		want(t, "after that", r.all("s", shard0), "c")
	})
}

// TestLongerRetentionDoesNotBringBack: what is trimmed stays so when retention grows, also over a restart.
func TestLongerRetentionDoesNotBringBack(t *testing.T) {
	everywhere(t, kinesis.Options{}, func(t *testing.T, r *rig) {
		r.create("s", 1)
		r.put("s", "k", "a")
		r.clock.advance(2 * time.Hour)
		r.put("s", "k", "b")
		r.clock.advance(23 * time.Hour)
		r.retain("s", 48)
		want(t, "after the increase", r.all("s", shard0), "b")
		if r.options.Dir != "" {
			r.restart()
			want(t, "after a restart", r.all("s", shard0), "b")
		}
		r.clock.advance(25 * time.Hour)
		want(t, "48 h old", r.all("s", shard0), "b")
		_, err := r.DecreaseStreamRetentionPeriod(r.ctx, &awskinesis.DecreaseStreamRetentionPeriodInput{StreamName: aws.String("s"), RetentionPeriodHours: aws.Int32(24)})
		if err != nil {
			t.Fatal(err)
		}
		want(t, "after the decrease", r.all("s", shard0), "")
	})
}

func ids(shards []types.Shard) string {
	var list []string
	for _, shard := range shards {
		list = append(list, strings.TrimLeft(strings.TrimPrefix(*shard.ShardId, "shardId-"), "0"))
	}
	return strings.Join(list, ",")
}

// TestClosedShardsDisappear: a closed shard is listed as long as a record in it could be within retention, and then is gone for
// every call; its children name it still.
func TestClosedShardsDisappear(t *testing.T) {
	everywhere(t, kinesis.Options{}, func(t *testing.T, r *rig) {
		r.create("s", 1)
		r.put("s", "k", "a")
		r.clock.advance(time.Hour)
		r.split("s", shard0)
		number := *r.shards("s")[0].SequenceNumberRange.StartingSequenceNumber
		r.clock.advance(24 * time.Hour)
		want(t, "shards when it was closed 24 h ago", ids(r.shards("s")), ",1,2")
		want(t, "records then", r.all("s", shard0), "")
		iterator := r.iterator("s", shard0, types.ShardIteratorTypeLatest)
		want(t, "child shards then", len(r.read(iterator).ChildShards), 2)

		r.clock.advance(time.Millisecond)
		shards := r.shards("s")
		want(t, "shards a millisecond later", ids(shards), "1,2")
		want(t, "parent", aws.ToString(shards[0].ParentShardId), shard0)
		described := must[awskinesis.DescribeStreamOutput](r)(r.DescribeStream(r.ctx, &awskinesis.DescribeStreamInput{StreamName: aws.String("s")}))
		want(t, "described shards", ids(described.StreamDescription.Shards), "1,2")
		_, err := r.GetRecords(r.ctx, &awskinesis.GetRecordsInput{ShardIterator: iterator})
		refused(t, err, "ResourceNotFoundException", shard0)
		_, err = r.GetShardIterator(r.ctx, &awskinesis.GetShardIteratorInput{
			StreamName: aws.String("s"), ShardId: aws.String(shard0), ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber, StartingSequenceNumber: &number,
		})
		refused(t, err, "ResourceNotFoundException", shard0)
		if r.options.Dir != "" {
			r.restart()
			want(t, "shards after a restart", ids(r.shards("s")), "1,2")
		}
		r.split2("s")
		want(t, "indices are never used twice", ids(r.shards("s")), "1,2,3,4")
	})
}

// split2 splits shard 1, which has the lower half of the space.
func (r *rig) split2(stream string) {
	r.t.Helper()
	must[awskinesis.SplitShardOutput](r)(r.SplitShard(r.ctx, &awskinesis.SplitShardInput{
		StreamName: &stream, ShardToSplit: aws.String(shard1), NewStartingHashKey: aws.String("1000"),
	}))
}

// TestRecordsOfAJumpingClock: arrival times that go back keep their order and their values, and nothing is trimmed early.
func TestRecordsOfAJumpingClock(t *testing.T) {
	everywhere(t, kinesis.Options{}, func(t *testing.T, r *rig) {
		r.create("s", 1)
		r.put("s", "k", "a")
		r.clock.advance(-time.Hour)
		r.put("s", "k", "b")
		r.clock.advance(2 * time.Hour)
		r.put("s", "k", "c")
		want(t, "records", r.all("s", shard0), "a b c")
		arrivals := r.read(r.iterator("s", shard0, types.ShardIteratorTypeTrimHorizon)).Records
		want(t, "the second arrived before the first by", arrivals[0].ApproximateArrivalTimestamp.Sub(*arrivals[1].ApproximateArrivalTimestamp), time.Hour)
		at := func(d time.Duration) string {
			out := must[awskinesis.GetShardIteratorOutput](r)(r.GetShardIterator(r.ctx, &awskinesis.GetShardIteratorInput{
				StreamName: aws.String("s"), ShardId: aws.String(shard0), ShardIteratorType: types.ShardIteratorTypeAtTimestamp,
				Timestamp: aws.Time(r.clock.now().Add(d)),
			}))
			return texts(r.read(out.ShardIterator).Records)
		}
		want(t, "from the time of the second record", at(-2*time.Hour), "a b c")
		want(t, "from the time of the first", at(-time.Hour), "a b c")
		want(t, "from later", at(-time.Hour+time.Millisecond), "c")
		// The second record is past retention first, but the first is still before it.
		r.clock.advance(22*time.Hour + 30*time.Minute)
		want(t, "with the second record past retention", r.all("s", shard0), "a b c")
		r.clock.advance(time.Hour)
		want(t, "with the first past retention, too", r.all("s", shard0), "c")
	})
}
