package eventfile

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/streamrec/streamrec/processor/event"
)

func TestRefusedFiles(t *testing.T) {
	tests := []struct {
		name, content string
		format        Format
		want          string
	}{
		{"neither", "hello\n", "", errFormat.Error()},
		{"an array", "[{}]\n", "", errFormat.Error()},
		{"another header", "time,user\n", "", errFormat.Error()},
		{"no columns", "time,user\n", CSV, "line 1: the CSV header has no column ts_ms\nthe CSV header has no column session\nthe CSV header has no column event\nthe CSV header has no column item"},
		{"column twice", csvHeader + ",price,price\n", "", "line 1: the CSV header names column price twice"},
		{"column without name", csvHeader + ",,price\n", "", "line 1: column 5 of the CSV header has no name"},
		{"column of the record", csvHeader + ",session_id\n", "", "line 1: the CSV header names a column session_id, which the record uses itself"},
		{"open quotation mark", `ts_ms,"session` + "\n", CSV, "line 1: " + errQuote.Error()},
		{"damaged gzip header", "\x1f\x8b\x09\x00", "", "read gzip header: unexpected EOF"},
		{"first line too long", strings.Repeat("x", maxLine+1), "", "line 1: longer than 10 MiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := NewReader(strings.NewReader(tt.content), Options{Format: tt.format})
			if err == nil || err.Error() != tt.want {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestMalformedLines(t *testing.T) {
	content := strings.Join([]string{
		csvHeader + ",price",
		csvRow + ",1.50",
		"yesterday,s,view,i,1",
		"-1,s,view,i,1",
		"253402300800000,s,view,i,1",
		"1,s,click,i,1",
		"1,,view,i,1",
		"1,s,view,,1",
		"1,s,view,i",
		"1,s,view,i,1,2",
		`1,"s,view,i,1`,
		`1,s"s,view,i,1`,
		"1,\xff,view,i,1",
		"1," + strings.Repeat("å", 257) + ",view,i,1",
		"",
		"1," + strings.Repeat("å", 256) + ",cart,i,",
	}, "\n")
	want := []string{
		"line 3: " + errBadTime.Error(),
		"line 4: " + errBadTime.Error(),
		"line 5: " + errBadTime.Error(),
		"line 6: " + errBadType.Error(),
		"line 7: " + errNoSession.Error(),
		"line 8: " + errNoItem.Error(),
		"line 9: 4 fields where the header has 5",
		"line 10: 6 fields where the header has 5",
		"line 11: " + errQuote.Error(),
		"line 12: " + errQuote.Error(),
		"line 13: " + errNotUnicode.Error(),
		"line 14: " + errLongKey.Error(),
	}
	r, err := NewReader(strings.NewReader(content), Options{OnMalformed: Skip})
	if err != nil {
		t.Fatal(err)
	}
	events, problems := read(t, r)
	if !slices.Equal(problems, want) {
		t.Errorf("problems\n%s\nwant\n%s", strings.Join(problems, "\n"), strings.Join(want, "\n"))
	}
	if len(events) != 2 || events[0].Line != 2 || events[1].Line != 16 {
		t.Errorf("%d events, want those of the lines 2 and 16", len(events))
	}
	if r.Malformed() != int64(len(want)) {
		t.Errorf("%d lines counted as malformed, want %d", r.Malformed(), len(want))
	}

	events, problems = readString(t, content, Options{OnMalformed: Stop})
	if len(events) != 1 || !slices.Equal(problems, want[:1]) {
		t.Errorf("with Stop: %d events, problems %q; want 1 and the first", len(events), problems)
	}
}

func TestMalformedJSONLines(t *testing.T) {
	content := strings.Join([]string{
		jsonLine,
		`{"session_id":"s"`,
		`["session_id"]`,
		`{"browse_history":[]}`,
		`{"session_id":""}`,
		`{"session_id":"s","browse_history":{}}`,
		`{"session_id":"` + strings.Repeat("x", 257) + `"}`,
		"{\"session_id\":\"\xff\"}",
		`{"session_id":"t"}`,
	}, "\n")
	r, err := NewReader(strings.NewReader(content), Options{OnMalformed: Skip})
	if err != nil {
		t.Fatal(err)
	}
	events, problems := read(t, r)
	if len(events) != 2 || events[1].Line != 9 || events[1].Item != "" || len(events[1].Steps) != 0 {
		t.Errorf("events %+v, want those of the lines 1 and 9, the latter without steps", events)
	}
	if len(problems) != 7 {
		t.Fatalf("problems %q, want 7", problems)
	}
	for i, class := range []event.Class{event.InvalidJSON, "not a JSON object", event.NoSession, event.NoSession, event.BadHistory, "the session has more", event.InvalidUTF8} {
		if want := fmt.Sprintf("line %d: %s", i+2, class); !strings.HasPrefix(problems[i], want) {
			t.Errorf("problem %q, want %q", problems[i], want)
		}
	}
}

func TestLongLines(t *testing.T) {
	line := func(bytes int) string {
		return `{"session_id":"s","x":"` + strings.Repeat("y", bytes-len(`{"session_id":"s","x":""}`)-1) + "\"}\n"
	}
	tests := []struct {
		name    string
		content string
		events  []int64 // lines
		bad     []string
	}{
		{"longest", line(maxLine) + line(50), []int64{1, 2}, nil},
		{"one byte too long", line(100) + line(maxLine+1) + line(50), []int64{1, 3}, []string{"line 2: longer than 10 MiB"}},
		{"far too long, at the end", line(100) + strings.TrimSpace(line(3*maxLine)), []int64{1}, []string{"line 2: longer than 10 MiB"}},
		{"longer than the buffer", line(bufferSize) + line(bufferSize+1) + line(2*bufferSize) + line(30), []int64{1, 2, 3, 4}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			events, problems := readString(t, tt.content, Options{OnMalformed: Skip, Format: JSON})
			var got []int64
			for _, e := range events {
				got = append(got, e.Line)
			}
			if !slices.Equal(got, tt.events) || !slices.Equal(problems, tt.bad) {
				t.Errorf("events of lines %v, problems %q; want %v, %q", got, problems, tt.events, tt.bad)
			}
		})
	}
}

type endless struct{ left int }

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), e.left)
	for i := range p[:n] {
		p[i] = 'x'
	}
	e.left -= n
	return n, nil
}

func TestMemoryIsBoundedByTheLongestLine(t *testing.T) {
	src := io.MultiReader(strings.NewReader(jsonLine+"\n"), &endless{left: 1 << 30}, strings.NewReader("\n"+jsonLine))
	r, err := NewReader(src, Options{OnMalformed: Skip})
	if err != nil {
		t.Fatal(err)
	}
	events, problems := read(t, r)
	if len(events) != 2 || len(problems) != 1 {
		t.Errorf("%d events, problems %q", len(events), problems)
	}
	if held := cap(r.lines.long); held > 2*maxLine {
		t.Errorf("%d bytes are held after a line of 1 GiB", held)
	}
}

func TestDamagedSource(t *testing.T) {
	many := csvHeader + "\n" + strings.Repeat(csvRow+"\n", 50_000)
	packed := zipped(t, many)
	broken := errors.New("disk on fire")
	tests := []struct {
		name string
		src  io.Reader
		want error
	}{
		{"cut gzip", strings.NewReader(packed[:len(packed)/2]), io.ErrUnexpectedEOF},
		{"failing disk", io.MultiReader(strings.NewReader(many), iotest.ErrReader(broken)), broken},
		{"failing within a long line", io.MultiReader(strings.NewReader(many), &endless{left: maxLine + 1}, iotest.ErrReader(broken)), broken},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := NewReader(tt.src, Options{OnMalformed: Skip})
			if err != nil {
				t.Fatal(err)
			}
			var last error
			count := 0
			for _, err := range r.Events() {
				if last != nil {
					t.Fatalf("something comes after %v", last)
				}
				last = err
				count++
			}
			if !errors.Is(last, tt.want) || !strings.HasPrefix(last.Error(), "read line ") {
				t.Errorf("last error %v after %d lines, want %v with a line", last, count, tt.want)
			}
			if _, ok := errors.AsType[*LineError](last); ok {
				t.Error("a failing source is no malformed line")
			}
		})
	}
}
