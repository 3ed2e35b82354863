package kinesis_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamrec/streamrec/infra/local/kinesis"
)

func TestIteratorExpiresAfterFiveMinutes(t *testing.T) {
	r := newRig(t, kinesis.Options{})
	r.create("s", 1)
	r.put("s", "k", "a")
	iterator := r.iterator("s", shard0, types.ShardIteratorTypeTrimHorizon)
	r.clock.advance(5 * time.Minute)
	next := r.read(iterator).NextShardIterator
	r.clock.advance(time.Millisecond)
	_, err := r.GetRecords(r.ctx, &awskinesis.GetRecordsInput{ShardIterator: iterator})
	refused(t, err, "ExpiredIteratorException", "Tue Jan 01 12:00:00 UTC 2030", "Tue Jan 01 12:05:00 UTC 2030", "300000 milliseconds")
	// The next one was made later. An iterator of the future, after the clock was set back, is good.
	want(t, "records behind the next iterator", len(r.read(next).Records), 0)
	r.clock.advance(-time.Hour)
	want(t, "records behind an iterator of the future", texts(r.read(iterator).Records), "a")
}

func TestListShardsTokenExpiresAfterFiveMinutes(t *testing.T) {
	r := newRig(t, kinesis.Options{})
	r.create("s", 3)
	page := must[awskinesis.ListShardsOutput](r)(r.ListShards(r.ctx, &awskinesis.ListShardsInput{StreamName: aws.String("s"), MaxResults: aws.Int32(1)}))
	r.clock.advance(5 * time.Minute)
	in := &awskinesis.ListShardsInput{NextToken: page.NextToken}
	want(t, "shards of the rest", ids(must[awskinesis.ListShardsOutput](r)(r.ListShards(r.ctx, in)).Shards), "1,2")
	r.clock.advance(time.Millisecond)
	_, err := r.ListShards(r.ctx, in)
	refused(t, err, "ExpiredNextTokenException")
}

// TestListShardsTokenKeepsItsFilter pages through filtered shards.
func TestListShardsTokenKeepsItsFilter(t *testing.T) {
	r := newRig(t, kinesis.Options{})
	r.create("s", 1)
	r.clock.advance(time.Minute)
	r.split("s", shard0)
	split := r.clock.now()
	r.clock.advance(time.Minute)
	r.split2("s")
	cases := map[string]types.ShardFilter{
		"2,3,4":    {Type: types.ShardFilterTypeAtLatest},
		"1,2":      {Type: types.ShardFilterTypeAtTimestamp, Timestamp: aws.Time(split.Add(time.Second))},
		"1,2,3,4":  {Type: types.ShardFilterTypeFromTimestamp, Timestamp: aws.Time(split.Add(time.Second))},
		"3,4":      {Type: types.ShardFilterTypeAfterShardId, ShardId: aws.String("shardId-000000000002")},
		",1,2,3,4": {Type: types.ShardFilterTypeFromTrimHorizon},
	}
	for want, filter := range cases {
		var got []types.Shard
		in := &awskinesis.ListShardsInput{StreamName: aws.String("s"), ShardFilter: &filter, MaxResults: aws.Int32(1)}
		for more := true; more; {
			out := must[awskinesis.ListShardsOutput](r)(r.ListShards(r.ctx, in))
			got = append(got, out.Shards...)
			in = &awskinesis.ListShardsInput{NextToken: out.NextToken, MaxResults: aws.Int32(1), ShardFilter: &filter}
			more = out.NextToken != nil
		}
		if ids(got) != want {
			t.Errorf("%s lists %s, want %s", filter.Type, ids(got), want)
		}
	}
	out := must[awskinesis.ListShardsOutput](r)(r.ListShards(r.ctx, &awskinesis.ListShardsInput{
		StreamName: aws.String("s"), MaxResults: aws.Int32(1), ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtLatest},
	}))
	_, err := r.ListShards(r.ctx, &awskinesis.ListShardsInput{NextToken: out.NextToken, ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtTrimHorizon}})
	refused(t, err, "InvalidArgumentException", "ShardFilter")
}

func TestMillisBehindLatest(t *testing.T) {
	r := newRig(t, kinesis.Options{})
	r.create("s", 1)
	for i := range 3 {
		r.put("s", "k", numbered(i))
		r.clock.advance(time.Minute)
	}
	iterator := r.iterator("s", shard0, types.ShardIteratorTypeTrimHorizon)
	for i, behind := range []time.Duration{3 * time.Minute, 2 * time.Minute, 0, 0} {
		out := must[awskinesis.GetRecordsOutput](r)(r.GetRecords(r.ctx, &awskinesis.GetRecordsInput{ShardIterator: iterator, Limit: aws.Int32(1)}))
		want(t, "behind after record "+numbered(i), *out.MillisBehindLatest, behind.Milliseconds())
		iterator = out.NextShardIterator
	}
	// Records of this very millisecond are ahead of the reader, too.
	r.put("s", "k", "x")
	r.put("s", "k", "y")
	out := must[awskinesis.GetRecordsOutput](r)(r.GetRecords(r.ctx, &awskinesis.GetRecordsInput{ShardIterator: iterator, Limit: aws.Int32(1)}))
	want(t, "behind with a record left", *out.MillisBehindLatest, 1)
}

// TestEndOfAShard: the response with the last record of a closed shard has no next iterator but the children.
func TestEndOfAShard(t *testing.T) {
	everywhere(t, kinesis.Options{}, func(t *testing.T, r *rig) {
		r.create("s", 1)
		r.put("s", "k", "a")
		r.put("s", "k", "b")
		idle := r.iterator("s", shard0, types.ShardIteratorTypeLatest)
		r.split("s", shard0)
		r.put("s", "k", "c")
		first := must[awskinesis.GetRecordsOutput](r)(r.GetRecords(r.ctx, &awskinesis.GetRecordsInput{
			ShardIterator: r.iterator("s", shard0, types.ShardIteratorTypeTrimHorizon), Limit: aws.Int32(1),
		}))
		want(t, "children before the end", len(first.ChildShards), 0)
		last := r.read(first.NextShardIterator)
		want(t, "last record", texts(last.Records), "b")
		want(t, "next iterator at the end", last.NextShardIterator == nil, true)
		want(t, "children at the end", len(last.ChildShards), 2)
		want(t, "behind at the end", *last.MillisBehindLatest, 0)
		end := r.read(idle)
		want(t, "an iterator from before the split ends", end.NextShardIterator == nil && len(end.Records) == 0 && len(end.ChildShards) == 2, true)
	})
}

// TestReadsAreBoundedByBytes: a response has at most 10 MiB of keys and data, but always a record.
func TestReadsAreBoundedByBytes(t *testing.T) {
	const mib = 1 << 20
	r := newRig(t, kinesis.Options{})
	r.create("s", 1)
	arn := "arn:aws:kinesis:us-east-1:000000000000:stream/s"
	must[awskinesis.UpdateMaxRecordSizeOutput](r)(r.UpdateMaxRecordSize(r.ctx, &awskinesis.UpdateMaxRecordSizeInput{StreamARN: &arn, MaxRecordSizeInKiB: aws.Int32(10240)}))
	for _, size := range []int{10 * mib, 3 * mib, 7*mib - 1, 1, 1} { // with the key
		r.putZeros(size - 1)
	}
	iterator := *r.iterator("s", shard0, types.ShardIteratorTypeTrimHorizon)
	for i, records := range []int{1, 3, 1} {
		out := r.count(iterator)
		want(t, "records of read "+numbered(i), out.records, records)
		want(t, "something is left", out.MillisBehindLatest > 0, i < 2)
		iterator = out.NextShardIterator
	}
}

// putZeros puts a record with a key of one byte. It goes around the SDK, which is slow with megabytes.
func (r *rig) putZeros(size int) {
	r.t.Helper()
	data := base64.StdEncoding.EncodeToString(make([]byte, size))
	if got := r.raw("PutRecord", `{"StreamName":"s","PartitionKey":"k","Data":"`+data+`"}`); got != "200" {
		r.t.Fatalf("put of %d bytes: %s", size, got)
	}
}

// counted is a response of GetRecords without the records.
type counted struct {
	NextShardIterator  string
	MillisBehindLatest int64
	records            int
}

func (r *rig) count(iterator string) counted {
	r.t.Helper()
	w := r.send("GetRecords", `{"ShardIterator":"`+iterator+`"}`, nil)
	records, rest, found := bytes.Cut(w.Body.Bytes(), []byte(`],"Millis`))
	if !found {
		r.t.Fatalf("response is %.200s", w.Body)
	}
	out := counted{records: bytes.Count(records, []byte(`"SequenceNumber"`))}
	if err := json.Unmarshal(append([]byte(`{"Millis`), rest...), &out); err != nil {
		r.t.Fatal(err)
	}
	return out
}

func TestOldIteratorOfARecreatedStream(t *testing.T) {
	r := newRig(t, kinesis.Options{})
	r.create("s", 2)
	first := r.put("s", "k", "a")
	iterator := r.iterator("s", shard0, types.ShardIteratorTypeTrimHorizon)
	page := must[awskinesis.ListShardsOutput](r)(r.ListShards(r.ctx, &awskinesis.ListShardsInput{StreamName: aws.String("s"), MaxResults: aws.Int32(1)}))
	must[awskinesis.DeleteStreamOutput](r)(r.DeleteStream(r.ctx, &awskinesis.DeleteStreamInput{StreamName: aws.String("s")}))
	r.create("s", 2) // in the same millisecond
	_, err := r.GetRecords(r.ctx, &awskinesis.GetRecordsInput{ShardIterator: iterator})
	refused(t, err, "ResourceNotFoundException")
	_, err = r.ListShards(r.ctx, &awskinesis.ListShardsInput{NextToken: page.NextToken})
	refused(t, err, "ResourceNotFoundException")
	again := r.put("s", "k", "b")
	if again <= first {
		t.Errorf("the first number is %s, in the earlier life it was %s", again, first)
	}
	_, err = r.GetShardIterator(r.ctx, &awskinesis.GetShardIteratorInput{
		StreamName: aws.String("s"), ShardId: aws.String(shard0), ShardIteratorType: types.ShardIteratorTypeAfterSequenceNumber, StartingSequenceNumber: &first,
	})
	refused(t, err, "InvalidArgumentException", "did not come from this stream")
}

// TestNumbersOfTheFuture: a number that was not given out yet is not accepted.
func TestNumbersOfTheFuture(t *testing.T) {
	r := newRig(t, kinesis.Options{})
	r.create("s", 1)
	number, ok := new(big.Int).SetString(r.put("s", "k", "a"), 10)
	for ahead, want := range map[int64]bool{0: true, 1: false, 1000: false} {
		later := new(big.Int).Add(number, new(big.Int).Lsh(big.NewInt(ahead), 80)).String() // the counter begins at bit 80
		_, err := r.GetShardIterator(r.ctx, &awskinesis.GetShardIteratorInput{
			StreamName: aws.String("s"), ShardId: aws.String(shard0), ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber, StartingSequenceNumber: &later,
		})
		if want != (err == nil) || !ok {
			t.Errorf("a number %d ahead: %v", ahead, err)
		}
	}
}

func TestSequenceNumbersIncreaseOverAllShards(t *testing.T) {
	r := newRig(t, kinesis.Options{})
	r.create("s", 3)
	last := ""
	seen := make(map[string]bool)
	for i := range 50 {
		out := must[awskinesis.PutRecordOutput](r)(r.PutRecord(r.ctx, &awskinesis.PutRecordInput{
			StreamName: aws.String("s"), PartitionKey: aws.String(numbered(i)), Data: []byte("x"), SequenceNumberForOrdering: notEmpty(last),
		}))
		if len(*out.SequenceNumber) != 56 || *out.SequenceNumber <= last {
			t.Fatalf("%s follows %s", *out.SequenceNumber, last)
		}
		last = *out.SequenceNumber
		seen[*out.ShardId] = true
		r.clock.advance(time.Duration(i-25) * time.Minute) // backwards, too
	}
	want(t, "shards written to", len(seen), 3)
	_, err := r.PutRecord(r.ctx, &awskinesis.PutRecordInput{
		StreamName: aws.String("s"), PartitionKey: aws.String("k"), Data: []byte("x"), SequenceNumberForOrdering: aws.String("7"),
	})
	refused(t, err, "InvalidArgumentException", "SequenceNumberForOrdering")
}

func notEmpty(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
