package kinesis_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamrec/streamrec/infra/local/kinesis"
)

// half is a hash key in the lower or the upper half of the space.
func half(upper bool) *string {
	if upper {
		return aws.String(middle)
	}
	return aws.String("0")
}

// burst puts count records of a size with one PutRecords, alternating between the halves of the space.
func (r *rig) burst(count, size int) *awskinesis.PutRecordsOutput {
	r.t.Helper()
	entries := make([]types.PutRecordsRequestEntry, count)
	for i := range entries {
		entries[i] = types.PutRecordsRequestEntry{PartitionKey: aws.String("k"), ExplicitHashKey: half(i%2 == 1), Data: make([]byte, size-1)}
	}
	return must[awskinesis.PutRecordsOutput](r)(r.PutRecords(r.ctx, &awskinesis.PutRecordsInput{StreamName: aws.String("s"), Records: entries}))
}

// TestPutRecordsFailsPerShard overloads one of two shards: exactly its records fail, each with the reason, the others are stored.
func TestPutRecordsFailsPerShard(t *testing.T) {
	r := newRig(t, kinesis.Options{EnforceLimits: true})
	r.create("s", 2)
	for range 9 { // 900 records to the lower shard
		entries := make([]types.PutRecordsRequestEntry, 100)
		for i := range entries {
			entries[i] = types.PutRecordsRequestEntry{PartitionKey: aws.String("k"), ExplicitHashKey: half(false), Data: []byte("x")}
		}
		must[awskinesis.PutRecordsOutput](r)(r.PutRecords(r.ctx, &awskinesis.PutRecordsInput{StreamName: aws.String("s"), Records: entries}))
	}
	out := r.burst(400, 10) // 200 to each
	want(t, "FailedRecordCount", *out.FailedRecordCount, 100)
	for i, record := range out.Records {
		failed := i%2 == 0 && i >= 200
		if failed != (record.ErrorCode != nil) || failed == (record.SequenceNumber != nil) {
			t.Fatalf("record %d: code %s, number %s", i, aws.ToString(record.ErrorCode), aws.ToString(record.SequenceNumber))
		}
		if failed {
			want(t, "code", *record.ErrorCode, "ProvisionedThroughputExceededException")
			want(t, "message", *record.ErrorMessage, "Rate exceeded for shard shardId-000000000000 in stream s under account 000000000000.")
		}
	}
	want(t, "records in the lower shard", len(r.read(r.iterator("s", shard0, types.ShardIteratorTypeTrimHorizon)).Records), 1000)
	want(t, "records in the upper shard", len(r.read(r.iterator("s", shard1, types.ShardIteratorTypeTrimHorizon)).Records), 200)

	one := &awskinesis.PutRecordInput{StreamName: aws.String("s"), PartitionKey: aws.String("k"), ExplicitHashKey: half(false), Data: []byte("x")}
	_, err := r.PutRecord(r.ctx, one)
	refused(t, err, "ProvisionedThroughputExceededException", shard0, "stream s", "000000000000")
	r.clock.advance(time.Millisecond)
	must[awskinesis.PutRecordOutput](r)(r.PutRecord(r.ctx, one))
}

func TestBytesPerShard(t *testing.T) {
	r := newRig(t, kinesis.Options{EnforceLimits: true})
	r.create("s", 2)
	out := r.burst(6, 1<<19) // three halves of a second's bytes to each
	want(t, "FailedRecordCount", *out.FailedRecordCount, 2)
	want(t, "the last ones fail", out.Records[4].ErrorCode != nil && out.Records[5].ErrorCode != nil, true)
	r.clock.advance(time.Second)
	want(t, "FailedRecordCount a second later", *r.burst(4, 1<<19).FailedRecordCount, 0)
}

func TestReadsPerShard(t *testing.T) {
	r := newRig(t, kinesis.Options{EnforceLimits: true})
	r.create("s", 2)
	lower, upper := r.iterator("s", shard0, types.ShardIteratorTypeLatest), r.iterator("s", shard1, types.ShardIteratorTypeLatest)
	for range 5 {
		r.read(lower)
	}
	_, err := r.GetRecords(r.ctx, &awskinesis.GetRecordsInput{ShardIterator: lower})
	refused(t, err, "ProvisionedThroughputExceededException", shard0)
	r.read(upper)
	r.clock.advance(200 * time.Millisecond)
	r.read(lower)
}

// TestFullReadStopsReads: also a read that stays under 10 MiB, because one more record would not fit, is full.
func TestFullReadStopsReads(t *testing.T) {
	r := newRig(t, kinesis.Options{EnforceLimits: true})
	r.create("s", 1)
	for range 11 {
		r.putZeros(1<<20 - 1000)
		r.clock.advance(time.Second)
	}
	out := r.count(*r.iterator("s", shard0, types.ShardIteratorTypeTrimHorizon))
	want(t, "records of the full read", out.records, 10)
	r.clock.advance(4999 * time.Millisecond)
	_, err := r.GetRecords(r.ctx, &awskinesis.GetRecordsInput{ShardIterator: &out.NextShardIterator})
	refused(t, err, "ProvisionedThroughputExceededException")
	r.clock.advance(time.Millisecond)
	want(t, "records after the pause", r.count(out.NextShardIterator).records, 1)
}

func TestWithoutLimitsNothingIsThrottled(t *testing.T) {
	r := newRig(t, kinesis.Options{})
	r.create("s", 2)
	for range 6 {
		want(t, "FailedRecordCount", *r.burst(500, 1000).FailedRecordCount, 0)
	}
	iterator := r.iterator("s", shard0, types.ShardIteratorTypeTrimHorizon)
	for range 20 {
		want(t, "records", r.count(*iterator).records, 1500)
	}
}
