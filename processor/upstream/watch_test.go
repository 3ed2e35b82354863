package upstream

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/table"
)

var start = time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)

func row(at time.Time, err string) *table.Row {
	r := &table.Row{ArrivalTime: at}
	if err != "" {
		r.Error = &err
	}
	return r
}

func TestNewFieldsAreThoseThatComeLater(t *testing.T) {
	var told []string
	w := New(func(field string) { told = append(told, field) })
	w.Saw("streamrec", start, []string{"referrer"})
	w.Saw("streamrec", start.Add(9*time.Minute), []string{"campaign"})
	w.Saw("streamrec", start.Add(11*time.Minute), []string{"referrer", "colour"})
	w.Saw("streamrec", start.Add(12*time.Minute), []string{"colour", "jo@example.com", "k-1234567"})
	if !slices.Equal(told, []string{"colour"}) {
		t.Errorf("told of %q", told)
	}
	fields := w.Report().Fields
	if len(fields) != 4 || fields[0].Name != "colour" || !fields[0].New || fields[0].Rows != 2 || fields[1].New {
		t.Errorf("fields %+v", fields)
	}
	if i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == OtherNames }); i < 0 || fields[i].Rows != 2 {
		t.Errorf("names that may be personal data are not counted as others: %+v", fields)
	}
	if n := w.Totals().NewNames; n != 1 {
		t.Errorf("%d new names", n)
	}
	w.Saw("streamrec", start.Add(36*time.Hour), nil)
	if w.Report().Fields[0].New {
		t.Error("a field of yesterday is still new")
	}
}

func TestNamesAreBounded(t *testing.T) {
	w := New(nil)
	for i := range 10_000 {
		w.Saw("streamrec", start, []string{fmt.Sprintf("f%c%c%c", 'a'+i%26, 'a'+i/26%26, 'a'+i/676)})
	}
	if n := w.Totals().Names; n != maxNames+1 {
		t.Errorf("%d names are kept", n)
	}
	if n := len(w.Report().Fields); n != namesListed {
		t.Errorf("%d names are listed", n)
	}
}

func TestReportTellsOfTenMinutes(t *testing.T) {
	w := New(nil)
	for i := range 20 {
		at := start.Add(time.Duration(i) * time.Minute)
		w.Processed("s", row(at, ""))
		w.Saw("segment", at, []string{"x"})
		w.Processed("s", row(at, "invalid_json: no value at byte 0"))
	}
	w.Processed("s", row(start, "too_deep: x")) // a straggler
	r := w.Report()
	if r.Rows != 20 || r.Unknown != 10 || r.Failures["invalid_json"] != 10 || r.Formats["segment"] != 10 || len(r.Failures) != 1 {
		t.Errorf("%+v", r)
	}
	if total := w.Totals(); total.Failures["invalid_json"] != 20 || total.Failures["too_deep"] != 1 || total.Formats["segment"] != 20 || total.Unknown != 20 {
		t.Errorf("%+v", total)
	}
}

func TestSilence(t *testing.T) {
	w := New(nil)
	if silence, usual := w.Silence("s", 1, start); silence != 0 || usual != -1 {
		t.Errorf("before the first row: %v, %v", silence, usual)
	}
	for i := range 40 * 60 {
		w.Processed("s", row(start.Add(time.Duration(i)*time.Second/2), ""))
	}
	end := start.Add(20*time.Minute - time.Second/2)
	if w.Heard("nobody's") || !w.Heard("s") {
		t.Error("it is not told whether anything has arrived")
	}
	silence, usual := w.Silence("s", 1, end.Add(time.Hour))
	if silence != time.Hour || math.Abs(usual-2) > 0.01 {
		t.Errorf("silence %v, usually %v", silence, usual)
	}
	if silence, _ := w.Silence("s", 3, end.Add(2*time.Hour)); silence != 0 || w.Heard("s") { // it was somebody else's meanwhile
		t.Errorf("a new term begins with a silence of %v", silence)
	}
	w.Processed("s", row(end.Add(10*time.Hour), ""))
	w.Processed("s", row(end.Add(10*time.Hour+time.Minute), ""))
	if _, usual := w.Silence("s", 3, end.Add(11*time.Hour)); usual > 0.1 {
		t.Errorf("after ten quiet hours %v rows a second are usual", usual)
	}
	w.Forget(func(shard string) bool { return shard == "s" })
	if silence, usual := w.Silence("s", 3, start); silence != 0 || usual != -1 {
		t.Errorf("a forgotten shard: %v, %v", silence, usual)
	}
}

func BenchmarkWatch(b *testing.B) {
	w, r := New(nil), row(start, "")
	unknown := []string{"referrer", "campaign"}
	b.ReportAllocs()
	for b.Loop() {
		w.Saw("streamrec", start, unknown)
		w.Processed("s", r)
	}
}
