package kinesis

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// written makes a log of several segments on disk and returns it with the paths of these.
func written(t *testing.T) (*trial, []string) {
	t.Helper()
	tr := newTrial(t, 5, t.TempDir())
	for len(tr.log.segments) < 3 || tr.log.active() == nil || tr.log.active().committed.size < testSegmentBytes/2 {
		tr.put()
	}
	paths, err := segmentPaths(tr.log.dir)
	if err != nil || len(paths) < 3 {
		t.Fatalf("%d segments, %v", len(paths), err)
	}
	return tr, paths
}

// count loads the folder and counts its records.
func count(t *testing.T, dir string) (records int, torn *tornTail) {
	t.Helper()
	log, torn, err := loadLog(dir, testSegmentBytes)
	if err != nil {
		t.Fatal(err)
	}
	v := log.view(0)
	if err := v.scan(func(record) bool { records++; return true }); err != nil {
		t.Fatal(err)
	}
	if err := log.seal(); err != nil {
		t.Fatal(err)
	}
	return records, torn
}

// TestTornTail cuts the last segment at many places: the whole records before the cut survive, and only they.
func TestTornTail(t *testing.T) {
	tr, paths := written(t)
	last := paths[len(paths)-1]
	content, err := os.ReadFile(last)
	if err != nil {
		t.Fatal(err)
	}
	total := len(tr.model)
	inLast, ends := 0, map[int]int{0: 0}
	for at := 0; at < len(content); {
		_, size, err := checkFrame(content[at:])
		if err != nil {
			t.Fatal(err)
		}
		at += size
		inLast++
		ends[at] = inLast
	}
	whole := 0
	for cut := 0; cut <= len(content); cut += 23 {
		for end, n := range ends {
			if end <= cut {
				whole = max(whole, n)
			}
		}
		if err := os.WriteFile(last, content[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		records, torn := count(t, tr.log.dir)
		if want := total - inLast + whole; records != want {
			t.Fatalf("cut at %d of %d leaves %d records, want %d", cut, len(content), records, want)
		}
		if _, clean := ends[cut]; clean != (torn == nil) {
			t.Fatalf("cut at %d: torn %+v", cut, torn)
		}
		if again, torn := count(t, tr.log.dir); again != records || torn != nil {
			t.Fatalf("cut at %d: loading again finds %d records, torn %+v", cut, again, torn)
		}
	}
}

// TestDamagedTail: a flipped bit in the last segment ends it there; zeros behind it, which a crash of the machine can leave,
// are cut off.
func TestDamagedTail(t *testing.T) {
	tr, paths := written(t)
	last := paths[len(paths)-1]
	content, err := os.ReadFile(last)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(content)
	flipped[len(flipped)/2] ^= 4
	for name, c := range map[string]struct {
		content []byte
		whole   bool
	}{"flipped": {flipped, false}, "zeros": {append(bytes.Clone(content), make([]byte, 5000)...), true}} {
		if err := os.WriteFile(last, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		records, torn := count(t, tr.log.dir)
		if torn == nil || torn.lost == 0 || (records == len(tr.model)) != c.whole {
			t.Errorf("%s: %d of %d records, torn %+v", name, records, len(tr.model), torn)
		}
	}
}

// TestDamagedSegment: damage anywhere else is refused, with the place.
func TestDamagedSegment(t *testing.T) {
	tr, paths := written(t)
	content, err := os.ReadFile(paths[1])
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{0, len(content) / 2, len(content) - 1} {
		bad := bytes.Clone(content)
		bad[at] ^= 1
		if err := os.WriteFile(paths[1], bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := loadLog(tr.log.dir, testSegmentBytes); err == nil || !strings.Contains(err.Error(), filepath.Base(paths[1])) {
			t.Errorf("damage at %d: %v", at, err)
		}
	}
}

// TestSwappedSegments: a segment under the name of another one is refused, because counters do not increase.
func TestSwappedSegments(t *testing.T) {
	tr, paths := written(t)
	content, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(paths[1], content, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := loadLog(tr.log.dir, testSegmentBytes); err == nil {
		t.Error("loaded")
	}
}

func TestForeignFilesAreLeftAlone(t *testing.T) {
	tr, _ := written(t)
	for _, name := range []string{"notes.txt", "1.frames", "zz.frames", "0000000000000001.frames.bak"} {
		if err := os.WriteFile(filepath.Join(tr.log.dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if records, _ := count(t, tr.log.dir); records != len(tr.model) {
		t.Errorf("%d records, want %d", records, len(tr.model))
	}
}
