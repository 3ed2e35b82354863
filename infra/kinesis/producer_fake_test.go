package kinesis

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
)

// stored is one record in the fake stream.
type stored struct {
	key, data, sequence string
}

// verdict is what the fake service does with one request.
type verdict struct {
	before  time.Duration // until the effect
	refuse  map[int]string
	err     error         // answered instead of the results
	lost    bool          // with err: the effect happens nevertheless
	after   time.Duration // between effect and answer
	late    time.Duration // with lost: the effect happens so much after the answer
	results int           // if not 0, so many results, whatever the request has
}

// fakeService is a stream at the seam of PutRecordsAPI. It checks every request against the service's limits.
type fakeService struct {
	t      testing.TB
	decide func(call int, in []types.PutRecordsRequestEntry) verdict

	mu       sync.Mutex
	log      []stored
	sizes    []int // records of each request
	attempts map[string]int
	at       []time.Time
	inFlight int
	busiest  int
	pending  sync.WaitGroup // late effects
}

func newFakeService(t testing.TB, decide func(int, []types.PutRecordsRequestEntry) verdict) *fakeService {
	t.Helper()
	return &fakeService{t: t, decide: decide, attempts: make(map[string]int)}
}

func (f *fakeService) PutRecords(ctx context.Context, in *kinesis.PutRecordsInput, _ ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error) {
	v := f.begin(in.Records)
	defer f.end()
	if !pass(ctx, v.before) {
		return nil, ctx.Err()
	}
	if v.lost && v.late > 0 {
		f.pending.Go(func() {
			time.Sleep(v.late)
			f.store(in.Records, v)
		})
		return nil, v.err
	}
	if v.err != nil && !v.lost {
		return nil, v.err
	}
	out := f.store(in.Records, v)
	if !pass(ctx, v.after) {
		return nil, ctx.Err()
	}
	if v.err != nil {
		return nil, v.err
	}
	if v.results != 0 {
		out = out[:v.results]
	}
	return &kinesis.PutRecordsOutput{Records: out}, nil
}

// pass waits on the bubble's clock, or until ctx ends.
func pass(ctx context.Context, d time.Duration) bool {
	if d == 0 {
		return ctx.Err() == nil
	}
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

func (f *fakeService) begin(in []types.PutRecordsRequestEntry) verdict {
	f.mu.Lock()
	defer f.mu.Unlock()
	size, keys := 0, make(map[string]bool)
	for _, e := range in {
		size += len(*e.PartitionKey) + len(e.Data)
		if keys[*e.PartitionKey] {
			f.t.Errorf("request with key %q twice", *e.PartitionKey)
		}
		keys[*e.PartitionKey] = true
		f.attempts[string(e.Data)]++
	}
	if len(in) == 0 || len(in) > 500 {
		f.t.Errorf("request with %d records", len(in))
	}
	if size > 5<<20 && len(in) > 1 {
		f.t.Errorf("request of %d records with %d bytes", len(in), size)
	}
	f.inFlight++
	f.busiest = max(f.busiest, f.inFlight)
	f.sizes = append(f.sizes, len(in))
	f.at = append(f.at, time.Now())
	return f.decide(len(f.sizes), in)
}

// entries, batches and times are the records in the stream, and the size and the time of each request, so far.
func (f *fakeService) entries() []stored  { return snapshot(f, &f.log) }
func (f *fakeService) batches() []int     { return snapshot(f, &f.sizes) }
func (f *fakeService) times() []time.Time { return snapshot(f, &f.at) }

func snapshot[T any](f *fakeService, list *[]T) []T {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(*list)
}

func (f *fakeService) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.inFlight--
}

func (f *fakeService) store(in []types.PutRecordsRequestEntry, v verdict) []types.PutRecordsResultEntry {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]types.PutRecordsResultEntry, len(in))
	for i, e := range in {
		if code, ok := v.refuse[i]; ok {
			out[i] = types.PutRecordsResultEntry{ErrorCode: &code, ErrorMessage: new("refused")}
			continue
		}
		s := stored{key: *e.PartitionKey, data: string(e.Data), sequence: fmt.Sprint(len(f.log))}
		f.log = append(f.log, s)
		out[i] = types.PutRecordsResultEntry{ShardId: new("shardId-000000000000"), SequenceNumber: &s.sequence}
	}
	return out
}

// acks collects what the producer acknowledges.
type acks struct {
	mu   sync.Mutex
	list []Ack
}

func (a *acks) add(ack Ack) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list = append(a.list, ack)
}

func (a *acks) all() []Ack {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.list)
}

// always is a service that does the same with every request.
func always(v verdict) func(int, []types.PutRecordsRequestEntry) verdict {
	return func(int, []types.PutRecordsRequestEntry) verdict { return v }
}

// refused is an error of the service as the SDK gives it. Its message quotes the request, as the real one can.
func refused(code string) error {
	return &smithy.OperationError{
		ServiceID: "Kinesis", OperationName: "PutRecords",
		Err: &smithy.GenericAPIError{Code: code, Message: "quotes session-17"},
	}
}
