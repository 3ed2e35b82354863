package journal

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// faulty is a journal file whose next write stops halfway and, if stuck, whose truncation fails.
type faulty struct {
	file
	fail, stuck bool
}

var errDisk = errors.New("no space left on device")

func (f *faulty) Write(b []byte) (int, error) {
	if !f.fail {
		return f.file.Write(b)
	}
	n, err := f.file.Write(b[:len(b)/2])
	return n, errors.Join(errDisk, err)
}

func (f *faulty) Truncate(size int64) error {
	if f.stuck {
		return errDisk
	}
	return f.file.Truncate(size)
}

func TestFailedAppendLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	j, _ := reopen(t, dir)
	disk := &faulty{file: j.file}
	j.file = disk
	appendAll(t, j, "before")
	disk.fail = true
	if err := j.Append([]byte("lost")); !errors.Is(err, errDisk) {
		t.Fatalf("got %v", err)
	}
	disk.fail = false
	appendAll(t, j, "after")
	closeJournal(t, j)
	j, found := reopen(t, dir)
	same(t, found, "before", "after")
	closeJournal(t, j)
}

func TestJournalInDoubtRefusesAppends(t *testing.T) {
	dir := t.TempDir()
	j, _ := reopen(t, dir)
	disk := &faulty{file: j.file, fail: true, stuck: true}
	j.file = disk
	if err := j.Append([]byte("lost")); !errors.Is(err, errDisk) {
		t.Fatalf("got %v", err)
	}
	disk.fail, disk.stuck = false, false
	if err := j.Append([]byte("refused")); err == nil || !strings.Contains(err.Error(), "in doubt") {
		t.Fatalf("got %v", err)
	}
	closeJournal(t, j)
	j, found := reopen(t, dir)
	same(t, found)
	closeJournal(t, j)
}

func TestFailedCompactKeepsTheJournal(t *testing.T) {
	dir := t.TempDir()
	j, _ := reopen(t, dir)
	appendAll(t, j, "kept")
	cause := errors.New("cannot be encoded")
	j.limit = 0
	err := j.Compact(func(yield func([]byte, error) bool) {
		_ = yield([]byte("kept"), nil) && yield(nil, cause)
	})
	if !errors.Is(err, cause) || j.Due() {
		t.Fatalf("got %v, due again at once: %v", err, j.Due())
	}
	if err := j.Compact(entriesOf(string(bytes.Repeat([]byte("x"), MaxEntry+1)))); err == nil {
		t.Fatal("an entry larger than MaxEntry was written")
	}
	appendAll(t, j, "more")
	closeJournal(t, j)
	j, found := reopen(t, dir)
	same(t, found, "kept", "more")
	closeJournal(t, j)
}

func TestAppendRefusesOversize(t *testing.T) {
	j, _ := reopen(t, t.TempDir())
	if err := j.Append(make([]byte, MaxEntry+1)); err == nil {
		t.Error("an entry larger than MaxEntry was accepted")
	}
	appendAll(t, j, "goes on")
	closeJournal(t, j)
}

func TestDueAfterGrowth(t *testing.T) {
	j, _ := reopen(t, t.TempDir())
	for i := 0; !j.Due(); i++ {
		if i > 2*compactAbove/1024 {
			t.Fatalf("not due after %d KB", i)
		}
		appendAll(t, j, strings.Repeat("x", 1024))
	}
	if j.size <= compactAbove {
		t.Errorf("due at %d bytes", j.size)
	}
	if err := j.Compact(entriesOf("small")); err != nil {
		t.Fatal(err)
	}
	if j.Due() {
		t.Error("due again at once")
	}
	closeJournal(t, j)
}

// FuzzReadEntries reads arbitrary bytes behind a header. Nothing may be invented: writing the entries that were found gives
// the good part again.
func FuzzReadEntries(f *testing.F) {
	whole := appendFrame(appendFrame(nil, kindEntry, []byte("one")), kindEntry, nil)
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add(append(bytes.Clone(whole[:3]), whole...))
	f.Add(appendFrame(nil, kindEnd, []byte("12345678")))
	f.Fuzz(func(t *testing.T, tail []byte) {
		b := append([]byte(header), tail...)
		written := []byte(header)
		good, _ := readEntries(b, func(entry []byte) error {
			written = appendFrame(written, kindEntry, entry)
			return nil
		})
		if !bytes.Equal(b[:good], written) {
			t.Fatalf("good part %q, written %q", b[:good], written)
		}
		_ = readSnapshot(b, func([]byte) error { return nil }) // must not panic
	})
}
