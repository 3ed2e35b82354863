package main

import (
	"strings"
	"testing"
)

// TestVerdict plants what must not be, one after the other.
func TestVerdict(t *testing.T) {
	good := func() (f finding) {
		f.Clean = true
		f.Acks = &struct{ Total, Repeated, Committed, Missing, Twice int64 }{Total: 10, Committed: 10}
		return f
	}
	for _, c := range []struct {
		name  string
		plant func(*finding, *report)
		acked int64
		want  string
	}{
		{"nothing", func(*finding, *report) {}, 10, ""},
		{"a lost record", func(f *finding, _ *report) { f.Acks.Missing = 1 }, 10, "1 acknowledged records are lost"},
		{"a doubled record", func(f *finding, _ *report) { f.Acks.Twice = 2 }, 10, "2 acknowledged records more than once"},
		{"a record of the stream that is in no object", func(f *finding, _ *report) { f.Totals.Stream.Lost = 3 }, 10, "3 records of the stream are lost"},
		{"a record that came too late", func(f *finding, _ *report) { f.Totals.Stream.Pending = 1 }, 10, "not committed"},
		{"an audit that finds anything else", func(f *finding, _ *report) { f.Clean = false }, 10, "not clean"},
		{"an audit of another log", func(*finding, *report) {}, 11, "10 acknowledgements of 11"},
		{"a producer that put nothing", func(f *finding, _ *report) { f.Acks.Total = 0 }, 0, "nothing was shown"},
		{"a leak", func(_ *finding, r *report) { r.Trends = []judged{{What: "heap", PerHour: 5}} }, 10, "heap grows"},
		{"a panic", func(_ *finding, r *report) { r.Wrong = []string{"w2 has ended by itself"} }, 10, "by itself"},
	} {
		var r report
		f := good()
		c.plant(&f, &r)
		r.judge(f, c.acked)
		err := r.verdict()
		if (err != nil) != (c.want != "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the verdict is %v, want %q", c.name, err, c.want)
		}
	}
}
