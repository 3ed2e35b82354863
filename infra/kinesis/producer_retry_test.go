package kinesis

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func TestProducerKeepsOrderOfKeyWhenEarlierFails(t *testing.T) {
	bubble(t, func(t *testing.T) {
		start := time.Now()
		r := newRig(t, func(call int, _ []types.PutRecordsRequestEntry) verdict {
			if call <= 3 {
				return verdict{refuse: map[int]string{0: "ProvisionedThroughputExceededException"}}
			}
			return verdict{}
		})
		r.put(t, "a", "b", "a", "c", "a")
		r.finish(t)
		if got, want := r.order("a"), "a/0 a/2 a/4"; got != want {
			t.Errorf("a entered as %q, want %q", got, want)
		}
		// First at the close, then after 50, 100 and 200 ms of backoff; the records behind follow without delay.
		want := []time.Duration{0, 50 * time.Millisecond, 150 * time.Millisecond, 350 * time.Millisecond}
		if got := slices.Compact(r.since(start)); !slices.Equal(got, want) {
			t.Errorf("requests at %v, want %v", got, want)
		}
		if r.service.batches()[0] != 3 {
			t.Errorf("first request has %d records, want the 3 heads", r.service.batches()[0])
		}
	})
}

func TestProducerHoldsOnlyTheThrottledKey(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, func(_ int, in []types.PutRecordsRequestEntry) verdict {
			v := verdict{refuse: map[int]string{}}
			for i, e := range in {
				if *e.PartitionKey == "hot" && time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)) < time.Second {
					v.refuse[i] = "ProvisionedThroughputExceededException"
				}
			}
			return v
		})
		r.put(t, "hot", "cold", "hot", "cold", "cold")
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		if got, want := r.order("cold"), "cold/1 cold/3 cold/4"; got != want {
			t.Errorf("while hot is held, cold entered as %q, want %q", got, want)
		}
		if got := r.order("hot"); got != "" {
			t.Errorf("hot entered as %q before its shard had room", got)
		}
		r.finish(t)
		if got, want := r.order("hot"), "hot/0 hot/2"; got != want {
			t.Errorf("hot entered as %q, want %q", got, want)
		}
	})
}

func TestProducerRetriesLostAnswer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, func(call int, _ []types.PutRecordsRequestEntry) verdict {
			if call == 1 {
				return verdict{lost: true, err: io.ErrUnexpectedEOF}
			}
			return verdict{}
		})
		r.put(t, "a", "a")
		r.finish(t)
		if got, want := r.order("a"), "a/0 a/0 a/1"; got != want {
			t.Errorf("a entered as %q, want %q", got, want)
		}
		list := r.acks.all()
		if len(list) != 2 || list[0].Attempts != 2 || list[0].Sequence != "1" || list[1].Attempts != 1 {
			t.Errorf("acks %+v, want the second copy after 2 attempts, then 1 attempt", list)
		}
	})
}

func TestProducerTimesOutRequest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		start := time.Now()
		r := newRig(t, func(call int, _ []types.PutRecordsRequestEntry) verdict {
			if call == 1 {
				return verdict{before: time.Hour}
			}
			return verdict{}
		}, func(o *ProducerOptions) { o.RequestTimeout = 3 * time.Second })
		r.put(t, "a")
		r.finish(t)
		want := []time.Duration{0, 3*time.Second + 50*time.Millisecond}
		if got := r.since(start); !slices.Equal(got, want) {
			t.Errorf("requests at %v, want %v", got, want)
		}
	})
}

func TestProducerPausesAfterFailedRequest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		start := time.Now()
		r := newRig(t, func(call int, _ []types.PutRecordsRequestEntry) verdict {
			if call <= 3 {
				return verdict{err: refused("InternalFailure")}
			}
			return verdict{}
		}, func(o *ProducerOptions) { o.MaxInFlight = 1 })
		r.put(t, "a")
		time.Sleep(20 * time.Millisecond)
		r.put(t, "b") // another key must not try before the pause is over
		r.finish(t)
		want := []time.Duration{5, 55, 155, 355}
		for i := range want {
			want[i] *= time.Millisecond
		}
		if got := r.since(start); !slices.Equal(got, want) {
			t.Errorf("requests at %v, want %v", got, want)
		}
	})
}

func TestProducerTreatsMismatchedAnswerAsLost(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, func(call int, in []types.PutRecordsRequestEntry) verdict {
			if call == 1 {
				return verdict{results: len(in) - 1}
			}
			return verdict{}
		})
		r.put(t, "a", "b", "c")
		r.finish(t)
		for _, a := range r.acks.all() {
			if a.Err != nil || a.Attempts != 2 {
				t.Errorf("record %d: %d attempts, error %v; want 2 attempts", a.Record.Number, a.Attempts, a.Err)
			}
		}
		if len(r.acks.all()) != 3 || len(r.service.entries()) != 6 {
			t.Errorf("%d acks and %d stored, want 3 and 6", len(r.acks.all()), len(r.service.entries()))
		}
	})
}

func TestSuccessForgetsEarlierFailures(t *testing.T) {
	bubble(t, func(t *testing.T) {
		start := time.Now()
		r := newRig(t, func(call int, _ []types.PutRecordsRequestEntry) verdict {
			if call == 1 || call == 2 || call == 4 {
				return verdict{err: refused("InternalFailure")}
			}
			return verdict{}
		})
		r.put(t, "a", "a")
		r.finish(t)
		want := []time.Duration{0, 50, 150, 150, 200} // the last wait is that of a first failure
		for i := range want {
			want[i] *= time.Millisecond
		}
		if got := r.since(start); !slices.Equal(got, want) {
			t.Errorf("requests at %v, want %v", got, want)
		}
	})
}

func TestSuccessOfAnotherRequestEndsPause(t *testing.T) {
	bubble(t, func(t *testing.T) {
		start := time.Now()
		r := newRig(t, func(call int, _ []types.PutRecordsRequestEntry) verdict {
			switch call {
			case 1:
				return verdict{after: 30 * time.Millisecond}
			case 2:
				return verdict{err: refused("InternalFailure")}
			default:
				return verdict{}
			}
		})
		r.put(t, "a")
		time.Sleep(10 * time.Millisecond) // a is sent after 5 ms and answered after 35 ms
		r.put(t, "b")
		r.finish(t)
		want := []time.Duration{5 * time.Millisecond, 10 * time.Millisecond, 35 * time.Millisecond}
		if got := r.since(start); !slices.Equal(got, want) {
			t.Errorf("requests at %v, want %v: no need to wait until 60 ms", got, want)
		}
	})
}

func poison(data ...string) func(int, []types.PutRecordsRequestEntry) verdict {
	return func(_ int, in []types.PutRecordsRequestEntry) verdict {
		for _, e := range in {
			if slices.Contains(data, string(e.Data)) {
				return verdict{err: refused("ValidationException")}
			}
		}
		return verdict{}
	}
}

func TestProducerIsolatesRefusedRecord(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, poison("k321/321"))
		keys := make([]string, 500)
		for i := range keys {
			keys[i] = fmt.Sprint("k", i)
		}
		r.put(t, append(keys, "k321")...)
		r.finish(t)
		if len(r.service.batches()) > 20 {
			t.Errorf("%d requests to find one bad record of 500, want at most 20", len(r.service.batches()))
		}
		for _, a := range r.acks.all() {
			bad := a.Record.Number == 321
			var record *RecordError
			if errors.As(a.Err, &record) != bad {
				t.Errorf("record %d: error %v", a.Record.Number, a.Err)
			}
			if bad && strings.Contains(a.Err.Error(), "session-17") {
				t.Errorf("error quotes the request: %v", a.Err)
			}
		}
		if got, want := r.order("k321"), "k321/500"; got != want {
			t.Errorf("k321 entered as %q, want %q: the next record of the key goes on", got, want)
		}
		if len(r.acks.all()) != 501 || len(r.service.entries()) != 500 {
			t.Errorf("%d acks and %d stored, want 501 and 500", len(r.acks.all()), len(r.service.entries()))
		}
	})
}
