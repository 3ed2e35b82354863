package eventfile

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/streamrec/streamrec/processor/event"
)

// read collects everything a reader yields: events, and errors by their text.
func read(t *testing.T, r *Reader) (events []Event, problems []string) {
	t.Helper()
	for e, err := range r.Events() {
		if err != nil {
			problems = append(problems, err.Error())
			continue
		}
		events = append(events, e)
	}
	return events, problems
}

func readString(t *testing.T, content string, o Options) (events []Event, problems []string) {
	t.Helper()
	r, err := NewReader(strings.NewReader(content), o)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, r)
}

func zipped(t *testing.T, content string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const (
	csvHeader = "ts_ms,session,event,item"
	csvRow    = "1609462276000,304938,view,4101564"
	jsonLine  = `{"session_id":"304938","browse_history":[{"product_code":"4101564","quantity":"1","in_shopping_cart":false}]}`
)

func TestDetectFormat(t *testing.T) {
	csvFile, jsonFile := csvHeader+"\n"+csvRow+"\n", jsonLine+"\n"
	tests := []struct {
		name, content string
		asked         Format
		want          Format
	}{
		{"csv", csvFile, "", CSV},
		{"json", jsonFile, "", JSON},
		{"auto is the same", jsonFile, Auto, JSON},
		{"csv as asked", csvFile, CSV, CSV},
		{"json as asked", jsonFile, JSON, JSON},
		{"byte order mark", "\ufeff" + csvFile, "", CSV},
		{"line ends of Windows", strings.ReplaceAll(csvFile, "\n", "\r\n"), "", CSV},
		{"blank lines first", "\n \t\n" + jsonFile, "", JSON},
		{"columns in another order", "item,event,price,session,ts_ms\n4101564,view,,304938,1609462276000", "", CSV},
		{"quoted header", `"ts_ms","session","event","item"` + "\n" + csvRow, "", CSV},
		{"no line break at the end", jsonLine, "", JSON},
	}
	for _, tt := range tests {
		for _, zip := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/gzip=%v", tt.name, zip), func(t *testing.T) {
				content := tt.content
				if zip {
					content = zipped(t, content)
				}
				// A source that gives single bytes must make no difference.
				r, err := NewReader(iotest.OneByteReader(strings.NewReader(content)), Options{Format: tt.asked})
				if err != nil {
					t.Fatal(err)
				}
				if r.Format() != tt.want {
					t.Errorf("format %s, want %s", r.Format(), tt.want)
				}
				events, problems := read(t, r)
				if len(events) != 1 || len(problems) > 0 {
					t.Fatalf("%d events, problems %q", len(events), problems)
				}
				if e := events[0]; e.Session != "304938" || e.Item != "4101564" || e.Type != event.View {
					t.Errorf("event %+v", e)
				}
			})
		}
	}
}

func TestEmptyFile(t *testing.T) {
	for _, content := range []string{"", "\n\n", "\ufeff", zipped(t, "")} {
		for _, format := range []Format{Auto, JSON, CSV} {
			r, err := NewReader(strings.NewReader(content), Options{Format: format})
			if err != nil {
				t.Errorf("%q as %s: %v", content, format, err)
				continue
			}
			if events, problems := read(t, r); len(events)+len(problems) > 0 {
				t.Errorf("%q as %s: %d events, problems %q", content, format, len(events), problems)
			}
		}
	}
}

// endless gives one line without end, up to a limit far beyond what may be held in memory.
func TestOpen(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "clicks.csv.gz")
	content := zipped(t, csvHeader+"\n"+csvRow+"\n")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Open(path, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	events, problems := read(t, r)
	if len(events) != 1 || len(problems) > 0 {
		t.Fatalf("%d events, problems %q", len(events), problems)
	}
	if !strings.Contains(string(events[0].Payload), `"event_id":"clicks.csv.gz:2"`) {
		t.Errorf("payload %s, want an event id of file and line", events[0].Payload)
	}
	if done, size := r.Progress(); done != int64(len(content)) || size != done {
		t.Errorf("progress %d of %d, want %d", done, size, len(content))
	}
	if err := errors.Join(r.Close(), r.Close()); err != nil {
		t.Errorf("close: %v", err)
	}

	r, err = Open("-", strings.NewReader(csvHeader+"\n"+csvRow), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, size := r.Progress(); size != -1 {
		t.Errorf("size of stdin %d, want -1", size)
	}
	if events, _ = read(t, r); len(events) != 1 || !strings.Contains(string(events[0].Payload), `"stdin:2"`) {
		t.Errorf("events %+v, want one of stdin", events)
	}

	if _, err = Open(filepath.Join(dir, "missing"), nil, Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if err := os.WriteFile(path, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err = Open(path, nil, Options{}); !errors.Is(err, errFormat) || !strings.Contains(err.Error(), path) {
		t.Errorf("file of no format: %v", err)
	}
}

func TestEventTimeOfJSONLines(t *testing.T) {
	want := time.Date(2021, 1, 1, 0, 51, 16, 250e6, time.UTC)
	tests := []struct {
		value string
		want  time.Time
	}{
		{`"2021-01-01T00:51:16.25Z"`, want},
		{`"2021-01-01T01:51:16.25+01:00"`, want},
		{`1609462276250`, want},
		{`"1609462276250"`, want},
		{`1609462276.25`, want},
		{`1.60946227625e12`, want},
		{`"1970-01-01T00:00:00Z"`, time.Unix(0, 0)},
		{`null`, time.Time{}},
		{`"yesterday"`, time.Time{}}, // the decoder keeps it as an extra field
		{`{"at":1}`, time.Time{}},
	}
	for _, tt := range tests {
		events, problems := readString(t, `{"session_id":"s","Event_Time":1,"event_time":`+tt.value+`}`, Options{})
		if len(problems) > 0 || !events[0].Time.Equal(tt.want) {
			t.Errorf("%s: %+v, problems %q; want %v", tt.value, events, problems, tt.want)
		}
	}
}

func TestStepsOfJSONLine(t *testing.T) {
	line := ` {"session_id":7,"browse_history":[
		{"product_code":"a","in_shopping_cart":"1","category":"tea","brand":"Acme"},{"quantity":1},
		{"product_code":12,"event":"purchase"}]} `
	line = strings.ReplaceAll(line, "\n", "")
	events, problems := readString(t, line, Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	e := events[0]
	want := []Step{{Item: "a", Type: event.Cart, Category: "tea", Brand: "Acme"}, {Item: "12", Type: event.Purchase}}
	if !slices.Equal(e.Steps, want) || e.Item != "12" || e.Type != event.Purchase || e.Session != "7" {
		t.Errorf("event %+v, want steps %+v", e, want)
	}
	if string(e.Payload) != strings.TrimSpace(line) {
		t.Errorf("payload %s, want the line", e.Payload)
	}
}

func TestEventsKeepNothingOfTheReader(t *testing.T) {
	var content strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&content, `{"session_id":"s%d","browse_history":[{"product_code":"p%d"}]}`+"\n", i, i)
	}
	events, _ := readString(t, content.String(), Options{})
	for i, e := range events {
		want := fmt.Sprintf(`{"session_id":"s%d","browse_history":[{"product_code":"p%d"}]}`, i, i)
		if string(e.Payload) != want || e.Session != fmt.Sprint("s", i) || e.Item != fmt.Sprint("p", i) {
			t.Fatalf("event %d became %+v", i, e)
		}
	}
}

func TestBreakEndsReading(t *testing.T) {
	r, err := NewReader(strings.NewReader(strings.Repeat(jsonLine+"\n", 10)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for range r.Events() {
		if count++; count == 3 {
			break
		}
	}
	if r.lines.number != 3 {
		t.Errorf("%d lines were read, want 3", r.lines.number)
	}
}

func TestParseFormat(t *testing.T) {
	for _, name := range []string{"auto", "json", "csv"} {
		if f, err := ParseFormat(name); err != nil || string(f) != name {
			t.Errorf("ParseFormat(%q) = %q, %v", name, f, err)
		}
	}
	if _, err := ParseFormat("xml"); err == nil {
		t.Error("xml is a format")
	}
}
