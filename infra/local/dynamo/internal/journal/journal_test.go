package journal

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// reopen opens a directory and returns the entries that it finds there.
func reopen(t testing.TB, dir string) (*Journal, []string) {
	t.Helper()
	var entries []string
	j, err := Open(dir, func(entry []byte) error {
		entries = append(entries, string(entry))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return j, entries
}

func appendAll(t testing.TB, j *Journal, entries ...string) {
	t.Helper()
	for _, e := range entries {
		if err := j.Append([]byte(e)); err != nil {
			t.Fatal(err)
		}
	}
}

func closeJournal(t testing.TB, j *Journal) {
	t.Helper()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

func same(t testing.TB, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
}

// entriesOf yields entries for a snapshot.
func entriesOf(entries ...string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, e := range entries {
			if !yield([]byte(e), nil) {
				return
			}
		}
	}
}

func TestEntriesSurvive(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "on", "demand")
	j, found := reopen(t, dir)
	same(t, found)
	big := strings.Repeat("x", 1<<17)
	appendAll(t, j, "one", "", big)
	closeJournal(t, j)

	j, found = reopen(t, dir)
	same(t, found, "one", "", big)
	appendAll(t, j, "four")
	closeJournal(t, j)

	j, found = reopen(t, dir)
	same(t, found, "one", "", big, "four")
	if j.Cut() != 0 {
		t.Errorf("%d bytes were cut off a whole journal", j.Cut())
	}
	closeJournal(t, j)
}

// TestProcessDiesWithoutClose opens a copy of the files as a dead process leaves them: nothing was closed.
func TestProcessDiesWithoutClose(t *testing.T) {
	dir := t.TempDir()
	j, _ := reopen(t, dir)
	appendAll(t, j, "one", "two")
	left := copyDir(t, dir)
	closeJournal(t, j)
	j, found := reopen(t, left)
	same(t, found, "one", "two")
	closeJournal(t, j)
}

func copyDir(t testing.TB, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

// TestTornTail cuts the journal at every byte: what was whole stays, the rest goes, and the journal goes on.
func TestTornTail(t *testing.T) {
	dir := t.TempDir()
	j, _ := reopen(t, dir)
	name := journalName(dir, 0)
	entries := []string{"first", "second", "third"}
	ends := []int64{int64(len(header))}
	for _, e := range entries {
		appendAll(t, j, e)
		ends = append(ends, j.size)
	}
	closeJournal(t, j)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for size := range len(whole) {
		if err := os.WriteFile(name, whole[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		n, complete := slices.BinarySearch(ends, int64(size))
		if complete {
			n++
		}
		n = max(n-1, 0)
		j, found := reopen(t, dir)
		same(t, found, entries[:n]...)
		if wantCut := int64(size) - ends[n]; j.Cut() != max(wantCut, 0) && size >= len(header) {
			t.Fatalf("%d bytes: %d were cut off, want %d", size, j.Cut(), wantCut)
		}
		appendAll(t, j, "more")
		closeJournal(t, j)
		j, found = reopen(t, dir)
		same(t, found, append(slices.Clone(entries[:n]), "more")...)
		closeJournal(t, j)
	}
}

// TestFlippedByte changes every byte of a journal in turn. The last entry may go, as if torn; anything before it is damage
// that is reported, never skipped.
func TestFlippedByte(t *testing.T) {
	dir := t.TempDir()
	j, _ := reopen(t, dir)
	appendAll(t, j, "first", "second")
	last := j.size
	appendAll(t, j, "third")
	closeJournal(t, j)
	name := journalName(dir, 0)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		flipped := bytes.Clone(whole)
		flipped[i] ^= 0x55
		var found []string
		good, err := readEntries(flipped, func(entry []byte) error {
			found = append(found, string(entry))
			return nil
		})
		switch {
		case i >= int(last):
			if err != nil || good != int(last) || !slices.Equal(found, []string{"first", "second"}) {
				t.Fatalf("byte %d: %q, %d, %v", i, found, good, err)
			}
		case err == nil && slices.Contains(found, "third"):
			t.Fatalf("byte %d: an entry was skipped: %q", i, found)
		case err == nil && lengthByte(i):
			// A length that leads beyond the end cannot be told from a torn frame.
		case err == nil:
			t.Fatalf("byte %d: damage was taken for a torn tail: %q", i, found)
		}
	}
}

// lengthByte reports whether offset i is in the length of the first or second entry of TestFlippedByte.
func lengthByte(i int) bool {
	first := len(header)
	second := first + frameHeader + 1 + len("first")
	return i >= first && i < first+4 || i >= second && i < second+4
}

func TestCompact(t *testing.T) {
	dir := t.TempDir()
	j, _ := reopen(t, dir)
	appendAll(t, j, "a", "b", "c")
	if err := j.Compact(entriesOf("a+b+c")); err != nil {
		t.Fatal(err)
	}
	appendAll(t, j, "d")
	if err := j.Compact(entriesOf("a+b+c", "d")); err != nil {
		t.Fatal(err)
	}
	appendAll(t, j, "e")
	closeJournal(t, j)
	files, err := filepath.Glob(filepath.Join(dir, "*-*"))
	if err != nil || len(files) != 2 {
		t.Errorf("old generations are still there: %q, %v", files, err)
	}
	j, found := reopen(t, dir)
	same(t, found, "a+b+c", "d", "e")
	closeJournal(t, j)
}

// TestDiesDuringCompact puts the directory into each state that a compaction passes through.
func TestDiesDuringCompact(t *testing.T) {
	dir := t.TempDir()
	j, _ := reopen(t, dir)
	appendAll(t, j, "a", "b")
	before := copyDir(t, dir)
	if err := j.Compact(entriesOf("a+b")); err != nil {
		t.Fatal(err)
	}
	snapshot, err := os.ReadFile(snapshotName(dir, 1))
	if err != nil {
		t.Fatal(err)
	}
	closeJournal(t, j)

	for state, write := range map[string]func(dir string) error{
		"half a snapshot without its name": func(dir string) error {
			return os.WriteFile(snapshotName(dir, 1)+unnamedSuffix, snapshot[:len(snapshot)/2], 0o600)
		},
		"a snapshot, no journal yet": func(dir string) error { return os.WriteFile(snapshotName(dir, 1), snapshot, 0o600) },
		"a snapshot and a journal without a header": func(dir string) error {
			return errors.Join(os.WriteFile(snapshotName(dir, 1), snapshot, 0o600), os.WriteFile(journalName(dir, 1), nil, 0o600))
		},
	} {
		t.Run(state, func(t *testing.T) {
			dir := copyDir(t, before)
			if err := write(dir); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				j, found := reopen(t, dir)
				if strings.Join(found, "+") != "a+b" {
					t.Fatalf("got %q", found)
				}
				closeJournal(t, j)
			}
			if left, err := filepath.Glob(filepath.Join(dir, "*"+unnamedSuffix)); err != nil || len(left) > 0 {
				t.Errorf("left behind: %q, %v", left, err)
			}
		})
	}
}

func TestDamagedSnapshotIsRefused(t *testing.T) {
	dir := t.TempDir()
	j, _ := reopen(t, dir)
	if err := j.Compact(entriesOf("a", "b")); err != nil {
		t.Fatal(err)
	}
	closeJournal(t, j)
	name := snapshotName(dir, 1)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	damaged := map[string][]byte{"longer": append(bytes.Clone(whole), 0)}
	for size := range len(whole) {
		damaged[fmt.Sprintf("cut at %d", size)] = whole[:size]
		flipped := bytes.Clone(whole)
		flipped[size] ^= 1
		damaged[fmt.Sprintf("flipped at %d", size)] = flipped
	}
	for what, b := range damaged {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if j, err := Open(dir, func([]byte) error { return nil }); err == nil {
			t.Errorf("%s was accepted", what)
			closeJournal(t, j)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	accept := func([]byte) error { return nil }
	t.Run("a directory in use", func(t *testing.T) {
		dir := t.TempDir()
		j, _ := reopen(t, dir)
		if _, err := Open(dir, accept); err == nil || !strings.Contains(err.Error(), "another process uses it") {
			t.Errorf("got %v", err)
		}
		closeJournal(t, j)
		j, _ = reopen(t, dir)
		closeJournal(t, j)
	})
	t.Run("a file that is no journal", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(journalName(dir, 0), []byte("something else altogether"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir, accept); err == nil || !strings.Contains(err.Error(), "not a journal") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a journal without its snapshot", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(journalName(dir, 3), []byte(header), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir, accept); err == nil || !strings.Contains(err.Error(), "generation 3 has no snapshot") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("what replay refuses", func(t *testing.T) {
		dir := t.TempDir()
		j, _ := reopen(t, dir)
		appendAll(t, j, "x")
		closeJournal(t, j)
		cause := errors.New("unknown entry")
		if _, err := Open(dir, func([]byte) error { return cause }); !errors.Is(err, cause) {
			t.Errorf("got %v", err)
		}
		j, found := reopen(t, dir)
		same(t, found, "x")
		closeJournal(t, j)
	})
	t.Run("a directory that cannot be", func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(name, accept); err == nil {
			t.Error("a file was taken for a directory")
		}
	})
}
