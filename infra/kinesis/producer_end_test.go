package kinesis

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func TestProducerEndsWithFinalError(t *testing.T) {
	tests := []struct {
		code string
		want error
	}{
		{"ResourceNotFoundException", ErrStreamMissing},
		{"AccessDeniedException", ErrAccessDenied},
		{"ExpiredTokenException", ErrAccessDenied},
		{"KMSDisabledException", ErrAccessDenied},
	}
	for _, tt := range tests {
		t.Run(tt.code, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := newRig(t, always(verdict{err: refused(tt.code), after: time.Millisecond}))
				r.put(t, "a", "b", "a")
				if err := r.Flush(t.Context()); !errors.Is(err, tt.want) {
					t.Errorf("flush: %v, want %v", err, tt.want)
				}
				list := r.acks.all()
				if len(list) != 3 {
					t.Fatalf("%d acks, want 3", len(list))
				}
				for _, a := range list {
					if !errors.Is(a.Err, tt.want) || a.Sequence != "" {
						t.Errorf("ack %+v, want %v", a, tt.want)
					}
				}
				if err := r.Put(t.Context(), Record{Key: "late"}); !errors.Is(err, tt.want) {
					t.Errorf("put after the end: %v, want %v", err, tt.want)
				}
				for range 2 {
					if err := r.Close(t.Context()); !errors.Is(err, tt.want) {
						t.Errorf("close: %v, want %v", err, tt.want)
					}
				}
				if calls := len(r.service.times()); calls != 1 {
					t.Errorf("%d requests, want 1: a final error is not tried again", calls)
				}
			})
		})
	}
}

func TestProducerTakesAcksOfOthersWhenItEnds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, func(call int, _ []types.PutRecordsRequestEntry) verdict {
			if call == 1 {
				return verdict{after: time.Second, refuse: map[int]string{0: "InternalFailure"}}
			}
			return verdict{err: refused("AccessDeniedException")}
		})
		r.put(t, "a", "b")
		time.Sleep(10 * time.Millisecond) // the request with both is under way
		r.put(t, "c")
		if err := r.Flush(t.Context()); !errors.Is(err, ErrAccessDenied) {
			t.Fatalf("flush: %v", err)
		}
		for _, a := range r.acks.all() {
			if ok := a.Err == nil; ok != (a.Record.Key == "b") {
				t.Errorf("%s: error %v; only b was taken", a.Record.Key, a.Err)
			}
		}
		if len(r.acks.all()) != 3 {
			t.Errorf("%d acks, want 3", len(r.acks.all()))
		}
	})
}

func TestProducerLosesPatience(t *testing.T) {
	tests := []struct {
		name   string
		answer verdict
		want   error
	}{
		{"connection lost", verdict{err: io.ErrUnexpectedEOF}, ErrStalled},
		{"timeouts", verdict{before: time.Hour}, ErrUnreachable},
		{"throttled request", verdict{err: refused("ProvisionedThroughputExceededException")}, ErrStalled},
		{"throttled record", verdict{refuse: map[int]string{0: "ProvisionedThroughputExceededException"}}, ErrStalled},
		{"stream being created", verdict{err: refused("ResourceInUseException")}, ErrStreamBusy},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				start := time.Now()
				r := newRig(t, always(tt.answer), func(o *ProducerOptions) { o.RequestTimeout = time.Second })
				r.put(t, "a")
				err := r.Flush(t.Context())
				if !errors.Is(err, tt.want) {
					t.Errorf("flush: %v, want %v", err, tt.want)
				}
				// 30 s of patience from the first failure, then the end of the attempt under way.
				if took := time.Since(start); took < 30*time.Second || took > 34*time.Second {
					t.Errorf("gave up after %v, want 30 s to 34 s", took)
				}
			})
		})
	}
}

func TestPatienceBeginsAnewWithEveryAck(t *testing.T) {
	bubble(t, func(t *testing.T) {
		start := time.Now()
		r := newRig(t, func(_ int, in []types.PutRecordsRequestEntry) verdict {
			v := verdict{refuse: map[int]string{}}
			for i, e := range in {
				if *e.PartitionKey == "hot" && time.Since(start) < 5*time.Minute {
					v.refuse[i] = "ProvisionedThroughputExceededException"
				}
			}
			return v
		})
		r.put(t, "hot")
		for range 20 { // somebody else is served every 20 s
			time.Sleep(20 * time.Second)
			r.put(t, "cold")
		}
		r.finish(t)
		if got, want := r.order("hot"), "hot/0"; got != want {
			t.Errorf("hot entered as %q, want %q", got, want)
		}
	})
}

func TestProducerEndsWithItsContext(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cause := errors.New("the shop closes")
		ctx, cancel := context.WithCancelCause(t.Context())
		service, acks := newFakeService(t, always(verdict{after: time.Minute})), new(acks)
		p, err := NewProducer(ctx, service, ProducerOptions{Stream: "clicks", Acknowledged: acks.add})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			if err := p.Put(ctx, Record{Key: fmt.Sprint("k", i%2)}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second)
		cancel(cause)
		if err := p.Close(t.Context()); !errors.Is(err, cause) {
			t.Errorf("close: %v, want %v", err, cause)
		}
		for _, a := range acks.all() {
			if !errors.Is(a.Err, cause) {
				t.Errorf("record %d: error %v, want %v", a.Record.Number, a.Err, cause)
			}
		}
		if len(acks.all()) != 3 {
			t.Errorf("%d acks, want 3", len(acks.all()))
		}
	})
}

func TestCloseIsBoundedByItsContext(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, always(verdict{before: time.Hour}), func(o *ProducerOptions) { o.RequestTimeout = time.Hour })
		r.put(t, "a", "a")
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if err := r.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("close: %v, want deadline exceeded", err)
		}
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("close took %v, want 2s", took)
		}
		if len(r.acks.all()) != 2 {
			t.Errorf("%d acks, want 2", len(r.acks.all()))
		}
	})
}

func TestClosedProducerTakesNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, always(verdict{after: time.Second}))
		r.put(t, "a")
		closed := make(chan error, 1)
		go func() { closed <- r.Close(t.Context()) }()
		synctest.Wait()
		// The producer still waits for its last answer.
		if err := r.Put(t.Context(), Record{Key: "b"}); !errors.Is(err, ErrProducerClosed) {
			t.Errorf("put while closing: %v, want %v", err, ErrProducerClosed)
		}
		if err := <-closed; err != nil {
			t.Errorf("close: %v", err)
		}
		if err := r.Put(t.Context(), Record{Key: "b"}); !errors.Is(err, ErrProducerClosed) {
			t.Errorf("put after close: %v, want %v", err, ErrProducerClosed)
		}
		if err := r.Flush(t.Context()); !errors.Is(err, ErrProducerClosed) {
			t.Errorf("flush after close: %v, want %v", err, ErrProducerClosed)
		}
		if len(r.service.entries()) != 1 {
			t.Errorf("%d records in the stream, want 1", len(r.service.entries()))
		}
	})
}

// closeWithin closes the producer with a bounded context.
func closeWithin(t *testing.T, r rig, d time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	return r.Close(ctx)
}
