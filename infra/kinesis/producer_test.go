package kinesis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// rig is a producer on a fake service inside a synctest bubble. Dice always show 1, so that backoffs are exact.
type rig struct {
	*Producer
	service *fakeService
	acks    *acks
}

func newRig(t *testing.T, decide func(int, []types.PutRecordsRequestEntry) verdict, change ...func(*ProducerOptions)) rig {
	t.Helper()
	r := rig{service: newFakeService(t, decide), acks: new(acks)}
	opts := ProducerOptions{Stream: "clicks", Acknowledged: r.acks.add, Random: func() float64 { return 1 }}
	for _, c := range change {
		c(&opts)
	}
	var err error
	if r.Producer, err = NewProducer(t.Context(), r.service, opts); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r rig) put(t *testing.T, keys ...string) {
	t.Helper()
	for i, key := range keys {
		if err := r.Put(t.Context(), Record{Key: key, Data: fmt.Appendf(nil, "%s/%d", key, i), Number: int64(i)}); err != nil {
			t.Fatalf("put %s: %v", key, err)
		}
	}
}

// finish closes the producer and fails the test if it ended with an error.
func (r rig) finish(t *testing.T) {
	t.Helper()
	if err := r.Close(t.Context()); err != nil {
		t.Fatalf("close: %v", err)
	}
}

// since is the time of each request on the fake clock, from the given start.
func (r rig) since(start time.Time) []time.Duration {
	var list []time.Duration
	for _, at := range r.service.times() {
		list = append(list, at.Sub(start))
	}
	return list
}

func (r rig) order(key string) string {
	var list []string
	for _, s := range r.service.entries() {
		if s.key == key {
			list = append(list, s.data)
		}
	}
	return strings.Join(list, " ")
}

func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

func TestProducerLingersThenSends(t *testing.T) {
	bubble(t, func(t *testing.T) {
		start := time.Now()
		r := newRig(t, always(verdict{}), func(o *ProducerOptions) { o.Linger = 20 * time.Millisecond })
		r.put(t, "a")
		time.Sleep(15 * time.Millisecond)
		r.put(t, "b", "c")
		synctest.Wait()
		if len(r.service.times()) != 0 {
			t.Fatal("sent before lingering")
		}
		time.Sleep(5 * time.Millisecond)
		synctest.Wait()
		if got, want := r.since(start), []time.Duration{20 * time.Millisecond}; !slices.Equal(got, want) {
			t.Errorf("requests at %v, want %v", got, want)
		}
		if got := r.service.batches(); !slices.Equal(got, []int{3}) {
			t.Errorf("requests of %v records, want one of 3", got)
		}
		r.finish(t)
	})
}

func TestProducerSendsFullBatchAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, always(verdict{}), func(o *ProducerOptions) { o.Linger = time.Hour })
		for i := range 501 {
			r.put(t, fmt.Sprint("k", i))
		}
		synctest.Wait()
		if got := r.service.batches(); !slices.Equal(got, []int{500}) {
			t.Fatalf("requests of %v records, want one of 500", got)
		}
		r.finish(t) // closing does not linger either
		if got := r.service.batches(); !slices.Equal(got, []int{500, 1}) {
			t.Errorf("requests of %v records, want 500 and 1", got)
		}
	})
}

func TestProducerSendsFullRequestOfBytesAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, always(verdict{}), func(o *ProducerOptions) { o.Linger = time.Hour })
		data := make([]byte, 1<<20)
		for i := range 6 {
			if err := r.Put(t.Context(), Record{Key: fmt.Sprint("k", i), Data: data}); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if got := r.service.batches(); !slices.Equal(got, []int{4}) {
			t.Errorf("requests of %v records, want one of the 4 that fit into 5 MiB with their keys", got)
		}
		r.finish(t)
	})
}

// poison is a service that refuses every request with the given record in it, as Kinesis does for one that is larger
// than the stream allows.
func TestProducerBoundsRequestsInFlight(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, always(verdict{after: time.Second}), func(o *ProducerOptions) { o.MaxInFlight = 3 })
		for i := range 4000 {
			r.put(t, fmt.Sprint("k", i))
		}
		r.finish(t)
		if r.service.busiest != 3 {
			t.Errorf("%d requests at once, want 3", r.service.busiest)
		}
	})
}

func TestProducerBlocksWhenFull(t *testing.T) {
	tests := []struct {
		name   string
		limit  func(*ProducerOptions)
		accept int
	}{
		{"records", func(o *ProducerOptions) { o.MaxPending = 3 }, 3},
		{"bytes", func(o *ProducerOptions) { o.MaxPendingBytes = 4 }, 1}, // "k0/0" has 6
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := newRig(t, always(verdict{after: time.Second}), tt.limit)
				start, accepted := time.Now(), 0
				for i := range 4 {
					ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
					err := r.Put(ctx, Record{Key: fmt.Sprint("k", i), Data: []byte("data")})
					cancel()
					if err == nil {
						accepted++
					} else if !errors.Is(err, context.DeadlineExceeded) {
						t.Fatal(err)
					}
				}
				if accepted != tt.accept {
					t.Errorf("%d records accepted, want %d", accepted, tt.accept)
				}
				// The next answer makes room.
				r.put(t, "later")
				if waited := time.Since(start).Round(100 * time.Millisecond); waited != time.Second {
					t.Errorf("room after %v, want 1s", waited)
				}
				r.finish(t)
			})
		})
	}
}

func TestFlushWaitsForWhatCameBefore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, func(_ int, in []types.PutRecordsRequestEntry) verdict {
			if *in[0].PartitionKey == "slow" {
				return verdict{after: time.Minute}
			}
			return verdict{after: time.Second}
		}, func(o *ProducerOptions) { o.Linger = time.Hour; o.RequestTimeout = time.Hour })
		start := time.Now()
		r.put(t, "a")
		first := make(chan time.Duration, 1)
		go func() {
			if err := r.Flush(t.Context()); err != nil {
				t.Errorf("flush: %v", err)
			}
			first <- time.Since(start)
		}()
		synctest.Wait()
		r.put(t, "slow") // after the first flush, which must not wait for it
		if err := r.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := <-first; got != time.Second {
			t.Errorf("first flush took %v, want 1s", got)
		}
		if got := time.Since(start); got != time.Minute {
			t.Errorf("second flush took %v, want 1m", got)
		}
		if err := r.Flush(t.Context()); err != nil || time.Since(start) != time.Minute {
			t.Errorf("flush of nothing: %v after %v", err, time.Since(start))
		}
		r.finish(t)
	})
}

func TestFlushComesAfterTheLastAck(t *testing.T) {
	bubble(t, func(t *testing.T) {
		told := 0
		r := newRig(t, poison("b/1"), func(o *ProducerOptions) {
			o.Acknowledged = func(Ack) {
				time.Sleep(time.Second)
				told++
			}
		})
		start := time.Now()
		r.put(t, "a", "b") // one is taken, one refused
		if err := r.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); told != 2 || took != 2*time.Second {
			t.Errorf("flush returned after %d of 2 acks and %v", told, took)
		}
		r.finish(t)
	})
}

func TestFlushEndsWithItsContext(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, always(verdict{after: time.Second}))
		r.put(t, "a")
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := r.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("flush: %v, want deadline exceeded", err)
		}
		r.finish(t)
		if len(r.acks.all()) != 1 {
			t.Errorf("%d acks after an abandoned flush, want 1", len(r.acks.all()))
		}
	})
}

func TestPutRefusesImpossibleRecords(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, always(verdict{}), func(o *ProducerOptions) { o.MaxRecordBytes = 1000 })
		tests := []struct {
			name   string
			record Record
			want   string // empty: accepted
		}{
			{"empty key", Record{Number: 1}, "record 1: the partition key is empty"},
			{"key of 257 characters", Record{Key: strings.Repeat("å", 257), Number: 2}, "record 2: the partition key has more than 256 characters"},
			{"key not UTF-8", Record{Key: "\xff", Number: 3}, "record 3: the partition key is not UTF-8"},
			{"one byte too long", Record{Key: "k", Data: make([]byte, 1000), Number: 4}, "record 4: 1001 bytes are more than the 1000 that the stream takes"},
			{"just short enough", Record{Key: "k", Data: make([]byte, 999)}, ""},
			{"key of 256 characters", Record{Key: strings.Repeat("å", 256)}, ""},
			{"no data", Record{Key: "k"}, ""},
		}
		accepted := 0
		for _, tt := range tests {
			err := r.Put(t.Context(), tt.record)
			if tt.want == "" {
				accepted++
				if err != nil {
					t.Errorf("%s: %v", tt.name, err)
				}
				continue
			}
			var record *RecordError
			if !errors.As(err, &record) || err.Error() != tt.want {
				t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
			}
		}
		r.finish(t)
		if len(r.acks.all()) != accepted {
			t.Errorf("%d acks, want %d: a refused record has none", len(r.acks.all()), accepted)
		}
	})
}

func TestNewProducerNamesEveryProblem(t *testing.T) {
	_, err := NewProducer(t.Context(), nil, ProducerOptions{MaxInFlight: -1, MaxRecordBytes: 11 << 20, BackoffBase: time.Minute})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"no name", "MaxInFlight", "MaxRecordBytes", "BackoffBase"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %s", err, want)
		}
	}
}
