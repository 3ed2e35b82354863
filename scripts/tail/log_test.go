package tail

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
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

func TestRotationByRename(t *testing.T) {
	w := newWorld(t)
	w.write(10)
	w.open()
	w.read(4)
	w.rename()
	w.write(5)
	w.read(all)
	w.check()
	if len(w.log.files) != 2 {
		t.Errorf("%d files are open, want the old one too", len(w.log.files))
	}
	w.now = w.now.Add(time.Minute)
	w.read(all)
	if len(w.log.files) != 1 {
		t.Errorf("%d files are open after the grace", len(w.log.files))
	}
}

func TestLateLinesOfTheOldFile(t *testing.T) {
	w := newWorld(t)
	w.write(3)
	w.open()
	w.read(all)
	old, err := os.OpenFile(w.path, os.O_APPEND|os.O_WRONLY, 0)
	w.must(err)
	defer func() { _ = old.Close() }()
	w.rename()
	w.write(1)
	if got := w.read(all); len(got) != 1 {
		t.Fatalf("%d lines", len(got))
	}
	w.now = w.now.Add(20 * time.Second)
	_, err = old.WriteString("late\nwithout end")
	w.must(err)
	if got := w.read(all); len(got) != 1 || got[0] != "late" {
		t.Fatalf("late lines: %q", got)
	}
	w.now = w.now.Add(29 * time.Second)
	if got := w.read(all); len(got) != 0 {
		t.Fatalf("an unfinished line before its time: %q", got)
	}
	w.now = w.now.Add(2 * time.Second)
	if got := w.read(all); len(got) != 1 || got[0] != "without end" {
		t.Fatalf("the last line of a file that is given up: %q", got)
	}
}

func TestCopytruncate(t *testing.T) {
	for name, after := range map[string]int{"shorter": 1, "as long": 10, "longer": 40} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.write(10)
			w.open()
			w.read(4)
			w.write(3)
			w.copytruncate()
			w.write(after)
			w.read(all)
			w.check()
			if w.log.Lost() > 0 {
				t.Errorf("lost %d: %q", w.log.Lost(), w.notes)
			}
		})
	}
}

func TestTruncationWithoutCopyIsNoted(t *testing.T) {
	w := newWorld(t)
	w.write(10)
	w.open()
	w.read(10)
	w.must(os.Truncate(w.path, 0))
	w.write(2)
	w.read(all)
	w.check()
	if w.log.Lost() != 1 || !strings.Contains(strings.Join(w.notes, "\n"), "was truncated") {
		t.Errorf("lost %d, notes %q", w.log.Lost(), w.notes)
	}
}

// TestRestartsAfterRotations kills the follower before and after several rotations of both kinds.
func TestRestartsAfterRotations(t *testing.T) {
	for name, rotate := range map[string]func(w *world){
		"none":      func(*world) {},
		"rename":    (*world).rename,
		"copy":      (*world).copytruncate,
		"two":       func(w *world) { w.rename(); w.write(4); w.rename() },
		"mixed":     func(w *world) { w.copytruncate(); w.write(4); w.rename(); w.write(2); w.copytruncate() },
		"gzip":      func(w *world) { w.rename(); w.write(3); w.rename(); w.compress(".2") },
		"no writes": func(w *world) { w.rename(); w.rename() },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.write(10)
			w.open()
			w.read(4)
			w.must(w.log.Save())
			w.read(3) // and be killed
			w.kill()
			w.write(2)
			rotate(w)
			w.write(5)
			w.open()
			w.read(all)
			w.check()
			if n := w.seen[w.ids[5]]; n != 2 {
				t.Errorf("a line that was not saved comes %d times", n)
			}
			if n := w.seen[w.ids[2]]; n != 1 || w.log.Lost() > 0 {
				t.Errorf("a line that was saved comes %d times, %d lost", n, w.log.Lost())
			}
		})
	}
}

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

// histories is how many random ones there are.
const histories = 60

// TestRandomHistories does random things in a random order, with the same end: every line, in order, under one id.
func TestRandomHistories(t *testing.T) {
	for seed := range uint64(histories) {
		w := newWorld(t)
		w.opts.MaxLine = 4096
		rng := rand.New(rand.NewPCG(seed, 1))
		var done []string
		w.open()
		for range 60 {
			step := rng.IntN(12)
			done = append(done, fmt.Sprint(step))
			switch step {
			case 0, 1, 2:
				w.write(rng.IntN(30))
			case 3, 4, 5:
				w.read(rng.IntN(40))
			case 6:
				w.must(w.log.Save())
			case 7:
				w.kill()
				w.open()
			case 8:
				if exists(w.path) {
					w.rename()
				}
			case 9:
				if exists(w.path) {
					w.copytruncate()
				}
			case 10:
				w.now = w.now.Add(time.Duration(rng.IntN(60)) * time.Second)
			case 11:
				w.read(all)
				w.must(w.log.Save())
			}
			if len(files(w)) > 7 {
				break
			}
		}
		w.read(all)
		func() {
			defer func() {
				if t.Failed() {
					t.Logf("seed %d: %s", seed, strings.Join(done, " "))
				}
			}()
			w.check()
		}()
		if w.log.Lost() > 0 && !slices.ContainsFunc(w.notes, func(n string) bool { return strings.Contains(n, "truncated") }) {
			t.Fatalf("seed %d: lost %d, %q", seed, w.log.Lost(), w.notes)
		}
		w.kill()
	}
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

func files(w *world) []string {
	names, _ := filepath.Glob(w.path + "*")
	return names
}

func TestPartialLongAndStrangeLines(t *testing.T) {
	w := newWorld(t)
	w.opts.MaxLine = 100
	w.append("one\r\n\n" + strings.Repeat("L", 700_000) + "\nnot UTF-8: \xff\xfe\nhalf")
	w.open()
	got := w.read(all)
	if len(got) != 4 || got[0] != "one" || got[1] != "" || got[2] != tooLong || got[3] != "not UTF-8: \xff\xfe" {
		t.Fatalf("%d lines: %.200q", len(got), got)
	}
	w.must(w.log.Save())
	w.kill()
	w.append(" a line\n" + strings.Repeat("m", 100) + "\n" + strings.Repeat("n", 101) + "\n")
	w.open()
	got = w.read(all)
	if len(got) != 3 || got[0] != "half a line" || got[1] == tooLong || got[2] != tooLong {
		t.Fatalf("%.200q", got)
	}
}

func TestLogThatComesAndGoes(t *testing.T) {
	w := newWorld(t)
	w.open()
	if got := w.read(all); len(got) != 0 || !strings.Contains(w.notes[0], "waiting for") {
		t.Fatalf("%q, notes %q", got, w.notes)
	}
	w.write(3)
	w.read(2)
	w.must(os.Remove(w.path))
	w.read(all)
	w.must(os.Mkdir(w.path, 0o700))
	w.read(all)
	w.must(os.Remove(w.path))
	w.write(2)
	w.read(all)
	w.check()
	if n := len(w.notes); n < 4 || n > 6 {
		t.Errorf("notes %q", w.notes)
	}
}

func TestMistakes(t *testing.T) {
	w := newWorld(t)
	w.must(os.Mkdir(w.path, 0o700))
	if _, err := Open(Options{Path: w.path, Position: w.path + ".p"}); err == nil {
		t.Error("a directory is followed")
	}
	w.must(os.Remove(w.path))
	w.open()
	if _, err := Open(Options{Path: w.path, Position: w.path + ".position"}); !errors.Is(err, ErrLocked) {
		t.Errorf("two followers: %v", err)
	}
	w.kill()
	for _, text := range []string{"", "{", `{"version":99}`, `{"version":1,"files":[{"offset":-1}]}`} {
		w.must(os.WriteFile(w.path+".position", []byte(text), 0o600))
		if _, err := Open(Options{Path: w.path, Position: w.path + ".position"}); err == nil {
			t.Errorf("%q is a position", text)
		}
	}
}

func TestFromEnd(t *testing.T) {
	w := newWorld(t)
	w.opts.FromEnd = true
	w.append("old\nhalf")
	w.open()
	w.append(" new\nnewer\n")
	if got := w.read(all); len(got) != 2 || got[0] != "half new" {
		t.Errorf("%q", got)
	}
}

func TestSaltStays(t *testing.T) {
	w := newWorld(t)
	w.open()
	salt := w.log.Salt()
	w.kill()
	if w.open(); w.log.Salt() != salt || len(salt) != 32 {
		t.Errorf("salt %q, then %q", salt, w.log.Salt())
	}
}

func BenchmarkNext(b *testing.B) {
	path := filepath.Join(b.TempDir(), "access.log")
	line := strings.Repeat("x", 199) + "\n"
	if err := os.WriteFile(path, []byte(strings.Repeat(line, 200_000)), 0o600); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(200)
	for n := 0; n < b.N; {
		b.StopTimer()
		l, err := Open(Options{Path: path, Position: fmt.Sprintf("%s.p%d", path, n)})
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		for ; n < b.N; n++ {
			line, ok := l.Next()
			if !ok {
				break
			}
			l.Done(line.Ref)
		}
		b.StopTimer()
		_ = l.Close()
		b.StartTimer()
	}
}
