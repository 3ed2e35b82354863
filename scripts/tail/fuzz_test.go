package tail

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// FuzzPosition opens a log with a position file that anybody may have written, and reads it. It is refused, or each line that is read is one of the log,
// as it is or from somewhere on, comes once, and reading goes on behind it after the position has been saved.
func FuzzPosition(f *testing.F) {
	log := "first line\nsecond\n\nfourth line\n"
	for _, p := range []position{
		{Version: positionVersion, Salt: "00"},
		{Version: positionVersion, Salt: "00", Files: []savedFile{{Head: []byte("first line\n"), Tail: []byte("first line\n"), Offset: 11, Log: true}}, Done: []string{"x"}},
		{Version: positionVersion, Files: []savedFile{{Head: []byte("first line\n"), Offset: 1 << 40, Log: true}, {Head: []byte("old\n"), Offset: 4, AtEnd: true}}},
		{Version: positionVersion, Files: []savedFile{{Head: []byte("old line\n"), Offset: -1}, {Head: []byte("first line\n"), Log: true}}},
	} {
		text, err := json.Marshal(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"version":1,"files":[{"head":"Zmlyc3QgbGluZQo=","tail":"","offset":-9223372036854775808}]}`))
	f.Add([]byte(`null`))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		o := Options{Path: filepath.Join(dir, "access.log"), Position: filepath.Join(dir, "position"), Note: func(string, ...any) {}}
		for path, content := range map[string]string{o.Path: log, o.Path + ".1": "old line\nolder\n", o.Position: string(text)} {
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		seen := map[string]bool{}
		for n := range 2 { // the second time with the position of the first
			lines, err := readAll(o)
			if err != nil {
				if n > 0 || !strings.Contains(err.Error(), "remove it") {
					t.Fatalf("%q: time %d: %v", text, n, err)
				}
				return
			}
			for _, line := range lines {
				if !bytes.Contains([]byte("\nold line\nolder\n"+log), []byte(line.text+"\n")) {
					t.Fatalf("%q: %q is no line", text, line.text)
				}
				if seen[line.id] {
					t.Fatalf("%q: %q comes again", text, line.text)
				}
				seen[line.id] = true
			}
		}
	})
}

type readLine struct{ id, text string }

// readAll reads what there is of a log, and saves the position.
func readAll(o Options) (lines []readLine, err error) {
	l, err := Open(o)
	if err != nil {
		return nil, err
	}
	defer func() { _ = l.Close() }()
	for range 2 {
		for line, ok := l.Next(); ok; line, ok = l.Next() {
			lines = append(lines, readLine{line.ID, string(line.Text)})
			l.Done(line.Ref)
		}
		l.opts.Now = func() time.Time { return time.Now().Add(time.Hour) } // what was rotated has no more to come
		l.Poll()
	}
	return lines, l.Save()
}
