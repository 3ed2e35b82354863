package audit_test

import (
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

// TestAcknowledgedRecordsMayBePending acknowledges records that the stream still has after the end of an open chain, and one that it
// has not.
func TestAcknowledgedRecordsMayBePending(t *testing.T) {
	w := standard(t, 22)
	open, fresh := w.shards[4], w.shards[6]
	acks := w.acks()
	committed := int64(len(acks))
	w.arrive(open, 5)
	w.arrive(fresh, 2)
	for _, r := range slices.Concat(open.records[20:], fresh.records) {
		acks = append(acks, audit.Ack{Shard: open.ID, Sequence: r.SequenceNumber})
	}
	acks[len(acks)-1].Shard, acks[len(acks)-2].Shard = fresh.ID, fresh.ID
	o, _ := w.streamOnly()
	o.Acks = each(acks)
	r := run(t, o)
	requireClean(t, r)
	if a := r.Acks; a.Committed != committed || a.Pending != 7 || a.Missing != 0 {
		t.Errorf("got %+v, want %d committed and 7 pending", a, committed)
	}
	keys := w.links(open)
	o.Acks = each(append(acks, audit.Ack{Shard: open.ID, Sequence: plus(t, open.records[24].SequenceNumber, 1)}))
	r = run(t, o)
	requireFound(t, r, finding{audit.AckMissing, keys[len(keys)-1]})
	if a := r.Acks; a.Pending != 7 || a.Missing != 1 || a.AfterEnd != 1 {
		t.Errorf("got %+v, want 7 pending and 1 missing", a)
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
