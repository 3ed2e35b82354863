package audit_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/streamrec/streamrec/processor/audit"
	"github.com/streamrec/streamrec/processor/chain"
)

func TestAckLog(t *testing.T) {
	ok := func(n int) string {
		return fmt.Sprintf(`{"n":%d,"key":"k","shard":"s","seq":"%d","sha256":"00"}`, n, n)
	}
	long := `{"shard":"s","seq":"1","x":"` + strings.Repeat("x", 1<<20) + `"}`
	for name, c := range map[string]struct {
		log  string
		want string // sequence numbers
		err  string // part of the error
	}{
		"empty":                      {"", "", ""},
		"lines":                      {ok(1) + "\n" + ok(2) + "\n", "1 2", ""},
		"no line break at the end":   {ok(1) + "\n" + ok(2), "1 2", ""},
		"blank lines, CRLF":          {"\n" + ok(1) + "\r\n\r\n \t\n" + ok(2) + "\n\n", "1 2", ""},
		"cut off at the end":         {ok(1) + "\n" + ok(2)[:20], "1", ""},
		"cut off in the middle":      {ok(1) + "\n" + ok(2)[:20] + "\n" + ok(3) + "\n", "1", "line 2"},
		"nothing but a cut-off line": {ok(1)[:5], "", ""},
		"no seq":                     {`{"shard":"s"}` + "\n", "", "line 1"},
		"no shard":                   {ok(1) + "\n" + `{"seq":"5"}` + "\n", "1", "line 2"},
		"seq is a number":            {`{"shard":"s","seq":5}` + "\n", "", "line 1"},
		"seq is no number":           {`{"shard":"s","seq":"5a"}` + "\n", "", "line 1"},
		"seq is too long":            {`{"shard":"s","seq":"` + strings.Repeat("1", 57) + `"}` + "\n", "", "line 1"},
		"an array":                   {"[]\n", "", "line 1"},
		"not an object at the end":   {"17", "", "line 1"},
		"too long a line":            {ok(1) + "\n" + long + "\n", "1", "line 2"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			var failed error
			for a, err := range audit.ReadAckLog(strings.NewReader(c.log)) {
				if failed != nil {
					t.Fatal("the sequence goes on after an error")
				}
				if failed = err; err == nil {
					got = append(got, a.Sequence)
				}
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("read %q, want %q", got, c.want)
			}
			if (failed != nil) != (c.err != "") || failed != nil && !strings.Contains(failed.Error(), c.err) {
				t.Errorf("error %v, want %q", failed, c.err)
			}
		})
	}
}

// failing fails after some bytes.
type failing struct{ left string }

func (f *failing) Read(p []byte) (int, error) {
	if f.left == "" {
		return 0, errThrottled
	}
	n := copy(p, f.left)
	f.left = f.left[n:]
	return n, nil
}

func TestAckLogThatCannotBeReadFailsTheAudit(t *testing.T) {
	w := small(t, 1)
	o := w.options()
	o.Acks = audit.ReadAckLog(&failing{`{"shard":"s","seq":"5"}` + "\n" + `{"sh`})
	if _, err := audit.Run(t.Context(), o); !errors.Is(err, errThrottled) {
		t.Errorf("run: %v", err)
	}
	o.Acks = each([]audit.Ack{{Shard: "s", Sequence: "5x"}})
	if _, err := audit.Run(t.Context(), o); err == nil {
		t.Error("an acknowledgement without sequence number is accepted")
	}
}

func TestAckLogReaderStopsWhenAsked(t *testing.T) {
	n := 0
	for range audit.ReadAckLog(strings.NewReader(strings.Repeat(`{"shard":"s","seq":"5"}`+"\n", 10))) {
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("%d lines were read", n)
	}
}

func FuzzReadAckLog(f *testing.F) {
	f.Add([]byte(`{"n":1,"key":"k","shard":"s","seq":"12","sha256":"00"}` + "\n"))
	f.Add([]byte("\n\n{\"shard\":\"s\",\"seq\":\"12\"}"))
	f.Add([]byte("{\"shard\":\"s\",\"seq\":"))
	f.Fuzz(func(t *testing.T, log []byte) {
		failed := false
		for a, err := range audit.ReadAckLog(strings.NewReader(string(log))) {
			if failed {
				t.Fatal("the sequence goes on after an error")
			}
			if failed = err != nil; failed {
				continue
			}
			if a.Shard == "" || a.Sequence == "" || strings.Trim(a.Sequence, "0123456789") != "" || len(a.Sequence) > 56 {
				t.Fatalf("read %+v", a)
			}
		}
	})
}

func TestAcks(t *testing.T) {
	w := standard(t, 31)
	open, ended := w.shards[4], w.shards[1]
	committed := w.acks()
	w.arrive(open, 2)
	keys := w.links(open)
	lastLink := keys[len(keys)-1]
	unknown := audit.Ack{Shard: "shardId-000000000055", Sequence: "9"}
	ack := func(s *source, i int) audit.Ack { return audit.Ack{Shard: s.ID, Sequence: s.records[i].SequenceNumber} }
	off := func(a audit.Ack, by int) audit.Ack { a.Sequence = plus(t, a.Sequence, by); return a }
	for name, c := range map[string]struct {
		more  []audit.Ack
		want  []finding
		after int64
	}{
		"none more":                  {nil, nil, 0},
		"after the end of an open":   {[]audit.Ack{ack(open, 20), ack(open, 21)}, []finding{{audit.AckMissing, lastLink}}, 2},
		"after the end of an ended":  {[]audit.Ack{off(ack(ended, 24), 1)}, []finding{{audit.AckMissing, layout.EndKey(ended.ID)}}, 0},
		"before the beginning":       {[]audit.Ack{off(ack(ended, 0), -1)}, []finding{{audit.AckMissing, w.links(ended)[0]}}, 0},
		"of a shard without records": {[]audit.Ack{{Shard: w.shards[2].ID, Sequence: "5"}}, []finding{{audit.AckMissing, layout.EndKey(w.shards[2].ID)}}, 0},
		"of a shard not begun":       {[]audit.Ack{{Shard: w.shards[6].ID, Sequence: "5"}}, []finding{{audit.AckMissing, layout.StartKey(w.shards[6].ID)}}, 1},
		"of an unknown shard":        {[]audit.Ack{unknown}, []finding{{audit.AckMissing, layout.StartKey(unknown.Shard)}}, 1},
		"twice":                      {[]audit.Ack{ack(ended, 3)}, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			o := w.options()
			o.Acks = each(append(slices.Clone(committed), c.more...))
			for _, o.SkipRows = range []bool{false, true} {
				r := run(t, o)
				requireFound(t, r, c.want...)
				missing := int64(0)
				if c.want != nil {
					missing = int64(len(c.more))
				}
				a := r.Acks
				if a.Missing != missing || a.AfterEnd != c.after || a.Committed != int64(len(committed)) || int64(len(a.FirstMissing)) != missing {
					t.Errorf("skip rows %v: %+v", o.SkipRows, a)
				}
			}
		})
	}
}

// TestRecordInAStrayIsCommittedTwice copies a link to where readers see it again.
func TestRecordInAStrayIsCommittedTwice(t *testing.T) {
	w := standard(t, 33)
	s := w.shards[0]
	key := w.links(s)[1]
	body, metadata := w.object(t, key)
	o := w.options()
	o.Acks = each(w.acks())
	for name, c := range map[string]struct {
		copy func() string
		kind audit.Kind
	}{
		"as it is": {func() string {
			hour, _, first, err := layout.ParseLinkKey(key)
			must(t, err)
			to, err := layout.LinkKey(hour+5, s.ID, first)
			must(t, err)
			w.put(t, to, body, metadata)
			return to
		}, audit.Misplaced},
		"with metadata that agree": {func() string { return w.forge(t, key, func(l *chain.Link) { l.Hour += 5 }) }, audit.Overlap},
	} {
		t.Run(name, func(t *testing.T) {
			to := c.copy()
			defer w.bucket.Delete(to)
			r := run(t, o)
			requireFound(t, r, finding{c.kind, to}, finding{audit.AckTwice, key})
			if fmt.Sprint(r.Acks.Twice) != metadata["records"] || r.Acks.Missing != 0 {
				t.Errorf("%+v; want %s twice", r.Acks, metadata["records"])
			}
		})
	}
}

// TestAckBetweenRecordsNeedsRows acknowledges a sequence number inside of a link that is no record's: only the rows show it.
func TestAckBetweenRecordsNeedsRows(t *testing.T) {
	w := small(t, 31)
	s := w.shards[0]
	o := w.options()
	o.Acks = each([]audit.Ack{{Shard: s.ID, Sequence: plus(t, s.records[0].SequenceNumber, 1)}})
	requireFound(t, run(t, o), finding{audit.AckMissing, w.links(s)[0]})
	o.SkipRows = true
	requireClean(t, run(t, o))
}

func TestFirstMissingAcksAreListed(t *testing.T) {
	w := small(t, 32)
	s := w.shards[0]
	var all []audit.Ack
	for i := range 50 {
		all = append(all, audit.Ack{Shard: s.ID, Sequence: plus(t, s.records[0].SequenceNumber, -50+i)}, audit.Ack{Shard: "zzz", Sequence: "1"})
	}
	o := w.options()
	o.Acks = each(all)
	r := run(t, o)
	if a := r.Acks; a.Total != 100 || a.Repeated != 49 || a.Missing != 51 || len(a.FirstMissing) != 20 {
		t.Fatalf("%+v", a)
	}
	for i, a := range r.Acks.FirstMissing {
		if a != all[2*i] {
			t.Errorf("missing %d is %+v, want %+v", i, a, all[2*i])
		}
	}
	if text := describe(r); strings.Count(text, "\n    missing") != 20 {
		t.Errorf("the text lists %d", strings.Count(text, "\n    missing"))
	}
}
