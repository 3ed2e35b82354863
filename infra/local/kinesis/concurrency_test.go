package kinesis_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamrec/streamrec/infra/local/kinesis"
)

const (
	producers = 4
	perKey    = 300
)

// TestReshardingUnderLoad: producers put numbered records of their own keys while the stream is scaled, split and merged. A
// reader that follows the shards, parents before children, gets every record once and those of a key in order.
func TestReshardingUnderLoad(t *testing.T) {
	everywhere(t, kinesis.Options{}, func(t *testing.T, r *rig) {
		r.create("s", 2)
		var load sync.WaitGroup
		for producer := range producers {
			load.Go(func() { r.produce(fmt.Sprint("key-", producer)) })
		}
		load.Go(func() {
			for i := range 12 {
				if err := r.scale("s", int32(2+i%3)); err != nil {
					t.Error(err)
				}
			}
		})
		load.Go(func() { // readers of anything, at the same time
			for range 15 {
				for _, shard := range r.shards("s") {
					r.read(r.iterator("s", *shard.ShardId, types.ShardIteratorTypeTrimHorizon))
				}
			}
		})
		load.Wait()
		if got, want := r.inOrder(), producers*perKey; got != want {
			t.Errorf("%d records, want %d", got, want)
		}
	})
}

// produce puts the records 0, 1, … of a key in batches, one after the other.
func (r *rig) produce(key string) {
	for n := 0; n < perKey; {
		var entries []types.PutRecordsRequestEntry
		for ; len(entries) < 10; n++ {
			entries = append(entries, types.PutRecordsRequestEntry{PartitionKey: &key, Data: fmt.Appendf(nil, "%s %d", key, n)})
		}
		out, err := r.PutRecords(r.ctx, &awskinesis.PutRecordsInput{StreamName: aws.String("s"), Records: entries})
		if err != nil || *out.FailedRecordCount > 0 {
			r.t.Errorf("put: %v", err)
			return
		}
	}
}

// inOrder reads all shards by index, which puts parents before children, and counts the records. It fails the test when a
// key's numbers do not count up.
func (r *rig) inOrder() int {
	next, total := make(map[string]int), 0
	for _, shard := range r.shards("s") {
		for iterator := r.iterator("s", *shard.ShardId, types.ShardIteratorTypeTrimHorizon); iterator != nil; {
			out := r.read(iterator)
			for _, record := range out.Records {
				key, digits, _ := strings.Cut(string(record.Data), " ")
				if n, err := strconv.Atoi(digits); err != nil || n != next[key] {
					r.t.Errorf("record %q in %s, want number %d, %v", record.Data, *shard.ShardId, next[key], err)
				}
				next[key]++
				total++
			}
			if iterator = out.NextShardIterator; *out.MillisBehindLatest == 0 && shard.SequenceNumberRange.EndingSequenceNumber == nil {
				iterator = nil
			}
		}
	}
	return total
}

// TestCreateAndDeleteAtOnce: of many who create a stream one wins, whoever deletes it meanwhile.
func TestCreateAndDeleteAtOnce(t *testing.T) {
	everywhere(t, kinesis.Options{}, func(t *testing.T, r *rig) {
		var group sync.WaitGroup
		var mu sync.Mutex
		created, deleted := 0, 0
		for range 8 {
			group.Go(func() {
				for range 20 {
					_, made := r.CreateStream(r.ctx, &awskinesis.CreateStreamInput{StreamName: aws.String("s"), ShardCount: aws.Int32(1)})
					_, _ = r.PutRecord(r.ctx, &awskinesis.PutRecordInput{StreamName: aws.String("s"), PartitionKey: aws.String("k"), Data: []byte("x")})
					_, removed := r.DeleteStream(r.ctx, &awskinesis.DeleteStreamInput{StreamName: aws.String("s")})
					mu.Lock()
					if made == nil {
						created++
					}
					if removed == nil {
						deleted++
					}
					mu.Unlock()
				}
			})
		}
		group.Wait()
		names := must[awskinesis.ListStreamsOutput](r)(r.ListStreams(r.ctx, &awskinesis.ListStreamsInput{}))
		if created == 0 || created != deleted || len(names.StreamNames) != 0 {
			t.Errorf("created %d times, deleted %d times, left %q", created, deleted, names.StreamNames)
		}
	})
}

// TestInABubble runs real SDK clients with their own retries against the service on the fake clock of a bubble: a producer that
// overloads a shard and a reader that polls too often both get through, and the time it takes is that of the limits.
func TestInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, kinesis.Options{EnforceLimits: true, Now: time.Now})
		r.create("s", 1)
		began := time.Now()
		var group sync.WaitGroup
		const calls = 20
		for call := range calls {
			group.Go(func() { r.putPatiently(call) })
		}
		group.Wait()
		if took := time.Since(began); took < 9*time.Second || took > 30*time.Second {
			t.Errorf("10,000 records took %s", took)
		}
		seen := make(map[string]bool)
		for iterator := r.iterator("s", shard0, types.ShardIteratorTypeTrimHorizon); len(seen) < calls*500; {
			out, err := r.GetRecords(r.ctx, &awskinesis.GetRecordsInput{ShardIterator: iterator, Limit: aws.Int32(900)})
			if err != nil {
				refused(t, err, "ProvisionedThroughputExceededException")
				time.Sleep(50 * time.Millisecond)
				continue
			}
			for _, record := range out.Records {
				seen[string(record.Data)] = true
			}
			iterator = out.NextShardIterator
		}
	})
}

// putPatiently puts 500 records, and those that fail again a second later.
func (r *rig) putPatiently(call int) {
	var entries []types.PutRecordsRequestEntry
	for i := range 500 {
		entries = append(entries, types.PutRecordsRequestEntry{PartitionKey: aws.String("k"), Data: fmt.Append(nil, call, "/", i)})
	}
	for len(entries) > 0 {
		out, err := r.PutRecords(r.ctx, &awskinesis.PutRecordsInput{StreamName: aws.String("s"), Records: entries})
		if err != nil {
			r.t.Error(err)
			return
		}
		var failed []types.PutRecordsRequestEntry
		for i, record := range out.Records {
			if record.ErrorCode != nil {
				failed = append(failed, entries[i])
			}
		}
		if entries = failed; len(entries) > 0 {
			time.Sleep(time.Second)
		}
	}
}

// TestReadersWhileTrimming: readers from the trim horizon, while the oldest files are deleted under them, get an unbroken run
// of records every time.
func TestReadersWhileTrimming(t *testing.T) {
	options := kinesis.Options{Dir: t.TempDir()}
	r := newRig(t, options.WithSegmentBytes(2000))
	r.create("s", 1)
	var group sync.WaitGroup
	group.Go(func() {
		for n := range 600 {
			r.put("s", "k", fmt.Sprint(n))
			r.clock.advance(10 * time.Minute)
		}
	})
	for range 3 {
		group.Go(func() {
			for range 200 {
				r.unbroken()
			}
		})
	}
	group.Wait()
}

// unbroken reads once from the trim horizon. With a clock that runs like this an iterator can expire before it is used.
func (r *rig) unbroken() {
	iterator := r.iterator("s", shard0, types.ShardIteratorTypeTrimHorizon)
	out, err := r.GetRecords(r.ctx, &awskinesis.GetRecordsInput{ShardIterator: iterator})
	if err != nil {
		refused(r.t, err, "ExpiredIteratorException")
		return
	}
	for i, record := range out.Records[min(1, len(out.Records)):] {
		before, _ := strconv.Atoi(string(out.Records[i].Data))
		if n, err := strconv.Atoi(string(record.Data)); err != nil || n != before+1 {
			r.t.Errorf("record %s follows %s", record.Data, out.Records[i].Data)
		}
	}
}
