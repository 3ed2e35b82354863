package audit_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/streamrec/streamrec/processor/audit"
)

func TestTextBeginsWithTheVerdict(t *testing.T) {
	w := small(t, 51)
	r := run(t, w.against())
	text := describe(r)
	if !strings.HasPrefix(text, "CLEAN: every record up to the end of each chain is in exactly one link.\n") || strings.Contains(text, "Anomalies") {
		t.Errorf("clean:\n%s", text)
	}
	for _, part := range []string{
		"generation 1", "itself, its rows, the checkpoints, the stream, the acknowledgements\n", "9 records (0 repeated lines), 9 committed once",
		"3 links verified byte by byte", w.shards[0].ID + "  ended",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in\n%s", part, text)
		}
	}
	key := w.links(w.shards[0])[1]
	body, metadata := w.object(t, key)
	w.put(t, key+"\x1b[2Jx", body, metadata)
	w.bucket.Delete(layout.ConfigKey())
	o := w.options()
	o.SkipRows = true
	text = describe(run(t, o))
	if !strings.HasPrefix(text, "NOT CLEAN: 2 anomalies.") || strings.Contains(text, "\x1b") {
		t.Errorf("not clean:\n%q", text)
	}
	for _, part := range []string{`foreign (stray)  "events/gen=1/`, `\x1b[2Jx"`, "1 stray object\n", "not with its rows, the checkpoints, the stream, the acknowledgements\n"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in\n%s", part, text)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errThrottled }

func TestTextThatCannotBeWritten(t *testing.T) {
	if err := run(t, small(t, 51).options()).WriteText(full{}); !errors.Is(err, errThrottled) {
		t.Errorf("write: %v", err)
	}
}

func TestReportEncodesToJSON(t *testing.T) {
	w := standard(t, 52)
	o := w.against()
	for _, clean := range []bool{true, false} {
		if !clean {
			w.bucket.Delete(w.links(w.shards[0])[0])
		}
		r := run(t, o)
		encoded, err := json.Marshal(r)
		must(t, err)
		var verdict struct {
			Clean     *bool
			Anomalies []map[string]any
			Totals    map[string]any
		}
		must(t, json.Unmarshal(encoded, &verdict))
		if verdict.Clean == nil || *verdict.Clean != clean || verdict.Anomalies == nil || verdict.Totals["links"] != float64(r.Totals.Links) {
			t.Errorf("clean %v: %s", clean, encoded)
		}
		var back audit.Report
		must(t, json.Unmarshal(encoded, &back))
		if a, b := describe(r), describe(&back); a != b {
			t.Errorf("after a round trip:\n%s\nbefore:\n%s", b, a)
		}
	}
}

// TestAnomaliesAreBounded makes more strays than a report lists.
func TestAnomaliesAreBounded(t *testing.T) {
	w := small(t, 53)
	for i := range 1200 {
		must(t, w.bucket.PutIfAbsent(t.Context(), layout.DataPrefix()+"junk/"+strings.Repeat("x", i+1), nil, nil))
	}
	r := run(t, w.options())
	if len(r.Anomalies) != 1000 || r.Found() != 1200 || r.Kinds[audit.Foreign] != 1200 || r.Totals.Strays != 1200 || r.Clean() {
		t.Errorf("%d listed, %d found, %d strays", len(r.Anomalies), r.Found(), r.Totals.Strays)
	}
	if text := describe(r); !strings.Contains(text, "NOT CLEAN: 1,200 anomalies.") || !strings.Contains(text, "and 200 more, not listed") {
		t.Error("the text does not say how many are not listed")
	}
}
