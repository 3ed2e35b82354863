package audit_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/audit"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/event"
)

// TestRetention trims each number of records off each shard: what is left is verified, what is gone proves nothing.
func TestRetention(t *testing.T) {
	w := standard(t, 23)
	o, s := w.streamOnly()
	verified := int64(-1)
	for trim := 25; trim >= 0; trim-- {
		s.trimmed = func(string) int { return trim }
		iterators := 0
		s.fault = func(op, _ string) error {
			if op == "iterator" {
				iterators++
			}
			return nil
		}
		r := run(t, o)
		requireClean(t, r)
		if iterators != len(w.shards) {
			t.Errorf("%d shards were read %d times", len(w.shards), iterators)
		}
		if n := r.Totals.Stream.Verified; n < verified {
			t.Errorf("%d links are verified with %d records trimmed, %d with one more", n, trim, verified)
		} else {
			verified = n
		}
	}
	if verified != int64(len(w.bucket.Keys(layout.DataPrefix()))) {
		t.Errorf("%d links are verified", verified)
	}
}

// TestTrimmingDuringTheAudit lets the trim horizon overtake the audit.
func TestTrimmingDuringTheAudit(t *testing.T) {
	for after := range 12 {
		w := standard(t, 24)
		o, s := w.streamOnly()
		requests := map[string]int{}
		s.fault = func(op, shard string) error {
			if op == "read" {
				requests[shard]++
			}
			return nil
		}
		s.trimmed = func(shard string) int {
			s.mu.Lock()
			defer s.mu.Unlock()
			if requests[shard] > after {
				return 17
			}
			return 2
		}
		s.limit = 2
		requireClean(t, run(t, o))
	}
}

func TestForgottenShardIsNamed(t *testing.T) {
	w := standard(t, 27)
	o, s := w.streamOnly()
	s.hidden = []string{w.shards[0].ID, w.shards[2].ID} // ended
	requireClean(t, run(t, o))
	s.hidden = append(s.hidden, w.shards[4].ID, w.shards[6].ID) // open, and not begun
	requireFound(t, run(t, o), finding{audit.UnknownShard, layout.StartKey(w.shards[4].ID)})
}

func TestShardGoneWhileItIsRead(t *testing.T) {
	w := standard(t, 27)
	o, s := w.streamOnly()
	s.fault = func(op, shard string) error {
		if op == "read" && shard == w.shards[0].ID {
			return fmt.Errorf("read: %w", chain.ErrNotFound)
		}
		return nil
	}
	r := run(t, o)
	requireClean(t, r)
	if r.Shards[0].Stream != nil || r.Shards[1].Stream == nil {
		t.Error("a shard that is gone has been read, or another one has not")
	}
}

// TestStreamFaultsAreOvercome lets requests fail, iterators expire among them.
func TestStreamFaultsAreOvercome(t *testing.T) {
	w := standard(t, 28)
	o, s := w.streamOnly()
	s.fault = func(string, string) error {
		if w.rng.IntN(3) == 0 {
			return errThrottled
		}
		return nil
	}
	r := run(t, o)
	requireClean(t, r)
	if int(r.Totals.Stream.Verified) != len(w.bucket.Keys(layout.DataPrefix())) {
		t.Errorf("%d links verified", r.Totals.Stream.Verified)
	}
	s.fault = func(op, _ string) error {
		if op == "iterator" {
			return chain.ErrRefused
		}
		return nil
	}
	if _, err := audit.Run(t.Context(), o); !errors.Is(err, chain.ErrRefused) {
		t.Errorf("a stream that refuses: %v", err)
	}
	s.fault = func(op, _ string) error { return chain.ErrRefused }
	if _, err := audit.Run(t.Context(), o); !errors.Is(err, chain.ErrRefused) {
		t.Errorf("a stream that is not there: %v", err)
	}
}

func TestStreamOutOfOrderIsAnError(t *testing.T) {
	w := standard(t, 29)
	for name, sequence := range map[string]string{"repeats": w.shards[0].records[3].SequenceNumber, "no number": "x"} {
		o, s := w.streamOnly()
		s.change = func(shard string, i int, r event.Record) event.Record {
			if shard == w.shards[0].ID && i == 4 {
				r.SequenceNumber = sequence
			}
			return r
		}
		if _, err := audit.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), w.shards[0].ID) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestBusyShardIsNotReadForEver reads a shard whose tip moves with every read.
func TestBusyShardIsNotReadForEver(t *testing.T) {
	w := newWorld(t, 30)
	s := w.shard("0", last)
	w.arrive(s, 8)
	w.commit(t, s, 8, 4)
	w.env.Time = w.clock
	o, x := w.streamOnly()
	o.Concurrency = 1
	x.limit = 3
	x.fault = func(string, string) error { w.arrive(s, 4); return nil }
	r := run(t, o)
	requireClean(t, r)
	if r.Totals.Stream.Verified != int64(len(w.links(s))) || r.Totals.Stream.Records > 100 {
		t.Errorf("stream %+v", r.Totals.Stream)
	}
}

// TestClockThatLags audits a log by a clock that is behind the arrival times: all links are verified all the same.
func TestClockThatLags(t *testing.T) {
	w := standard(t, 30)
	w.env.Time = noon.Add(-time.Hour)
	o, _ := w.streamOnly()
	r := run(t, o)
	requireClean(t, r)
	if int(r.Totals.Stream.Verified) != len(w.bucket.Keys(layout.DataPrefix())) {
		t.Errorf("%d links are verified", r.Totals.Stream.Verified)
	}
}

// TestStreamIsReadGently looks at the pace of reads and at their size: workers need the same shard.
func TestStreamIsReadGently(t *testing.T) {
	for _, c := range []struct {
		bytes int // of a record
		limit int32
	}{{1, 10_000}, {1 << 10, 1 << 10}, {1 << 20, 100}} {
		w := newWorld(t, 31)
		s := w.shard("0", last)
		w.arrive(s, 20)
		for i := range s.records {
			s.records[i].Data = make([]byte, c.bytes)
		}
		o, x := w.streamOnly()
		var at []time.Time
		x.fault = func(op, _ string) error {
			if op == "read" {
				at = append(at, w.env.Now())
			}
			return nil
		}
		run(t, o)
		for i := 1; i < len(at); i++ {
			if d := at[i].Sub(at[i-1]); d < time.Second {
				t.Errorf("read %d follows after %v", i, d)
			}
		}
		if len(at) < 3 || x.limits[0] != 1000 || x.limits[1] != c.limit {
			t.Errorf("records of %d bytes: %d reads of %d records", c.bytes, len(at), x.limits)
		}
		o.Pace, at = 3*time.Second, nil
		run(t, o)
		if d := at[1].Sub(at[0]); d != 3*time.Second {
			t.Errorf("with a pace of 3 s a read follows after %v", d)
		}
	}
}
