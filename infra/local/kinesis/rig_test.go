package kinesis_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"

	"github.com/streamrec/streamrec/infra/local/inprocess"
	"github.com/streamrec/streamrec/infra/local/kinesis"
)

// clock is a clock that only the test moves.
type clock struct{ millis atomic.Int64 }

func (c *clock) now() time.Time          { return time.UnixMilli(c.millis.Load()) }
func (c *clock) advance(d time.Duration) { c.millis.Add(d.Milliseconds()) }

// rig is a service behind the real SDK client, on a clock of its own.
type rig struct {
	*awskinesis.Client
	t       *testing.T
	ctx     context.Context
	clock   *clock
	options kinesis.Options
	service *kinesis.Service
}

func newRig(t *testing.T, options kinesis.Options) *rig {
	t.Helper()
	r := &rig{t: t, ctx: t.Context(), clock: new(clock), options: options}
	r.clock.millis.Store(time.Date(2030, 1, 1, 12, 0, 0, int(123*time.Millisecond), time.UTC).UnixMilli())
	if r.options.Now == nil {
		r.options.Now = r.clock.now
	}
	r.start()
	t.Cleanup(func() {
		if err := r.service.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return r
}

func (r *rig) start() {
	r.t.Helper()
	service, err := kinesis.New(r.options)
	if err != nil {
		r.t.Fatalf("new: %v", err)
	}
	r.service = service
	r.Client = awskinesis.New(awskinesis.Options{
		BaseEndpoint: aws.String("http://kinesis.local"), HTTPClient: inprocess.Client(service), Region: "us-east-1", RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

// restart closes the service and makes another one of the same folder.
func (r *rig) restart() {
	r.t.Helper()
	if err := r.service.Close(); err != nil {
		r.t.Fatalf("close: %v", err)
	}
	r.start()
}

// must stops the test unless a call succeeded.
func must[Out any](r *rig) func(out *Out, err error) *Out {
	return func(out *Out, err error) *Out {
		r.t.Helper()
		if err != nil {
			r.t.Fatal(err)
		}
		return out
	}
}

func (r *rig) create(stream string, shards int32) {
	r.t.Helper()
	must[awskinesis.CreateStreamOutput](r)(r.CreateStream(r.ctx, &awskinesis.CreateStreamInput{StreamName: &stream, ShardCount: &shards}))
}

// put puts one record and returns its sequence number.
func (r *rig) put(stream, key, data string) string {
	r.t.Helper()
	out := must[awskinesis.PutRecordOutput](r)(r.PutRecord(r.ctx, &awskinesis.PutRecordInput{StreamName: &stream, PartitionKey: &key, Data: []byte(data)}))
	return *out.SequenceNumber
}

func (r *rig) shards(stream string) []types.Shard {
	r.t.Helper()
	return must[awskinesis.ListShardsOutput](r)(r.ListShards(r.ctx, &awskinesis.ListShardsInput{StreamName: &stream})).Shards
}

// iterator gets an iterator of a type without parameters.
func (r *rig) iterator(stream, shard string, kind types.ShardIteratorType) *string {
	r.t.Helper()
	return must[awskinesis.GetShardIteratorOutput](r)(r.GetShardIterator(r.ctx, &awskinesis.GetShardIteratorInput{
		StreamName: &stream, ShardId: &shard, ShardIteratorType: kind,
	})).ShardIterator
}

func (r *rig) read(iterator *string) *awskinesis.GetRecordsOutput {
	r.t.Helper()
	return must[awskinesis.GetRecordsOutput](r)(r.GetRecords(r.ctx, &awskinesis.GetRecordsInput{ShardIterator: iterator}))
}

// all returns the data of everything in a shard, separated by spaces.
func (r *rig) all(stream, shard string) string {
	r.t.Helper()
	return texts(r.read(r.iterator(stream, shard, types.ShardIteratorTypeTrimHorizon)).Records)
}

func texts(records []types.Record) string {
	var words []string
	for _, record := range records {
		words = append(words, string(record.Data))
	}
	return strings.Join(words, " ")
}

// want fails the test unless two values are equal.
func want[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// refused fails the test unless the error has the code, and a message with the words.
func refused(t *testing.T, err error, code string, words ...string) {
	t.Helper()
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok || api.ErrorCode() != code {
		t.Errorf("got error %v, want %s", err, code)
		return
	}
	for _, word := range words {
		if !strings.Contains(api.ErrorMessage(), word) {
			t.Errorf("message is %q, want %q in it", api.ErrorMessage(), word)
		}
	}
}

const (
	shard0 = "shardId-000000000000"
	shard1 = "shardId-000000000001"
	middle = "170141183460469231731687303715884105728" // 2^127
)

// split splits the shard that has the whole space.
func (r *rig) split(stream, shard string) {
	r.t.Helper()
	must[awskinesis.SplitShardOutput](r)(r.SplitShard(r.ctx, &awskinesis.SplitShardInput{
		StreamName: &stream, ShardToSplit: &shard, NewStartingHashKey: aws.String(middle),
	}))
}

func numbered(n int) string { return fmt.Sprintf("%03d", n) }
