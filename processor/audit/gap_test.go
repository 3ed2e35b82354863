package audit_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/streamrec/streamrec/processor/audit"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/event"
)

// gapped is a shard of which records 6 to 9 are lost, before they were committed, and given up. The chain has links before and after.
func gapped(t *testing.T) (*world, *source) {
	t.Helper()
	w := newWorld(t, 41)
	s := w.shard("0", last)
	w.arrive(s, 20)
	w.commit(t, s, 6, 3)
	w.accept(t, s, s.records[10].SequenceNumber)
	w.commitFrom(t, s, 10, 20)
	return w, s
}

func (w *world) accept(t *testing.T, s *source, next string) {
	t.Helper()
	if _, err := s.writer.AcceptGap(t.Context(), next, s.writer.End().Hour); err != nil {
		t.Fatal(err)
	}
}

// commitFrom commits the records [from, to) in as many batches as there are hours.
func (w *world) commitFrom(t *testing.T, s *source, from, to int) {
	t.Helper()
	must(t, s.writer.Commit(t.Context(), w.batch(t, s, s.records[from:to])))
	for w.committed(s) < to {
		w.commitOne(t, s, to)
	}
}

// drop removes records from the stream, as retention does.
func (s *source) drop(from, to int) []event.Record {
	return append(append([]event.Record{}, s.records[:from]...), s.records[to:]...)
}

func TestAcceptedGapIsNoAnomaly(t *testing.T) {
	w, s := gapped(t)
	all := w.acks()
	o, _ := w.streamOnly()
	o.Acks = each(all)
	r := run(t, o)
	requireClean(t, r)
	want := audit.AcceptedGap{
		Shard: s.ID, Key: layout.GapKey(s.ID, s.records[5].SequenceNumber), After: s.records[5].SequenceNumber, Next: s.records[10].SequenceNumber, InStream: 4,
	}
	if len(r.Gaps) != 1 || r.Gaps[0] != want {
		t.Fatalf("gaps %+v, want %+v", r.Gaps, want)
	}
	if r.Totals.Records != 16 || r.Totals.Stream.Lost != 0 || r.Acks.GivenUp != 4 || r.Acks.Committed != 16 || r.Acks.Missing != 0 {
		t.Errorf("totals %+v, stream %+v, acks %+v", r.Totals, r.Totals.Stream, r.Acks)
	}
	var text strings.Builder
	must(t, r.WriteText(&text))
	for _, want := range []string{"in exactly one link, but for 1 accepted gap.", "Accepted gaps: ", want.Key, "the stream still has 4 records of it"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is missing in\n%s", want, text.String())
		}
	}
	s.records = s.drop(6, 10)
	r = run(t, o)
	requireClean(t, r)
	if r.Gaps[0].InStream != 0 || r.Totals.Stream.Verified != r.Totals.Links {
		t.Errorf("gap %+v; %d of %d links verified", r.Gaps[0], r.Totals.Stream.Verified, r.Totals.Links)
	}
}

func TestGapsAtTheEdges(t *testing.T) {
	t.Run("at the beginning", func(t *testing.T) {
		w := newWorld(t, 42)
		s := w.shard("0", last)
		w.arrive(s, 8)
		w.open(t, s)
		_, err := s.writer.Begin(t.Context(), s.records[0].SequenceNumber, s.records[0].Arrival)
		must(t, err)
		w.accept(t, s, s.records[3].SequenceNumber)
		r := run(t, audit.Options{Env: w.env, Bucket: w.bucket, Layout: layout})
		requireClean(t, r)
		w.commitFrom(t, s, 3, 8)
		o, _ := w.streamOnly()
		r = run(t, o)
		requireClean(t, r)
		if len(r.Gaps) != 1 || r.Gaps[0].After != "" || r.Gaps[0].InStream != 3 {
			t.Errorf("gaps %+v", r.Gaps)
		}
	})
	t.Run("one after the other, to the end", func(t *testing.T) {
		w := newWorld(t, 43)
		s := w.shard("0", last)
		w.arrive(s, 8)
		w.shard("0", last, s)
		w.commit(t, s, 4, 2)
		w.accept(t, s, s.records[6].SequenceNumber)
		w.accept(t, s, chain.GapToEnd)
		_, err := s.writer.Finish(t.Context(), s.children)
		must(t, err)
		r := run(t, audit.Options{Env: w.env, Bucket: w.bucket, Layout: layout})
		requireClean(t, r)
		if len(r.Gaps) != 2 || r.Gaps[1].Next != chain.GapToEnd || r.Gaps[1].After != s.records[3].SequenceNumber {
			t.Errorf("gaps %+v", r.Gaps)
		}
		o, _ := w.streamOnly()
		requireClean(t, run(t, o))
	})
	t.Run("pending", func(t *testing.T) {
		w := newWorld(t, 44)
		s := w.shard("0", last)
		w.arrive(s, 8)
		w.commit(t, s, 4, 2)
		w.accept(t, s, s.records[6].SequenceNumber)
		o, _ := w.streamOnly()
		r := run(t, o)
		requireClean(t, r)
		if r.Totals.Stream.Pending != 2 || r.Gaps[0].InStream != 2 {
			t.Errorf("stream %+v, gaps %+v", r.Totals.Stream, r.Gaps)
		}
	})
}

// TestGapOfAReplay has a replay give up a record. What readers saw before goes on behind its mark, which is none of theirs, also when the replay has been undone.
func TestGapOfAReplay(t *testing.T) {
	w := newWorld(t, 45)
	s := w.shard("0", last)
	w.arrive(s, 40)
	w.commit(t, s, 40, 3)
	from := chain.HourOf(s.records[20].Arrival)
	g, err := chain.Reserve(t.Context(), w.env, w.bucket, layout, "clicks")
	must(t, err)
	anew := layout.With(layout.Map().Replace(from, 0, g))
	writer, err := chain.TakeOver(t.Context(), w.env, w.bucket, anew, s.Shard, 9, chain.Bookmark{})
	must(t, err)
	s.writer = writer
	n := w.committed(s)
	if n == 0 || n > 20 {
		t.Fatalf("%d records are left", n)
	}
	_, err = writer.AcceptGap(t.Context(), s.records[n+1].SequenceNumber, from)
	must(t, err)
	w.commitFrom(t, s, n+1, 40)
	for name, l := range map[string]chain.Layout{"published": anew, "undone": layout} {
		r := run(t, audit.Options{Env: w.env, Bucket: w.bucket, Layout: l})
		requireClean(t, r)
		if want := map[string]int{"published": 1, "undone": 0}[name]; len(r.Gaps) != want || r.Totals.Records != int64(40-want) {
			t.Errorf("%s: %d records, gaps %+v", name, r.Totals.Records, r.Gaps)
		}
	}
}

// TestGapContradictions changes the mark and the links around it.
func TestGapContradictions(t *testing.T) {
	w, s := gapped(t)
	key := layout.GapKey(s.ID, s.records[5].SequenceNumber)
	after := ""
	for _, k := range w.links(s) {
		if _, _, first, _ := layout.ParseLinkKey(k); first == s.records[10].SequenceNumber {
			after = k
		}
	}
	body, _ := w.object(t, key)
	var mark chain.GapMark
	must(t, json.Unmarshal(body, &mark))
	put := func(key string, m chain.GapMark) {
		changed, err := json.Marshal(m)
		must(t, err)
		w.put(t, key, changed, nil)
	}
	for _, c := range []struct {
		name   string
		change func()
		want   []finding
	}{
		{"no mark", func() { w.bucket.Delete(key) }, []finding{{audit.Gap, after}}},
		{"another end", func() { mark := mark; mark.Next = s.records[9].SequenceNumber; put(key, mark) }, []finding{{audit.Misfit, after}}},
		{"of another shard", func() { mark := mark; mark.Shard = "x"; put(key, mark) }, []finding{{audit.Misplaced, key}, {audit.Gap, after}}},
		{"not JSON", func() { w.put(t, key, []byte("{"), nil) }, []finding{{audit.Mark, key}, {audit.Gap, after}}},
		{"backwards", func() { mark := mark; mark.Next = mark.Prev; put(key, mark) }, []finding{{audit.Mark, key}, {audit.Gap, after}}},
		{"one where no chain ends", func() {
			m := chain.GapMark{Shard: s.ID, Prev: s.records[7].SequenceNumber, Next: s.records[9].SequenceNumber}
			put(layout.GapKey(s.ID, m.Prev), m)
		}, []finding{{audit.Mark, layout.GapKey(s.ID, s.records[7].SequenceNumber)}}},
		{"key of no mark", func() { w.put(t, layout.MarksPrefix()+s.ID+"-12.gap.json", body, nil) }, []finding{{audit.Foreign, layout.MarksPrefix() + s.ID + "-12.gap.json"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.restored(t, func() {
				c.change()
				requireFound(t, run(t, audit.Options{Env: w.env, Bucket: w.bucket, Layout: layout}), c.want...)
			})
		})
	}
}

// TestZombieBesideAGapIsAFork has a writer that did not know of the gap, and put its records after all.
func TestZombieBesideAGapIsAFork(t *testing.T) {
	w := newWorld(t, 45)
	s := w.shard("0", last)
	w.arrive(s, 12)
	w.step = 0
	w.commit(t, s, 4, 4)
	zombie := *s
	w.open(t, &zombie)
	w.accept(t, s, s.records[6].SequenceNumber)
	key := layout.GapKey(s.ID, s.records[3].SequenceNumber)
	must(t, zombie.writer.Commit(t.Context(), w.batch(t, &zombie, s.records[4:5])))
	requireFound(t, run(t, audit.Options{Env: w.env, Bucket: w.bucket, Layout: layout}), finding{audit.Mark, key})
	w.commitFrom(t, s, 6, 12)
	r := run(t, audit.Options{Env: w.env, Bucket: w.bucket, Layout: layout})
	if r.Clean() || r.Kinds[audit.Mark] != 1 || len(r.Gaps) != 0 {
		t.Errorf("a fork: %+v", r.Anomalies)
	}
}
