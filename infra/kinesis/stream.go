package kinesis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// Stream is a worker.Stream: it lists and reads the shards of one stream.
type Stream struct {
	client *kinesis.Client
	reads  *reads
	name   string
}

var _ worker.Stream = (*Stream)(nil)

// readTimeout bounds one request: a hung connection must not keep a shard from being handed over.
const readTimeout = 10 * time.Second

// NewStream returns the stream with this name.
func NewStream(client *kinesis.Client, name string) *Stream {
	return &Stream{client: client, reads: newReads(client), name: name}
}

// Summary is what a worker has to know about the stream before it starts.
type Summary struct {
	ARN       string
	Created   time.Time
	Retention time.Duration
	Time      time.Time // of day, by the clock of the service, which stamps the arrival of records; zero: it did not say
}

// Summary describes the stream. The error is a *StreamError when the stream cannot be read.
func (s *Stream) Summary(ctx context.Context) (Summary, error) {
	bounded, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	out, err := s.client.DescribeStreamSummary(bounded, &kinesis.DescribeStreamSummaryInput{StreamName: &s.name})
	if err != nil {
		return Summary{}, describeError(ctx, s.name, err)
	}
	d := out.StreamDescriptionSummary
	now, _ := awsmiddleware.GetServerTime(out.ResultMetadata)
	return Summary{
		Time: now,
		ARN:  aws.ToString(d.StreamARN), Created: aws.ToTime(d.StreamCreationTimestamp),
		Retention: time.Duration(aws.ToInt32(d.RetentionPeriodHours)) * time.Hour,
	}, nil
}

// Time returns the time of day by the clock of the service, which stamps the arrival of records.
func (s *Stream) Time(ctx context.Context) (time.Time, error) {
	summary, err := s.Summary(ctx)
	if err == nil && summary.Time.IsZero() {
		err = fmt.Errorf("stream %s: the service does not say what time it is", s.name)
	}
	return summary.Time, err
}

// Shards implements worker.Stream.
func (s *Stream) Shards(ctx context.Context) (shards []lease.Lease, err error) {
	in := &kinesis.ListShardsInput{StreamName: &s.name}
	for {
		out, err := s.listPage(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("list shards: %w", sourceError(err))
		}
		for _, sh := range out.Shards {
			shards = append(shards, shardLease(sh.ShardId, sh.HashKeyRange, sh.ParentShardId, sh.AdjacentParentShardId))
		}
		if out.NextToken == nil {
			return shards, nil
		}
		in = &kinesis.ListShardsInput{NextToken: out.NextToken}
	}
}

func (s *Stream) listPage(ctx context.Context, in *kinesis.ListShardsInput) (*kinesis.ListShardsOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	return s.client.ListShards(ctx, in)
}

func shardLease(id *string, r *types.HashKeyRange, parents ...*string) lease.Lease {
	l := lease.Lease{Key: aws.ToString(id)}
	if r != nil {
		l.StartingHashKey, l.EndingHashKey = aws.ToString(r.StartingHashKey), aws.ToString(r.EndingHashKey)
	}
	for _, p := range parents {
		if p != nil {
			l.Parents = append(l.Parents, *p)
		}
	}
	return l
}

// Iterator implements worker.Stream.
func (s *Stream) Iterator(ctx context.Context, shard string, at lease.Position) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	in := &kinesis.GetShardIteratorInput{StreamName: &s.name, ShardId: &shard, ShardIteratorType: types.ShardIteratorType(at.Type)}
	switch at.Type {
	case lease.AfterSequenceNumber, lease.AtSequenceNumber:
		in.StartingSequenceNumber = &at.Value
	case lease.AtTimestamp:
		ms, err := strconv.ParseInt(at.Value, 10, 64)
		if err != nil {
			return "", fmt.Errorf("get iterator at %s: %w", at, worker.ErrPosition)
		}
		in.Timestamp = new(time.UnixMilli(ms))
	}
	out, err := s.client.GetShardIterator(ctx, in)
	if _, invalid := errors.AsType[*types.InvalidArgumentException](err); invalid {
		return "", fmt.Errorf("get iterator at %s: %w: %w", at, worker.ErrPosition, err)
	}
	if err != nil {
		return "", fmt.Errorf("get iterator at %s: %w", at, s.missing(ctx, shard, sourceError(err)))
	}
	return aws.ToString(out.ShardIterator), nil
}

// missing tells from the error that Kinesis has for a stream and for a shard alike which of the two is missing.
func (s *Stream) missing(ctx context.Context, shard string, err error) error {
	if !errors.Is(err, ErrStreamMissing) {
		return err
	}
	listed, failure := s.Shards(ctx)
	if failure != nil || slices.ContainsFunc(listed, func(l lease.Lease) bool { return l.Key == shard }) {
		return errors.Join(err, failure)
	}
	return worker.ErrShardGone
}

// Read implements worker.Stream.
func (s *Stream) Read(ctx context.Context, iterator string, limit int32) (worker.Page, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	out, err := s.reads.get(ctx, &kinesis.GetRecordsInput{ShardIterator: &iterator, Limit: &limit})
	if err != nil {
		return worker.Page{}, fmt.Errorf("get records: %w", sourceError(err))
	}
	page := worker.Page{
		Records: make([]worker.Record, len(out.Records)), Next: aws.ToString(out.NextShardIterator), MillisBehindLatest: aws.ToInt64(out.MillisBehindLatest),
	}
	for i, r := range out.Records {
		page.Records[i] = worker.Record{
			SequenceNumber: aws.ToString(r.SequenceNumber), PartitionKey: aws.ToString(r.PartitionKey),
			Arrival: aws.ToTime(r.ApproximateArrivalTimestamp), Data: r.Data,
		}
	}
	for _, c := range out.ChildShards {
		child := shardLease(c.ShardId, c.HashKeyRange)
		child.Parents = c.ParentShards
		page.Children = append(page.Children, child)
	}
	return page, nil
}

// sourceError tells the errors apart that a worker treats differently. Throttling is one to wait out, like everything else.
func sourceError(err error) error {
	if _, expired := errors.AsType[*types.ExpiredIteratorException](err); expired {
		return fmt.Errorf("%w: %w", worker.ErrIteratorExpired, err)
	}
	if kind, reason := judge(err); kind == final {
		return fmt.Errorf("%w: %w: %w", worker.ErrStreamRefused, reason, err)
	}
	return err
}
