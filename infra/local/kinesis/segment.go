package kinesis

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"sort"
)

// segment is a run of frames in put order. While it grows its frames are in memory, and in a file too when the service
// persists; once sealed, a segment with a file gives up the memory.
type segment struct {
	first        uint64 // counter of the first record
	firstArrival int64
	maxBefore    int64 // largest arrival of all earlier records of the log
	marks        []mark

	committed tail   // what readers see
	staged    tail   // the same with the records that are not committed yet
	data      []byte // frames; nil when only the file has them
	path      string // empty in memory
	file      appendFile
}

// appendFile is what a growing segment needs of its *os.File.
type appendFile interface {
	io.WriteCloser
	Truncate(size int64) error
	Sync() error
}

// tail is where a segment ends.
type tail struct {
	size       int
	marks      int
	last       uint64 // counter of the last record
	maxArrival int64  // largest arrival of this and all earlier records of the log
}

// mark is an entry of the sparse index: a frame that begins at offset.
type mark struct {
	offset    int
	counter   uint64
	maxBefore int64 // largest arrival of all records before the frame
}

// markSpacing is the distance of marks in bytes: the most that a search scans, and 24 bytes of memory each.
const markSpacing = 4 << 10

// noArrival is smaller than any arrival.
const noArrival = math.MinInt64

// newSegment begins a segment in memory.
func newSegment(first record, maxBefore int64, capacity int) *segment {
	start := tail{maxArrival: maxBefore}
	return &segment{
		first: first.counter, firstArrival: first.arrival, maxBefore: maxBefore,
		committed: start, staged: start, data: make([]byte, 0, capacity),
	}
}

// createFile makes the segment persistent.
func (s *segment) createFile(dir string) error {
	if err := makeDir(dir); err != nil {
		return fmt.Errorf("make log folder: %w", err)
	}
	path := filepath.Join(dir, segmentName(s.first))
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("create segment: %w", err)
	}
	s.path, s.file = path, file
	return nil
}

func segmentName(first uint64) string { return fmt.Sprintf("%016x%s", first, segmentSuffix) }

const segmentSuffix = ".frames"

// stage appends a record behind the committed ones.
func (s *segment) stage(r record) {
	s.note(r, frameFixed+r.bytes())
	s.data = appendFrame(s.data, r)
}

// note extends the index by a record whose frame has this size.
func (s *segment) note(r record, size int) {
	t := &s.staged
	if t.marks == 0 || t.size-s.marks[t.marks-1].offset >= markSpacing {
		s.marks = append(s.marks[:t.marks], mark{offset: t.size, counter: r.counter, maxBefore: t.maxArrival})
		t.marks++
	}
	t.size += size
	t.last = r.counter
	t.maxArrival = max(t.maxArrival, r.arrival)
}

// commit makes the staged records visible, having written them to the file if there is one. When that fails they are gone;
// errTornSegment is in the error if the file could not be cut back.
func (s *segment) commit() error {
	if s.file == nil {
		s.committed = s.staged
		return nil
	}
	if _, err := s.file.Write(s.data[s.committed.size:s.staged.size]); err != nil {
		s.rollback()
		if cut := s.file.Truncate(int64(s.committed.size)); cut != nil {
			err = errors.Join(err, errTornSegment, cut)
		}
		return fmt.Errorf("write segment: %w", err)
	}
	s.committed = s.staged
	return nil
}

// rollback forgets the staged records.
func (s *segment) rollback() { s.data, s.staged = s.data[:s.committed.size], s.committed }

var errTornSegment = errors.New("a failed write could not be taken back")

// seal ends a segment with a file: everything is synchronised to disk, file and memory are let go.
func (s *segment) seal() error {
	if s.file == nil {
		return nil
	}
	err := errors.Join(s.file.Sync(), s.file.Close(), syncDir(filepath.Dir(s.path)))
	s.file, s.data = nil, nil
	if err != nil {
		return fmt.Errorf("seal segment: %w", err)
	}
	return nil
}

// remove deletes the segment.
func (s *segment) remove() error {
	if s.file != nil {
		if err := s.file.Close(); err != nil {
			return fmt.Errorf("close segment: %w", err)
		}
		s.file = nil
	}
	if s.path == "" {
		return nil
	}
	if err := os.Remove(s.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove segment: %w", err)
	}
	return nil
}

// from is the part of the segment that begins at a mark.
func (s *segment) from(m mark) part {
	return part{data: s.data, path: s.path, start: m.offset, end: s.committed.size}
}

// markAtCounter is the last mark whose frame is not behind the counter.
func (s *segment) markAtCounter(counter uint64) mark {
	marks := s.marks[:s.committed.marks]
	behind := sort.Search(len(marks), func(i int) bool { return marks[i].counter > counter })
	return marks[max(behind-1, 0)]
}

// markAtArrival is the last mark before which all arrivals are earlier.
func (s *segment) markAtArrival(arrival int64) mark {
	marks := s.marks[:s.committed.marks]
	behind := sort.Search(len(marks), func(i int) bool { return marks[i].maxBefore >= arrival })
	return marks[max(behind-1, 0)]
}
