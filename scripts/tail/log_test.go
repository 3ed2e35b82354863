package tail

import (
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
