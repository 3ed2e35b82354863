package tail

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// world is a log with its writer, and a follower that may be killed.
type world struct {
	t     *testing.T
	path  string
	now   time.Time
	notes []string
	log   *Log
	opts  Options
	lines int      // written so far
	ids   []string // of the lines in the order in which they were read first
	texts map[string]string
	seen  map[string]int
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, path: filepath.Join(t.TempDir(), "access.log"), now: time.Now(), texts: map[string]string{}, seen: map[string]int{}}
	t.Cleanup(func() { w.kill() })
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) open() {
	w.t.Helper()
	o := w.opts
	o.Path, o.Position = w.path, w.path+".position"
	o.Now, o.Note = func() time.Time { return w.now }, func(f string, args ...any) { w.notes = append(w.notes, fmt.Sprintf(f, args...)) }
	var err error
	w.log, err = Open(o)
	w.must(err)
}

// kill lets go of everything without saving.
func (w *world) kill() {
	if w.log != nil {
		_ = w.log.Close()
		w.log = nil
	}
}

// write appends lines. Each write has a time of its own, as in a file system with fine times.
func (w *world) write(n int) {
	w.t.Helper()
	f, err := os.OpenFile(w.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	w.must(err)
	for range n {
		w.lines++
		_, err := fmt.Fprintf(f, "line %d %s\n", w.lines, strings.Repeat("x", w.lines%97))
		w.must(err)
	}
	w.must(f.Close())
}

func (w *world) append(text string) {
	w.t.Helper()
	f, err := os.OpenFile(w.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	w.must(err)
	_, err = f.WriteString(text)
	w.must(err)
	w.must(f.Close())
}

// rename rotates like logrotate does by default.
func (w *world) rename() {
	w.t.Helper()
	for i := 8; i > 0; i-- {
		if err := os.Rename(fmt.Sprintf("%s.%d", w.path, i), fmt.Sprintf("%s.%d", w.path, i+1)); err != nil && !errors.Is(err, os.ErrNotExist) {
			w.t.Fatal(err)
		}
	}
	w.must(os.Rename(w.path, w.path+".1"))
	w.append("")
}

// copytruncate rotates like logrotate does with that option.
func (w *world) copytruncate() {
	w.t.Helper()
	for i := 8; i > 0; i-- {
		_ = os.Rename(fmt.Sprintf("%s.%d", w.path, i), fmt.Sprintf("%s.%d", w.path, i+1))
	}
	text, err := os.ReadFile(w.path)
	w.must(err)
	w.must(os.WriteFile(w.path+".1", text, 0o600))
	w.must(os.Truncate(w.path, 0))
}

// read takes up to n lines, and says that they are done.
func (w *world) read(n int) (got []string) {
	w.t.Helper()
	for len(got) < n {
		line, ok := w.log.Next()
		if !ok {
			w.log.Poll()
			if line, ok = w.log.Next(); !ok {
				return got
			}
		}
		text := string(line.Text)
		if before, ok := w.texts[line.ID]; ok && before != text {
			w.t.Fatalf("id %s is that of %q and of %q", line.ID, before, text)
		}
		if w.texts[line.ID] = text; w.seen[line.ID] == 0 {
			w.ids = append(w.ids, line.ID)
		}
		w.seen[line.ID]++
		w.log.Done(line.Ref)
		if line.TooLong {
			text = tooLong
		}
		got = append(got, text)
	}
	return got
}

// check compares everything that was read with what was written: each line, with one id, in order.
func (w *world) check() {
	w.t.Helper()
	var numbers []int
	for _, id := range w.ids {
		var n int
		if _, err := fmt.Sscanf(w.texts[id], "line %d", &n); err != nil {
			w.t.Fatalf("%q is no line", w.texts[id])
		}
		numbers = append(numbers, n)
	}
	for i, n := range numbers {
		if n != i+1 {
			w.t.Fatalf("line %d is read as number %d of %d; %d were written; notes %q", n, i+1, len(numbers), w.lines, w.notes)
		}
	}
	if len(numbers) != w.lines {
		w.t.Fatalf("%d lines are read, %d were written; notes %q", len(numbers), w.lines, w.notes)
	}
}

// tooLong stands for lines that are.
const tooLong = "TOO LONG"

const all = 1 << 30

func (w *world) compress(suffix string) {
	w.t.Helper()
	info, err := os.Stat(w.path + suffix)
	w.must(err)
	text, err := os.ReadFile(w.path + suffix)
	w.must(err)
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err = z.Write(text)
	w.must(err)
	w.must(z.Close())
	w.must(os.WriteFile(w.path+suffix+".gz", b.Bytes(), 0o600))
	w.must(os.Chtimes(w.path+suffix+".gz", info.ModTime(), info.ModTime()))
	w.must(os.Remove(w.path + suffix))
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

func files(w *world) []string {
	names, _ := filepath.Glob(w.path + "*")
	return names
}
