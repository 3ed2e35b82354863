package audit_test

import (
	"testing"

	"github.com/streamrec/streamrec/processor/audit"
	"github.com/streamrec/streamrec/processor/chain"
)

func TestSoundLogIsClean(t *testing.T) {
	w := standard(t, 1)
	r := run(t, w.against())
	requireClean(t, r)
	var links, records, rowCount, errorRows, duplicates int64
	for _, s := range w.shards {
		links += int64(len(w.links(s)))
		for i := range w.committed(s) {
			records++
			for _, row := range rows(s.ID, &s.records[i]) {
				rowCount++
				if row.Error != nil {
					errorRows++
				}
				if row.Duplicate {
					duplicates++
				}
			}
		}
	}
	tot := r.Totals
	if tot.Shards != 7 || tot.Ended != 4 || tot.Links != links || tot.Records != records || tot.Rows != rowCount || tot.Strays != 0 {
		t.Errorf("totals %+v; want %d links, %d records, %d rows", tot, links, records, rowCount)
	}
	if rd := tot.Read; rd.Objects != links || rd.Records != records || rd.Rows != rowCount || rd.ErrorRows != errorRows ||
		rd.Errors["invalid_json"] != errorRows || rd.Duplicates != duplicates {
		t.Errorf("rows read %+v; want %d records, %d rows, %d errors, %d duplicates", rd, records, rowCount, errorRows, duplicates)
	}
	if s := tot.Stream; s.Records != records || s.Verified != links || s.Pending != 0 || s.Lost != 0 {
		t.Errorf("stream %+v; want %d records, %d verified", s, records, links)
	}
	if a := r.Acks; a.Total != records || a.Committed != records || a.Missing+a.Twice+a.Repeated != 0 {
		t.Errorf("acks %+v; want %d", a, records)
	}
	if errorRows == 0 || duplicates == 0 {
		t.Error("the log has no errors or no duplicates, so the test shows nothing")
	}
	if *tot.From != chain.HourOf(noon) || *tot.To <= *tot.From {
		t.Errorf("hours %v to %v", tot.From, tot.To)
	}
}

func TestShardStates(t *testing.T) {
	w := standard(t, 1)
	r := run(t, w.against())
	want := []audit.State{audit.Ended, audit.Ended, audit.Ended, audit.Ended, audit.Open, audit.Open, audit.NotBegun}
	for i, s := range r.Shards {
		if s.Shard != w.shards[i].ID || s.State != want[i] {
			t.Errorf("shard %d is %s %q, want %q", i, s.Shard, s.State, want[i])
		}
		if n := w.committed(w.shards[i]); s.Records != int64(n) || n > 0 && s.Last != w.shards[i].records[n-1].SequenceNumber {
			t.Errorf("%s has %d records up to %s, want %d", s.Shard, s.Records, s.Last, n)
		}
	}
}

func TestNoLogIsNotClean(t *testing.T) {
	w := standard(t, 1)
	for _, other := range []chain.Layout{{Prefix: "event", Generation: 1}, {Prefix: "events", Generation: 2}, {}} {
		o := w.options()
		o.Layout = other
		requireFound(t, run(t, o), finding{audit.Config, other.ConfigKey()})
	}
}

func TestOptionsAreChecked(t *testing.T) {
	w := standard(t, 1)
	for name, change := range map[string]func(*audit.Options){
		"no env":        func(o *audit.Options) { o.Env = nil },
		"no bucket":     func(o *audit.Options) { o.Bucket = nil },
		"concurrency":   func(o *audit.Options) { o.Concurrency = -1 },
		"negative pace": func(o *audit.Options) { o.Pace = -1 },
	} {
		o := w.options()
		change(&o)
		if _, err := audit.Run(t.Context(), o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestProgressEndsAtTotal(t *testing.T) {
	for _, skip := range []bool{false, true} {
		w := standard(t, 1)
		body, metadata := w.object(t, w.links(w.shards[0])[1])
		w.put(t, layout.DataPrefix()+"x", body, metadata)
		w.put(t, layout.ShardPrefix(0, "other")+"1", body, metadata)
		o := w.against()
		o.SkipRows = skip
		var done, total, calls int64
		o.Progress = func(d, n int64) {
			if d <= done && calls > 0 || d > n {
				t.Errorf("progress goes from %d/%d to %d/%d", done, total, d, n)
			}
			done, total, calls = d, n, calls+1
		}
		r := run(t, o)
		if done != total || done < r.Totals.Links {
			t.Errorf("skip rows %v: progress ends at %d of %d", skip, done, total)
		}
	}
}
