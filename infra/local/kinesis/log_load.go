package kinesis

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// tornTail tells that the end of a shard's last segment was cut off because it was not written completely.
type tornTail struct {
	path string
	lost int64 // bytes
}

// loadLog reads the log of a shard from its folder, verifying every record. A damaged frame in the last segment is taken for
// the end of an interrupted write, and is cut off with everything behind it. Damage in a sealed segment is an error.
func loadLog(dir string, segmentBytes int) (l *shardLog, torn *tornTail, err error) {
	l = newLog(dir, segmentBytes)
	paths, err := segmentPaths(dir)
	if err != nil {
		return nil, nil, err
	}
	for i, path := range paths {
		if torn, err = l.load(path, i == len(paths)-1); err != nil {
			return nil, nil, err
		}
	}
	if len(l.segments) > 0 {
		l.head, l.oldest = l.segments[0].first, l.segments[0].firstArrival
	}
	return l, torn, nil
}

// segmentPaths lists the segments of a folder in put order.
func segmentPaths(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil // made with the first record
	}
	if err != nil {
		return nil, fmt.Errorf("list segments: %w", err)
	}
	var paths []string
	for _, entry := range entries {
		if isSegment(entry) {
			paths = append(paths, filepath.Join(dir, entry.Name()))
		}
	}
	slices.Sort(paths) // names are zero-padded counters
	return paths, nil
}

func isSegment(entry fs.DirEntry) bool {
	counter, found := strings.CutSuffix(entry.Name(), segmentSuffix)
	if !found || !entry.Type().IsRegular() {
		return false
	}
	first, err := strconv.ParseUint(counter, 16, 64)
	return err == nil && segmentName(first) == entry.Name()
}

// load adds the segment of a file. The last one stays in memory and is written on.
func (l *shardLog) load(path string, last bool) (*tornTail, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read segment: %w", err)
	}
	s, err := l.index(data)
	if err != nil && !last {
		return nil, fmt.Errorf("segment %s is damaged at offset %d: %w", path, s.staged.size, err)
	}
	s.path, s.committed = path, s.staged
	if !last {
		l.segments = append(l.segments, s)
		return nil, nil
	}
	torn := cutOff(path, data, s)
	if err := l.reopen(s, data); err != nil {
		return nil, err
	}
	return torn, nil
}

// index reads the frames of a segment until the first that is not right.
func (l *shardLog) index(data []byte) (*segment, error) {
	maxBefore, after := int64(noArrival), uint64(0)
	if n := len(l.segments); n > 0 {
		maxBefore, after = l.segments[n-1].committed.maxArrival, l.segments[n-1].committed.last
	}
	s := newSegment(record{}, maxBefore, 0)
	for s.data = nil; s.staged.size < len(data); {
		r, size, err := checkFrame(data[s.staged.size:])
		if err == nil && r.counter <= after {
			err = errOrder
		}
		if err != nil {
			return s, err
		}
		if s.staged.size == 0 {
			s.first, s.firstArrival = r.counter, r.arrival
		}
		s.note(r, size)
		after = r.counter
	}
	return s, nil
}

var errOrder = errors.New("counter does not increase")

func cutOff(path string, data []byte, s *segment) *tornTail {
	lost := int64(len(data) - s.staged.size)
	if lost == 0 {
		return nil
	}
	return &tornTail{path: path, lost: lost}
}

// reopen makes the last segment the active one, or removes it when nothing in it is whole.
func (l *shardLog) reopen(s *segment, data []byte) error {
	if s.committed.size == 0 {
		return s.remove()
	}
	file, err := os.OpenFile(s.path, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("reopen segment: %w", err)
	}
	if err := file.Truncate(int64(s.committed.size)); err != nil {
		return errors.Join(fmt.Errorf("cut off torn tail: %w", err), file.Close())
	}
	s.file, s.data = file, data[:s.committed.size]
	l.segments = append(l.segments, s)
	return nil
}
