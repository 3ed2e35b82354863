package worker

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamrec/streamrec/worker/lease"
)

// readings is when the shards of a stream were read.
type readings struct {
	mu sync.Mutex
	at map[string][]time.Time
}

func (r *readings) watch(s *memoryStream) {
	s.fail = func(op, shard string) error {
		if op == "read" {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.at[shard] = append(r.at[shard], time.Now())
		}
		return nil
	}
}

// during lets time pass and returns the reads of each shard meanwhile.
func (r *readings) during(d time.Duration) map[string][]time.Time {
	r.taken()
	time.Sleep(d)
	return r.taken()
}

func (r *readings) taken() map[string][]time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := r.at
	r.at = map[string][]time.Time{}
	return at
}

// TestIdleShardsAreReadTogetherAndSeldom: the longer a silence, the fewer reads, and all shards at the same moments, wherever they began. The first
// record ends it.
func TestIdleShardsAreReadTogetherAndSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, read := newFleet(t, "s0", "s1", "s2"), &readings{at: map[string][]time.Time{}}
		read.watch(f.stream)
		a := f.start("a")
		f.until(5*time.Second, "a holds all", func() bool { return len(a.Shards()) == 3 })
		for _, shard := range []string{"s1", "s2"} { // so their silences do not begin together
			time.Sleep(70 * time.Millisecond)
			f.stream.put(shard, 1)
		}
		time.Sleep(10 * time.Second)
		for _, c := range []struct {
			silence time.Duration
			reads   int
		}{{0, 20}, {time.Minute, 10}} {
			time.Sleep(c.silence)
			at := read.during(10 * time.Second)
			if len(at["s0"]) != c.reads || !slices.Equal(at["s0"], at["s1"]) || !slices.Equal(at["s0"], at["s2"]) {
				t.Errorf("after %v more: reads at %v", c.silence, at)
			}
		}
		f.stream.put("s1", 1)
		took := f.until(10*time.Second, "the record is committed", func() bool { return f.ledger.count("s1") == 2 })
		if took > time.Second {
			t.Errorf("met after %v", took)
		}
		at := read.during(4 * time.Second)
		if n := len(at["s1"]); n < 18 || len(at["s0"]) > 5 {
			t.Errorf("%d reads of the shard that has spoken, %d of the others in 4 s", n, len(at["s0"]))
		}
	})
}

// TestPagesAreOfSomeSize: a read asks for as many records as 1 MiB is of those that came before, whatever their size.
func TestPagesAreOfSomeSize(t *testing.T) {
	for _, c := range []struct {
		max, size, want int
	}{
		{10_000, 0, 2000},
		{10_000, 1, 10_000},
		{10_000, 450, 2330},
		{10_000, 50_000, 100},
		{10_000, 1 << 20, 100},
		{50, 0, 50},
		{50, 450, 50},
	} {
		r := newReader(&Worker{env: System{}, cfg: Config{MaxRecords: int32(c.max)}}, "s", lease.Position{}, 0)
		if c.size > 0 {
			r.pay([]Record{{Data: make([]byte, c.size)}, {Data: make([]byte, c.size)}})
		}
		r.pay(nil)
		if got := int(r.limit()); got != c.want {
			t.Errorf("of records of %d bytes a read asks for %d, want %d", c.size, got, c.want)
		}
	}
	r := newReader(&Worker{env: System{}, cfg: Config{MaxRecords: 10_000}}, "s", lease.Position{}, 0)
	if r.pay([]Record{{}}); r.limit() != 10_000 {
		t.Errorf("of empty records a read asks for %d", r.limit())
	}
}

// TestSmallPagesAreNotSlower: a backlog is read as fast as Kinesis allows a shard.
func TestSmallPagesAreNotSlower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, "s")
		n := f.stream.put("s", 60_000)
		bytes := 0
		for _, r := range f.stream.shards["s"].records {
			bytes += len(r.Data)
		}
		f.start("a")
		took := f.until(time.Minute, "all is committed", func() bool { return f.ledger.count("s") == n })
		if most := 3*time.Second + time.Duration(bytes)*time.Second/bytesPerSecond; took > most {
			t.Errorf("%d bytes took %v, want %v at most", bytes, took, most)
		}
	})
}
