package kinesis

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestLogAgreesWithModel(t *testing.T) {
	for _, persistent := range []bool{false, true} {
		for seed := range uint64(12) {
			t.Run(fmt.Sprintf("persistent=%v/%d", persistent, seed), func(t *testing.T) {
				t.Parallel()
				dir := ""
				if persistent {
					dir = t.TempDir()
				}
				tr := newTrial(t, seed, dir)
				for range 150 {
					tr.put()
					tr.compare()
					tr.compareSeek()
					switch n := tr.r.IntN(12); {
					case n < 2:
						tr.trim()
						tr.compare()
						tr.compareSeek()
					case n == 2:
						tr.dropExpired()
						tr.compare()
						tr.compareSeek()
					case n == 3 && persistent:
						tr.reload()
					}
				}
				if err := tr.log.remove(); err != nil {
					t.Fatal(err)
				}
				if last, ok := tr.log.last(); ok {
					t.Errorf("a removed log ends at %d", last)
				}
			})
		}
	}
}

// TestDropExpiredKeepsWhatIsYoung: the cheap trimming drops whole segments only, and none that has a young record.
func TestDropExpiredKeepsWhatIsYoung(t *testing.T) {
	tr := newTrial(t, 1, t.TempDir())
	for range 200 {
		tr.put()
	}
	cutoff := tr.model[len(tr.model)/2].arrival
	before := len(tr.log.segments)
	if err := tr.log.dropExpired(cutoff); err != nil {
		t.Fatal(err)
	}
	left := tr.model.from(tr.log.head)
	if len(tr.log.segments) >= before || len(left) < len(tr.model.trimmed(cutoff)) {
		t.Errorf("%d of %d segments left, %d records, want at least %d", len(tr.log.segments), before, len(left), len(tr.model.trimmed(cutoff)))
	}
	paths, err := segmentPaths(tr.log.dir)
	if err != nil || len(paths) != len(tr.log.segments) {
		t.Errorf("%d files for %d segments, %v", len(paths), len(tr.log.segments), err)
	}
}

// TestFailedCommitLeavesNoTrace breaks the file under a log: the batch is gone, earlier records stay, and the log says so
// until it is loaded anew.
func TestFailedCommitLeavesNoTrace(t *testing.T) {
	tr := newTrial(t, 2, t.TempDir())
	tr.put()
	if err := tr.log.active().file.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		tr.log.stage(record{counter: tr.counter + 1, key: []byte("k"), data: []byte("lost")})
		if _, err := tr.log.commit(); !errors.Is(err, errTornSegment) {
			t.Fatalf("commit: %v", err)
		}
		tr.compare()
	}
	log, torn, err := loadLog(tr.log.dir, testSegmentBytes)
	if err != nil || torn != nil {
		t.Fatalf("load: %v, %v", torn, err)
	}
	tr.log = log
	tr.put()
	tr.compare()
}

// fullDisk is a file on a disk that is full: a part of what is written arrives.
type fullDisk struct{ appendFile }

func (f fullDisk) Write(data []byte) (int, error) {
	n, err := f.appendFile.Write(data[:len(data)/2])
	return n, errors.Join(err, errFull)
}

var errFull = errors.New("no space left on device")

// TestFullDiskIsRecoveredFrom: a write that was cut short is taken back, and the log goes on when there is room.
func TestFullDiskIsRecoveredFrom(t *testing.T) {
	tr := newTrial(t, 6, t.TempDir())
	for range 30 {
		tr.put()
		s := tr.log.active()
		if s == nil || s.committed.size >= testSegmentBytes {
			continue // the next record begins another segment
		}
		file := s.file
		s.file = fullDisk{file}
		for range 3 {
			tr.log.stage(record{counter: tr.counter + 1, arrival: tr.now, key: []byte("k"), data: make([]byte, 5_000)})
		}
		if _, err := tr.log.commit(); !errors.Is(err, errFull) || errors.Is(err, errTornSegment) {
			t.Fatalf("commit: %v", err)
		}
		s.file = file
		tr.compare()
	}
	tr.reload()
	tr.compare()
}

// TestFailedFirstCommit: no segment is left of a log whose first file cannot be made.
func TestFailedFirstCommit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shard")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tr := newTrial(t, 3, dir)
	tr.log.stage(record{counter: 1, key: []byte("k")})
	if _, err := tr.log.commit(); err == nil || len(tr.log.segments) != 0 || tr.log.dirty {
		t.Fatalf("commit: %v with %d segments", err, len(tr.log.segments))
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	tr.put()
	tr.compare()
}

// TestTrimmedWhileReading: a view of files that are trimmed says so, and never returns something else.
func TestTrimmedWhileReading(t *testing.T) {
	tr := newTrial(t, 4, t.TempDir())
	for range 50 {
		tr.put()
	}
	v := tr.log.view(0)
	if err := tr.log.trim(tr.now + 1_000); err != nil {
		t.Fatal(err)
	}
	if err := v.scan(func(record) bool { return true }); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("scan: %v", err)
	}
}
