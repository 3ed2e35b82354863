package audit_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/audit"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/event"
)

// streamOnly returns options that compare the log with the stream.
func (w *world) streamOnly() (audit.Options, *stream) {
	s := &stream{world: w}
	o := w.options()
	o.SkipRows, o.Stream = true, s
	return o, s
}

func TestRecordsAfterTheEndArePending(t *testing.T) {
	w := standard(t, 20)
	open, fresh := w.shards[4], w.shards[6]
	w.arrive(open, 5)
	oldest := open.records[20].Arrival
	w.arrive(fresh, 2)
	o, _ := w.streamOnly()
	r := run(t, o)
	requireClean(t, r)
	if s := r.Totals.Stream; s.Pending != 7 || s.PendingSeconds != noon.Add(24*time.Hour).Sub(oldest).Seconds() {
		t.Errorf("pending %+v, want 7, the oldest from %v", s, oldest)
	}
	if r.Shards[4].Stream.Pending != 5 || r.Shards[6].Stream.Pending != 2 {
		t.Errorf("pending by shard: %+v %+v", r.Shards[4].Stream, r.Shards[6].Stream)
	}
	if text := describe(r); !strings.Contains(text, "7 records after it are not committed yet") {
		t.Errorf("the verdict does not mention them:\n%s", text)
	}
}

// TestStreamContradictions changes what the stream has, so that the log is wrong about it.
func TestStreamContradictions(t *testing.T) {
	w := standard(t, 21)
	s := w.shards[1]
	keys := w.links(s)
	_, metadata := w.object(t, keys[2])
	first := slices.IndexFunc(s.records, func(r event.Record) bool { return r.SequenceNumber == metadata["first"] })
	wide, wideLast := -1, -1 // a link of several records, and the last of them
	for i, key := range keys {
		if _, m := w.object(t, key); m["records"] != "1" {
			wide, wideLast = i, slices.IndexFunc(s.records, func(r event.Record) bool { return r.SequenceNumber == m["last"] })
		}
	}
	if wide < 0 {
		t.Fatal("no link has several records")
	}
	ended := len(s.records)
	extra := func(after int) event.Record {
		r := s.records[after]
		r.SequenceNumber = plus(t, r.SequenceNumber, 1)
		return r
	}
	for name, c := range map[string]struct {
		change func(records []event.Record) []event.Record
		want   []finding
	}{
		"as it was":                   {func(r []event.Record) []event.Record { return r }, nil},
		"another byte":                {func(r []event.Record) []event.Record { r[first].Data = []byte("other"); return r }, []finding{{audit.HashDiffer, keys[2]}}},
		"first record of a link gone": {func(r []event.Record) []event.Record { return slices.Delete(r, first, first+1) }, []finding{{audit.Phantom, keys[2]}}},
		"last record of a link gone":  {func(r []event.Record) []event.Record { return slices.Delete(r, first-1, first) }, []finding{{audit.Phantom, keys[1]}}},
		"last record of a link renumbered": {func(r []event.Record) []event.Record {
			r[wideLast].SequenceNumber = plus(t, r[wideLast].SequenceNumber, -1)
			return r
		}, []finding{{audit.Phantom, keys[wide]}}},
		"record more after the end": {func(r []event.Record) []event.Record { return slices.Insert(r, ended, extra(ended-1)) }, []finding{{audit.Lost, layout.EndKey(s.ID)}}},
		"record between two links":  {func(r []event.Record) []event.Record { return slices.Insert(r, first, extra(first-1)) }, []finding{{audit.Lost, keys[2]}}},
		"two gaps": {func(r []event.Record) []event.Record {
			return slices.Insert(slices.Insert(r, ended, extra(ended-1)), first, extra(first-1))
		}, []finding{{audit.Lost, keys[2]}, {audit.Lost, layout.EndKey(s.ID)}}},
		"everything after a link gone": {func(r []event.Record) []event.Record { return r[:first] }, phantoms(keys[2:])},
	} {
		t.Run(name, func(t *testing.T) {
			was := s.records
			s.records = c.change(slices.Clone(was))
			defer func() { s.records = was }()
			o, _ := w.streamOnly()
			requireFound(t, run(t, o), c.want...)
		})
	}
}

func phantoms(keys []string) (out []finding) {
	for _, key := range keys {
		out = append(out, finding{audit.Phantom, key})
	}
	return out
}

// TestSkippedRecordIsLost builds a log whose writer has skipped a record, so that nothing in the bucket shows it.
func TestSkippedRecordIsLost(t *testing.T) {
	w := newWorld(t, 22)
	s := w.shard("0", last)
	w.arrive(s, 30)
	all := s.records
	s.records = slices.Delete(slices.Clone(all), 14, 16)
	w.open(t, s)
	w.commitOne(t, s, 14)
	for w.committed(s) < 14 {
		w.commitOne(t, s, 14)
	}
	w.commit(t, s, 28, 5)
	requireClean(t, run(t, w.options()))
	s.records = all
	o, _ := w.streamOnly()
	r := run(t, o)
	hour := chain.HourOf(all[16].Arrival)
	key := ""
	for h := chain.HourOf(noon); h <= hour && key == ""; h++ {
		if k, err := layout.LinkKey(h, s.ID, all[16].SequenceNumber); err == nil && slices.Contains(w.links(s), k) {
			key = k
		}
	}
	requireFound(t, r, finding{audit.Lost, key})
	if r.Totals.Stream.Lost != 2 {
		t.Errorf("%d records lost, want 2", r.Totals.Stream.Lost)
	}
}

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

func TestRecordsBeforeTheLog(t *testing.T) {
	w := newWorld(t, 25)
	s := w.shard("0", last)
	w.arrive(s, 20)
	all := s.records
	s.records = all[8:]
	w.commit(t, s, 12, 4)
	child := w.shard("0", last, s)
	w.arrive(child, 10)
	w.finish(t, s, 4)
	alone := child.records
	child.records = alone[3:]
	w.commit(t, child, 7, 4)
	o, _ := w.streamOnly()

	requireClean(t, run(t, o))
	s.records = all
	r := run(t, o)
	requireClean(t, r)
	if r.Totals.Stream.BeforeLog != 8 {
		t.Errorf("%d records before the log, want 8", r.Totals.Stream.BeforeLog)
	}
	o.Began = all[5].Arrival
	for _, r := range all[6:8] { // arrival times are not in order
		if r.Arrival.Before(o.Began) {
			o.Began = r.Arrival
		}
	}
	r = run(t, o)
	requireFound(t, r, finding{audit.Lost, layout.StartKey(s.ID)})
	o.Began = all[8].Arrival.Add(time.Hour)
	requireClean(t, run(t, o))

	child.records = alone // a child is read from its beginning
	r = run(t, o)
	requireFound(t, r, finding{audit.Lost, layout.StartKey(child.ID)})
	if r.Totals.Stream.Lost != 3 {
		t.Errorf("%d records lost, want 3", r.Totals.Stream.Lost)
	}
}

// TestRecordsOfAnEmptyChainAreLost puts records into a shard that ended without any, as the log says.
func TestRecordsOfAnEmptyChainAreLost(t *testing.T) {
	w := standard(t, 26)
	w.arrive(w.shards[2], 3)
	o, _ := w.streamOnly()
	requireFound(t, run(t, o), finding{audit.Lost, layout.StartKey(w.shards[2].ID)})
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
