package kinesis_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/streamrec/streamrec/infra/local/kinesis"
)

// TestRefusals asks for what is not allowed; nothing changes.
func TestRefusals(t *testing.T) {
	const (
		invalid = "400 InvalidArgumentException"
		illegal = "400 ValidationException"
		missing = "400 ResourceNotFoundException"
		limit   = "400 LimitExceededException"
	)
	everywhere(t, kinesis.Options{ShardLimit: 40_000}, func(t *testing.T, r *rig) {
		r.create("s", 3)
		r.create("large", 6_000)
		r.split("s", shard1) // has the middle third
		arn := `"StreamARN":"arn:aws:kinesis:us-east-1:000000000000:stream/s"`
		before := r.picture("s")
		for _, c := range []struct{ operation, body, want string }{
			{"CreateStream", `{"StreamName":"n"}`, invalid},
			{"CreateStream", `{"StreamName":"n","ShardCount":2,"StreamModeDetails":{"StreamMode":"ON_DEMAND"}}`, invalid},
			{"CreateStream", `{"StreamName":"n","ShardCount":2,"StreamModeDetails":{"StreamMode":"SOMETIMES"}}`, illegal},
			{"CreateStream", `{"StreamName":"n","ShardCount":2,"MaxRecordSizeInKiB":1023}`, illegal},
			{"CreateStream", `{"StreamName":"n","ShardCount":2,"MaxRecordSizeInKiB":10241}`, illegal},
			{"CreateStream", `{"StreamName":"n","ShardCount":2,"Tags":{"aws:x":"y"}}`, illegal},
			{"CreateStream", `{"StreamName":"n","ShardCount":39000}`, limit},
			{"DescribeStream", `{"StreamName":"s","Limit":0}`, illegal},
			{"DescribeStream", `{"StreamName":"s","ExclusiveStartShardId":"x"}`, invalid},
			{"ListShards", `{"StreamName":"s","MaxResults":0}`, illegal},
			{"ListShards", `{"StreamName":"s","MaxResults":10001}`, illegal},
			{"ListShards", `{"StreamName":"s","ExclusiveStartShardId":"shardId-1"}`, invalid},
			{"ListShards", `{"StreamName":"s","StreamCreationTimestamp":5}`, missing},
			{"ListShards", `{}`, invalid},
			{"ListShards", `{"NextToken":"x"}`, invalid},
			{"ListShards", `{"NextToken":"x","StreamName":"s"}`, invalid},
			{"ListShards", `{"NextToken":"x","ExclusiveStartShardId":"shardId-000000000000"}`, invalid},
			{"ListShards", `{"NextToken":"x","StreamCreationTimestamp":5}`, invalid},
			{"ListShards", `{"StreamName":"s","ShardFilter":{"Type":"AT_LATEST","ShardId":"shardId-000000000000"}}`, invalid},
			{"ListShards", `{"StreamName":"s","ShardFilter":{"Type":"AT_LATEST","Timestamp":5}}`, invalid},
			{"ListShards", `{"StreamName":"s","ShardFilter":{"Type":"AFTER_SHARD_ID","ShardId":"shardId-1"}}`, invalid},
			{"ListStreams", `{"Limit":0}`, illegal},
			{"ListStreams", `{"NextToken":"x"}`, invalid},
			{"ListTagsForStream", `{"StreamName":"s","Limit":51}`, illegal},
			{"SplitShard", `{"StreamName":"s","ShardToSplit":"shardId-000000000000"}`, illegal},
			{"SplitShard", `{"StreamName":"s","ShardToSplit":"shardId-000000000000","NewStartingHashKey":"-5"}`, illegal},
			{"SplitShard", `{"StreamName":"s","ShardToSplit":"shardId-000000000000","NewStartingHashKey":"0"}`, invalid},
			{"SplitShard", `{"StreamName":"s","ShardToSplit":"shardId-000000000001","NewStartingHashKey":"170141183460469231731687303715884105728"}`, invalid},
			{"SplitShard", `{"StreamName":"s","ShardToSplit":"shardId-000000000077","NewStartingHashKey":"5"}`, missing},
			{"SplitShard", `{"StreamName":"s","ShardToSplit":"x","NewStartingHashKey":"5"}`, missing},
			{"MergeShards", `{"StreamName":"s","ShardToMerge":"shardId-000000000000"}`, illegal},
			{"MergeShards", `{"StreamName":"s","ShardToMerge":"shardId-000000000000","AdjacentShardToMerge":"shardId-000000000000"}`, invalid},
			{"MergeShards", `{"StreamName":"s","ShardToMerge":"shardId-000000000000","AdjacentShardToMerge":"shardId-000000000002"}`, invalid},
			{"MergeShards", `{"StreamName":"s","ShardToMerge":"shardId-000000000000","AdjacentShardToMerge":"shardId-000000000001"}`, invalid},
			{"MergeShards", `{"StreamName":"s","ShardToMerge":"shardId-000000000000","AdjacentShardToMerge":"shardId-000000000099"}`, missing},
			{"MergeShards", `{"StreamName":"s","ShardToMerge":"shardId-000000000099","AdjacentShardToMerge":"shardId-000000000000"}`, missing},
			{"UpdateShardCount", `{"StreamName":"s","TargetShardCount":4}`, illegal},
			{"UpdateShardCount", `{"StreamName":"s","ScalingType":"UNIFORM_SCALING"}`, illegal},
			{"UpdateShardCount", `{"StreamName":"s","ScalingType":"UNIFORM_SCALING","TargetShardCount":9}`, invalid},
			{"UpdateShardCount", `{"StreamName":"s","ScalingType":"UNIFORM_SCALING","TargetShardCount":1}`, invalid},
			{"UpdateShardCount", `{"StreamName":"large","ScalingType":"UNIFORM_SCALING","TargetShardCount":10001}`, limit},
			{"IncreaseStreamRetentionPeriod", `{"StreamName":"s"}`, illegal},
			{"IncreaseStreamRetentionPeriod", `{"StreamName":"s","RetentionPeriodHours":8761}`, invalid},
			{"DecreaseStreamRetentionPeriod", `{"StreamName":"s","RetentionPeriodHours":23}`, invalid},
			{"DecreaseStreamRetentionPeriod", `{"StreamName":"s","RetentionPeriodHours":25}`, invalid},
			{"UpdateMaxRecordSize", `{` + arn + `}`, illegal},
			{"UpdateMaxRecordSize", `{"MaxRecordSizeInKiB":2048}`, invalid},
			{"UpdateStreamMode", `{` + arn + `}`, illegal},
			{"UpdateStreamMode", `{` + arn + `,"StreamModeDetails":{"StreamMode":"ON_DEMAND"},"WarmThroughputMiBps":5}`, invalid},
			{"GetShardIterator", `{"StreamName":"s","ShardId":"shardId-000000000000","ShardIteratorType":"AT_TIMESTAMP"}`, invalid},
			{"GetShardIterator", `{"StreamName":"s","ShardId":"shardId-000000000000","ShardIteratorType":"LATEST","StartingSequenceNumber":"5"}`, invalid},
			{"GetRecords", `{"ShardIterator":"` + strings.Repeat("x", 513) + `"}`, illegal},
			{"PutRecord", `{"StreamName":"s","PartitionKey":"k","Data":"","ExplicitHashKey":"340282366920938463463374607431768211456"}`, invalid},
			{"PutRecord", `{"PartitionKey":"k","Data":""}`, invalid},
		} {
			if got := r.raw(c.operation, c.body); got != c.want {
				t.Errorf("%s %s: %s, want %s", c.operation, c.body, got, c.want)
			}
		}
		want(t, "the stream is the same", r.picture("s") == before, true)
	})
}

func TestListStreamsPages(t *testing.T) {
	r := newRig(t, kinesis.Options{})
	var names []string
	for i := range 120 {
		names = append(names, numbered(i))
		r.create(names[i], 1)
	}
	var got []string
	pages := awskinesis.NewListStreamsPaginator(r.Client, &awskinesis.ListStreamsInput{})
	for pages.HasMorePages() {
		page := must[awskinesis.ListStreamsOutput](r)(pages.NextPage(r.ctx))
		got = append(got, page.StreamNames...)
		for i, summary := range page.StreamSummaries {
			want(t, "ARN", *summary.StreamARN, "arn:aws:kinesis:us-east-1:000000000000:stream/"+page.StreamNames[i])
		}
	}
	want(t, "streams by token", fmt.Sprint(got), fmt.Sprint(names))
	page := must[awskinesis.ListStreamsOutput](r)(r.ListStreams(r.ctx, &awskinesis.ListStreamsInput{ExclusiveStartStreamName: aws.String("117"), Limit: aws.Int32(2)}))
	want(t, "streams after 117", fmt.Sprint(page.StreamNames, *page.HasMoreStreams), "[118 119] false")
}

func TestFiftyStreamsOnDemand(t *testing.T) {
	r := newRig(t, kinesis.Options{})
	create := func(i int) string {
		return r.raw("CreateStream", fmt.Sprintf(`{"StreamName":"%d","StreamModeDetails":{"StreamMode":"ON_DEMAND"}}`, i))
	}
	for i := range 50 {
		want(t, "outcome", create(i), "200")
	}
	want(t, "outcome of one more", create(50), "400 LimitExceededException")
	limits := must[awskinesis.DescribeLimitsOutput](r)(r.DescribeLimits(r.ctx, &awskinesis.DescribeLimitsInput{}))
	want(t, "streams on demand", *limits.OnDemandStreamCount, 50)
	want(t, "open shards", *limits.OpenShardCount, 200)
}

// TestRequestBeyondTenMiB: the bytes of all records of a request are bounded, too.
func TestRequestBeyondTenMiB(t *testing.T) {
	r := newRig(t, kinesis.Options{})
	r.create("s", 1)
	record := func(size int) string { // size with the key
		return `{"PartitionKey":"k","Data":"` + strings.Repeat("AAAA", (size-1)/3) + []string{"", "AA==", "AAA="}[(size-1)%3] + `"}`
	}
	const mib = 1 << 20
	full := strings.Repeat(record(mib)+",", 9)
	want(t, "10 MiB", r.raw("PutRecords", `{"StreamName":"s","Records":[`+full+record(mib)+`]}`), "200")
	want(t, "a byte more", r.raw("PutRecords", `{"StreamName":"s","Records":[`+full+record(mib-1)+","+record(2)+`]}`), "400 InvalidArgumentException")
}
