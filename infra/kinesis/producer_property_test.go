package kinesis

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// storm is a service with every fault at once, by seed. It does not always answer, but in the end takes everything
// except poisoned records.
type storm struct {
	rnd    *rand.Rand
	poison map[string]bool // by data
	late   bool            // lost requests may take effect long after
}

func (s *storm) decide(_ int, in []types.PutRecordsRequestEntry) verdict {
	for _, e := range in {
		if s.poison[string(e.Data)] {
			return verdict{err: refused("InvalidArgumentException"), before: s.delay()}
		}
	}
	v := verdict{before: s.delay(), after: s.delay(), refuse: s.refusals(len(in))}
	switch s.rnd.IntN(12) {
	case 0:
		v.err = refused("InternalFailure")
	case 1:
		v.err = refused("ProvisionedThroughputExceededException")
	case 2:
		v.err, v.lost = errors.New("connection reset"), true
		if s.late && s.rnd.IntN(2) == 0 {
			v.late = time.Duration(s.rnd.IntN(20_000)) * time.Millisecond
		}
	case 3:
		v.after = time.Minute // longer than the request may take
	case 4:
		v.results = 1 + s.rnd.IntN(len(in))
	}
	return v
}

func (s *storm) delay() time.Duration { return time.Duration(s.rnd.IntN(100)) * time.Millisecond }

// refusals throttles nothing, some, or nearly all records of a request.
func (s *storm) refusals(n int) map[int]string {
	share := []float64{0, 0, 0.1, 0.9}[s.rnd.IntN(4)]
	refuse := make(map[int]string)
	for i := range n {
		if s.rnd.Float64() < share {
			refuse[i] = []string{"ProvisionedThroughputExceededException", "InternalFailure"}[s.rnd.IntN(2)]
		}
	}
	return refuse
}

// TestProducerUnderFaults puts records of few and many keys through a storm and compares what was acknowledged with
// what is in the stream.
func TestProducerUnderFaults(t *testing.T) {
	for seed := range uint64(120) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			bubble(t, func(t *testing.T) { weather(t, seed) })
		})
	}
}

func weather(t *testing.T, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 1))
	s := &storm{rnd: rand.New(rand.NewPCG(seed, 2)), poison: map[string]bool{}, late: seed%2 == 0}
	keys, maxInFlight, maxPending := 1+rnd.IntN(80), 1+rnd.IntN(5), 1+rnd.IntN(300)
	r := newRig(t, s.decide, func(o *ProducerOptions) {
		o.MaxInFlight, o.MaxPending = maxInFlight, maxPending
		o.Linger = time.Duration(1+rnd.IntN(50)) * time.Millisecond
		o.Patience = time.Hour
		o.Random = rand.New(rand.NewPCG(seed, 3)).Float64
	})
	var put []Record
	for i := range 400 {
		record := Record{Key: fmt.Sprint("k", rnd.IntN(keys)), Data: fmt.Appendf(nil, "%d", i), Number: int64(i)}
		s.poisonSome(r.service, record, rnd)
		if err := r.Put(t.Context(), record); err != nil {
			t.Fatal(err)
		}
		put = append(put, record)
		if unsettled := len(put) - len(r.acks.all()); unsettled > maxPending+1 {
			t.Fatalf("%d records are unsettled, want at most %d", unsettled, maxPending)
		}
		if rnd.IntN(20) == 0 {
			time.Sleep(time.Duration(rnd.IntN(200)) * time.Millisecond)
		}
		if rnd.IntN(100) == 0 {
			if err := r.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if settled := len(r.acks.all()); settled != len(put) {
				t.Fatalf("%d of %d records settled after a flush", settled, len(put))
			}
		}
	}
	r.finish(t)
	r.service.pending.Wait()
	synctest.Wait()

	if r.service.busiest > maxInFlight {
		t.Errorf("%d requests at once, want at most %d", r.service.busiest, maxInFlight)
	}
	checkAcks(t, r, put, s.poison)
	checkStream(t, r, put, s.late)
}

// poisonSome marks one record in fifty as one that the service always refuses.
func (s *storm) poisonSome(f *fakeService, r Record, rnd *rand.Rand) {
	if rnd.IntN(50) == 0 {
		f.mu.Lock()
		defer f.mu.Unlock()
		s.poison[string(r.Data)] = true
	}
}

// checkAcks: one ack for each record, in the order of each key, true about place and attempts.
func checkAcks(t *testing.T, r rig, put []Record, poison map[string]bool) {
	t.Helper()
	seen := make(map[int64]bool)
	last := make(map[string]int64)
	entries := r.service.entries()
	for _, a := range r.acks.all() {
		data, n := string(a.Record.Data), a.Record.Number
		if seen[n] {
			t.Errorf("record %d is acknowledged twice", n)
		}
		seen[n] = true
		if previous, ok := last[a.Record.Key]; ok && n < previous {
			t.Errorf("record %d is acknowledged after %d of the same key", n, previous)
		}
		last[a.Record.Key] = n
		if want := r.service.attempts[data]; a.Attempts != want {
			t.Errorf("record %d: ack tells %d attempts, the service saw %d", n, a.Attempts, want)
		}
		var refusal *RecordError
		if errors.As(a.Err, &refusal) != poison[data] {
			t.Errorf("record %d: error %v", n, a.Err)
		}
		if a.Err != nil {
			continue
		}
		place := slices.IndexFunc(entries, func(s stored) bool { return s.sequence == a.Sequence })
		if place < 0 || entries[place].data != data || a.Shard == "" {
			t.Errorf("record %d is not at its place %s", n, a.Sequence)
		}
	}
	if len(seen) != len(put) {
		t.Errorf("%d records are acknowledged, want %d", len(seen), len(put))
	}
}

// checkStream: the first copies of each key's records are in the order of Put, and without late effects also the
// copies; a record has copies only after several attempts.
func checkStream(t *testing.T, r rig, put []Record, late bool) {
	t.Helper()
	number := make(map[string]int64)
	for _, record := range put {
		number[string(record.Data)] = record.Number
	}
	copies := make(map[string]int)
	first, any := make(map[string]int64), make(map[string]int64)
	for _, s := range r.service.entries() {
		n := number[s.data]
		copies[s.data]++
		if copies[s.data] == 1 {
			if before, ok := first[s.key]; ok && n < before {
				t.Errorf("record %d entered after %d of the same key", n, before)
			}
			first[s.key] = n
		}
		if before, ok := any[s.key]; ok && n < before && !late {
			t.Errorf("a copy of record %d entered after %d of the same key", n, before)
		}
		any[s.key] = n
	}
	for data, n := range copies {
		if n > r.service.attempts[data] {
			t.Errorf("record %s: %d copies after %d attempts", data, n, r.service.attempts[data])
		}
	}
}

// TestProducerEndsAtAnyMoment ends the stream, the context or the patience of Close somewhere in the storm: every
// accepted record still gets its one ack, and a success is true.
func TestProducerEndsAtAnyMoment(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			bubble(t, func(t *testing.T) { suddenEnd(t, seed) })
		})
	}
}

func suddenEnd(t *testing.T, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 4))
	s := &storm{rnd: rand.New(rand.NewPCG(seed, 5)), poison: map[string]bool{}}
	lastCall := 1 + rnd.IntN(30)
	r := newRig(t, func(call int, in []types.PutRecordsRequestEntry) verdict {
		if seed%2 == 0 && call >= lastCall {
			return verdict{err: refused("ResourceNotFoundException"), before: s.delay()}
		}
		return s.decide(call, in)
	}, func(o *ProducerOptions) { o.MaxPending = 100 })
	var put []Record
	for i := range 50 + rnd.IntN(300) {
		record := Record{Key: fmt.Sprint("k", rnd.IntN(40)), Data: fmt.Appendf(nil, "%d", i), Number: int64(i)}
		if err := r.Put(t.Context(), record); err != nil {
			if !errors.Is(err, ErrStreamMissing) {
				t.Fatal(err)
			}
			break
		}
		put = append(put, record)
	}
	_ = closeWithin(t, r, time.Duration(rnd.IntN(3000))*time.Millisecond)
	seen, entries := make(map[int64]bool), r.service.entries()
	for _, a := range r.acks.all() {
		if seen[a.Record.Number] {
			t.Errorf("record %d is acknowledged twice", a.Record.Number)
		}
		seen[a.Record.Number] = true
		if a.Err == nil && !slices.Contains(entries, stored{a.Record.Key, string(a.Record.Data), a.Sequence}) {
			t.Errorf("record %d is acknowledged and not in the stream", a.Record.Number)
		}
	}
	if len(seen) != len(put) {
		t.Errorf("%d records are settled, want the %d accepted", len(seen), len(put))
	}
}
