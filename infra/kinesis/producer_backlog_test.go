package kinesis

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestFifoEqualsSlice(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var q fifo[int]
	var want []int
	for i := range 20_000 {
		// Phases of growth and of shrinking, so that the memory is moved in both.
		if grow := i/500%2 == 0; len(want) == 0 || rnd.IntN(3) != 0 == grow {
			q.push(i)
			want = append(want, i)
		} else {
			if got := q.pop(); got != want[0] {
				t.Fatalf("step %d: pop = %d, want %d", i, got, want[0])
			}
			want = want[1:]
		}
		if q.len() != len(want) || (len(want) > 0 && q.front() != want[0]) {
			t.Fatalf("step %d: %d items, want %d", i, q.len(), len(want))
		}
	}
}

func TestFifoLetsGo(t *testing.T) {
	var q fifo[*int]
	for range 1000 {
		q.push(new(int))
	}
	for range 999 {
		q.pop()
	}
	live := 0
	for _, p := range q.items[:cap(q.items)] {
		if p != nil {
			live++
		}
	}
	if live != 1 {
		t.Errorf("%d items are still referenced, want 1", live)
	}
}

// TestBacklogAgainstModel drives a backlog with random steps and compares it with the plain rule: of each key only the
// oldest unsettled record may go, once, and not while it is held.
func TestBacklogAgainstModel(t *testing.T) {
	for seed := range uint64(50) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { driveBacklog(t, rand.New(rand.NewPCG(seed, 7))) })
	}
}

func driveBacklog(t *testing.T, rnd *rand.Rand) {
	t.Helper()
	b := newBacklog()
	now := time.Unix(0, 0)
	queues := map[string][]int64{}      // unsettled numbers by key
	heldUntil := map[string]time.Time{} // by key
	out := map[string]*lane{}           // under way
	blob := make([]byte, 1<<20)
	var batches [][]*lane
	number, records, bytes := int64(0), 0, 0

	for range 3000 {
		switch step := rnd.IntN(10); {
		case step < 4:
			w := &waiting{Record: Record{Key: fmt.Sprint("k", rnd.IntN(30)), Data: blob[:rnd.IntN(len(blob))], Number: number}}
			b.push(w)
			queues[w.Key] = append(queues[w.Key], number)
			number++
			records++
			bytes += w.size()
		case step < 6:
			batch := b.take()
			checkBatch(t, batch, queues, heldUntil, out)
			for _, l := range batch {
				out[l.head().Key] = l
			}
			batches = append(batches, batch)
		case step < 9 && len(batches) > 0:
			batch := batches[0]
			batches = batches[1:]
			for _, l := range batch {
				key := l.head().Key
				delete(out, key)
				switch rnd.IntN(3) {
				case 0:
					w := b.settle(l)
					if w.Number != queues[key][0] {
						t.Fatalf("settled %d of %s, want %d", w.Number, key, queues[key][0])
					}
					queues[key] = queues[key][1:]
					records--
					bytes -= w.size()
				case 1:
					heldUntil[key] = now.Add(time.Duration(1+rnd.IntN(5)) * time.Second)
					b.hold(l, heldUntil[key])
				default:
					b.retry(l)
				}
			}
		default:
			now = now.Add(time.Duration(rnd.IntN(3)) * time.Second)
			b.release(now)
			for key, until := range heldUntil {
				if !until.After(now) {
					delete(heldUntil, key)
				}
			}
		}
		if b.records != records || b.bytes != bytes {
			t.Fatalf("backlog counts %d records, %d bytes; want %d, %d", b.records, b.bytes, records, bytes)
		}
		ready := 0
		for key, q := range queues {
			if _, held := heldUntil[key]; len(q) > 0 && !held && out[key] == nil {
				ready++
			}
		}
		if b.ready.len() != ready {
			t.Fatalf("%d lanes are ready, want %d", b.ready.len(), ready)
		}
	}
}

func checkBatch(t *testing.T, batch []*lane, queues map[string][]int64, held map[string]time.Time, out map[string]*lane) {
	t.Helper()
	size := 0
	for _, l := range batch {
		w := l.head()
		size += w.size()
		if w.Number != queues[w.Key][0] {
			t.Fatalf("key %s: %d goes before %d", w.Key, w.Number, queues[w.Key][0])
		}
		if _, ok := held[w.Key]; ok {
			t.Fatalf("key %s goes while it is held", w.Key)
		}
		if out[w.Key] != nil {
			t.Fatalf("key %s goes while it is under way", w.Key)
		}
	}
	if len(batch) > 1 && size > maxRequestBytes {
		t.Fatalf("batch of %d records has %d bytes", len(batch), size)
	}
}

func TestTakeFillsRequest(t *testing.T) {
	sized := func(n int, bytes int, alone ...int) []*waiting {
		ws := make([]*waiting, n)
		for i := range ws {
			ws[i] = &waiting{Record: Record{Key: fmt.Sprintf("%03d", i), Data: make([]byte, bytes-3)}}
			if i < len(alone) {
				ws[i].alone = alone[i]
			}
		}
		return ws
	}
	tests := []struct {
		name    string
		records []*waiting
		want    []int // sizes of the batches
	}{
		{"nothing", nil, []int{0}},
		{"500 and the rest", sized(1200, 10), []int{500, 500, 200}},
		{"exactly 5 MiB", sized(10, 1<<20), []int{5, 5}},
		{"one byte over", sized(10, 1<<20+1), []int{4, 4, 2}},
		{"a record above 5 MiB goes alone", sized(3, 6<<20), []int{1, 1, 1}},
		{"halves stay halves", sized(4, 10, 2, 2, 2, 2), []int{2, 2}},
		{"the front's limit binds those who join", sized(5, 10, 2), []int{2, 3}},
		{"who needs less company waits for the next", sized(6, 10, 0, 0, 0, 2, 2, 2), []int{3, 2, 1}},
		{"alone", sized(3, 10, 1, 1, 1), []int{1, 1, 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBacklog()
			for _, w := range tt.records {
				b.push(w)
			}
			var got []int
			for {
				got = append(got, len(b.take()))
				if b.ready.len() == 0 {
					break
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("batches %v, want %v", got, tt.want)
			}
			if b.readyBytes != 0 {
				t.Errorf("readyBytes = %d with nothing ready", b.readyBytes)
			}
		})
	}
}

func TestBackoffBounds(t *testing.T) {
	const base, limit = 50 * time.Millisecond, 2 * time.Second
	tests := []struct {
		failures  int
		low, high time.Duration
	}{
		{1, 25 * time.Millisecond, 50 * time.Millisecond},
		{2, 50 * time.Millisecond, 100 * time.Millisecond},
		{6, 800 * time.Millisecond, 1600 * time.Millisecond},
		{7, time.Second, 2 * time.Second},
		{63, time.Second, 2 * time.Second},
		{1 << 40, time.Second, 2 * time.Second},
	}
	for _, tt := range tests {
		low := backoff(base, limit, tt.failures, func() float64 { return 0 })
		high := backoff(base, limit, tt.failures, func() float64 { return 1 })
		if low != tt.low || high != tt.high {
			t.Errorf("after %d failures: %v to %v, want %v to %v", tt.failures, low, high, tt.low, tt.high)
		}
	}
}
