package conformance

import (
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func kinesisIteratorChecks() []kinesisCheck {
	return []kinesisCheck{
		{"AT_/AFTER_SEQUENCE_NUMBER inclusive/exclusive", checkAtAfter},
		{"AFTER_SEQ at last record, then new put seen", checkAfterLast},
		{"AT_SEQUENCE_NUMBER at the start of a shard", checkAtStart},
		{"AT_TIMESTAMP", checkAtTimestamp},
		{"AT_TIMESTAMP after the last record: iterator, no hang", checkAtTimestampBehind},
		{"AT_TIMESTAMP in the future rejected", checkAtFuture},
		{"AT_TIMESTAMP before the stream returns all", checkAtPast},
		{"GetShardIterator missing shard -> NotFound", checkMissingShard},
		{"GetShardIterator garbage sequence number rejected", checkGarbageNumber},
		{"GetShardIterator sequence number of another shard rejected", checkForeignShard},
		{"GetShardIterator sequence number of another stream rejected", checkForeignStream},
		{"GetShardIterator with parameters that do not fit its type rejected", checkIteratorParameters},
	}
}

// filled makes a stream of one shard with records 0 to count-1.
func (p *kinesisProbe) filled(count int) (stream string, results []types.PutRecordsResultEntry, err error) {
	if stream, err = p.create(1); err != nil {
		return "", nil, err
	}
	results, err = p.put(stream, kinesisEntries(count)...)
	return stream, results, err
}

// horizon makes a stream of one shard with records 0 to count-1, and returns an iterator before the first.
func (p *kinesisProbe) horizon(count int) (*string, error) {
	stream, err := p.create(1)
	if err != nil {
		return nil, err
	}
	if count > 0 {
		if _, err := p.put(stream, kinesisEntries(count)...); err != nil {
			return nil, err
		}
	}
	return p.iterator(stream, "shardId-000000000000", types.ShardIteratorTypeTrimHorizon)
}

// begins passes if the first record behind an iterator has the data.
func (p *kinesisProbe) begins(iterator *string, data string) error {
	records, _, err := p.follow(iterator, 1)
	if err != nil {
		return err
	}
	return kinesisEqual("first record", string(records[0].Data), data)
}

// nothing checks that there are no records behind an iterator, and returns the next one.
func (p *kinesisProbe) nothing(iterator *string) (*string, error) {
	out, err := p.read(iterator, 0)
	if err != nil {
		return nil, err
	}
	if err := kinesisEqual("records behind the last", len(out.Records), 0); err != nil {
		return nil, err
	}
	if out.NextShardIterator == nil {
		return nil, errNoNextIterator
	}
	return out.NextShardIterator, nil
}

func checkAtAfter(p *kinesisProbe) error {
	stream, results, err := p.filled(5)
	if err != nil {
		return err
	}
	at, err := p.atNumber(stream, "shardId-000000000000", types.ShardIteratorTypeAtSequenceNumber, results[2].SequenceNumber)
	if err != nil {
		return err
	}
	after, err := p.atNumber(stream, "shardId-000000000000", types.ShardIteratorTypeAfterSequenceNumber, results[2].SequenceNumber)
	if err != nil {
		return err
	}
	return errors.Join(p.begins(at, "2"), p.begins(after, "3"))
}

func checkAfterLast(p *kinesisProbe) error {
	stream, results, err := p.filled(3)
	if err != nil {
		return err
	}
	iterator, err := p.atNumber(stream, "shardId-000000000000", types.ShardIteratorTypeAfterSequenceNumber, results[2].SequenceNumber)
	if err != nil {
		return err
	}
	next, err := p.nothing(iterator)
	if err != nil {
		return err
	}
	if _, err := p.putOne(stream, "k", []byte("new")); err != nil {
		return err
	}
	return p.begins(next, "new")
}

func checkAtStart(p *kinesisProbe) error {
	stream, _, err := p.filled(2)
	if err != nil {
		return err
	}
	shards, err := p.shards(stream)
	if err != nil {
		return err
	}
	start := shards[0].SequenceNumberRange.StartingSequenceNumber
	at, err := p.atNumber(stream, "shardId-000000000000", types.ShardIteratorTypeAtSequenceNumber, start)
	if err != nil {
		return err
	}
	after, err := p.atNumber(stream, "shardId-000000000000", types.ShardIteratorTypeAfterSequenceNumber, start)
	if err != nil {
		return err
	}
	return errors.Join(p.begins(at, "0"), p.begins(after, "0"))
}

func checkMissingShard(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	var errs []error
	for _, shard := range []string{"shardId-000000000009", "nonsense"} {
		_, err = p.iterator(stream, shard, types.ShardIteratorTypeLatest)
		errs = append(errs, kinesisRefused(err, "ResourceNotFoundException"))
	}
	return errors.Join(errs...)
}

func checkGarbageNumber(p *kinesisProbe) error {
	stream, err := p.create(1)
	if err != nil {
		return err
	}
	var errs []error
	for _, number := range []string{"1", "12345678901234567890", "four"} {
		_, err := p.atNumber(stream, "shardId-000000000000", types.ShardIteratorTypeAtSequenceNumber, &number)
		errs = append(errs, kinesisInvalid(err))
	}
	return errors.Join(errs...)
}

func checkForeignShard(p *kinesisProbe) error {
	stream, shards, err := p.sharded(2)
	if err != nil {
		return err
	}
	_, err = p.atNumber(stream, *shards[0].ShardId, types.ShardIteratorTypeAtSequenceNumber, shards[1].SequenceNumberRange.StartingSequenceNumber)
	return kinesisRefused(err, "InvalidArgumentException")
}

func checkForeignStream(p *kinesisProbe) error {
	other, _, err := p.filled(1)
	if err != nil {
		return err
	}
	if err := p.wait(1100 * time.Millisecond); err != nil { // sequence numbers tell streams apart by the second
		return err
	}
	stream, results, err := p.filled(1)
	if err != nil {
		return err
	}
	_, err = p.atNumber(other, "shardId-000000000000", types.ShardIteratorTypeAtSequenceNumber, results[0].SequenceNumber)
	if err := kinesisRefused(err, "InvalidArgumentException"); err != nil {
		return err
	}
	_, err = p.atNumber(stream, "shardId-000000000000", types.ShardIteratorTypeAtSequenceNumber, results[0].SequenceNumber)
	return err
}

func checkIteratorParameters(p *kinesisProbe) error {
	stream, results, err := p.filled(1)
	if err != nil {
		return err
	}
	shard := aws.String("shardId-000000000000")
	inputs := []*kinesis.GetShardIteratorInput{
		{ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber},
		{ShardIteratorType: types.ShardIteratorTypeAfterSequenceNumber},
		{ShardIteratorType: types.ShardIteratorTypeLatest, StartingSequenceNumber: results[0].SequenceNumber},
		{ShardIteratorType: types.ShardIteratorTypeTrimHorizon, StartingSequenceNumber: results[0].SequenceNumber},
		{ShardIteratorType: types.ShardIteratorTypeAtTimestamp},
		{ShardIteratorType: "SOMEWHERE"},
	}
	var errs []error
	for _, in := range inputs {
		in.StreamName, in.ShardId = &stream, shard
		_, err := p.GetShardIterator(p.ctx, in)
		errs = append(errs, kinesisInvalid(err))
	}
	return errors.Join(errs...)
}
