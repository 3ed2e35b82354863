package kinesis

import (
	"errors"
	"fmt"
	"math"
	"os"
	"sort"
)

// shardLog holds the records of one shard in put order. It is not safe for concurrent use: its stream's lock guards it.
// Only a view may be read without the lock.
type shardLog struct {
	dir          string // folder of the segment files; empty in memory
	segmentBytes int
	segments     []*segment
	head         uint64 // records with a smaller counter are trimmed
	oldest       int64  // arrival of the oldest record; math.MaxInt64 when there is none
	dirty        bool   // records are staged
	broken       error  // set when a file could not be brought back to a known state
}

// defaultSegmentBytes is how large a segment grows: the unit in which files are deleted, and what a shard that is written to
// keeps in memory when the service persists.
const defaultSegmentBytes = 4 << 20

func newLog(dir string, segmentBytes int) *shardLog {
	return &shardLog{dir: dir, segmentBytes: segmentBytes, oldest: math.MaxInt64}
}

// active is the segment that grows, or nil.
func (l *shardLog) active() *segment {
	if len(l.segments) == 0 {
		return nil
	}
	if last := l.segments[len(l.segments)-1]; last.data != nil {
		return last
	}
	return nil
}

// stage appends a record that commit makes visible. Counters must increase.
func (l *shardLog) stage(r record) {
	l.dirty = true
	s := l.active()
	if s == nil || s.committed.size >= l.segmentBytes {
		s = l.begin(r)
	}
	s.stage(r)
}

// batchRoom is what a segment has room for beyond its size, as the batch that fills it does not end there.
const batchRoom = 256 << 10

// begin adds a segment. A log that filled a segment once is likely to do it again.
func (l *shardLog) begin(first record) *segment {
	maxBefore, capacity := int64(noArrival), 0
	if n := len(l.segments); n > 0 {
		maxBefore, capacity = l.segments[n-1].committed.maxArrival, l.segmentBytes+batchRoom
	}
	s := newSegment(first, maxBefore, capacity)
	l.segments = append(l.segments, s)
	return s
}

// commit makes the staged records visible; on an error they are gone. A full segment is sealed, a failure of which loses
// nothing unless the machine crashes; it is returned as a warning.
func (l *shardLog) commit() (warning, err error) {
	s := l.active()
	l.dirty = false
	if err := l.store(s); err != nil {
		if errors.Is(err, errTornSegment) {
			l.broken = err
		}
		if s.committed.size == 0 {
			err = errors.Join(err, l.dropLast())
		}
		return nil, err
	}
	if l.oldest == math.MaxInt64 {
		l.oldest, l.head = s.firstArrival, s.first
	}
	if s.committed.size >= l.segmentBytes {
		warning = s.seal()
	}
	return warning, nil
}

func (l *shardLog) store(s *segment) error {
	if l.broken != nil {
		s.rollback()
		return l.broken
	}
	if l.dir != "" && s.path == "" {
		if err := s.createFile(l.dir); err != nil {
			s.rollback()
			return err
		}
	}
	return s.commit()
}

// dropLast removes a segment whose first commit failed.
func (l *shardLog) dropLast() error {
	last := len(l.segments) - 1
	err := l.segments[last].remove()
	l.segments = l.segments[:last]
	return err
}

// last is the counter of the newest record; ok is false when the log never had one or all are trimmed.
func (l *shardLog) last() (counter uint64, ok bool) {
	if len(l.segments) == 0 {
		return 0, false
	}
	return l.segments[len(l.segments)-1].committed.last, true
}

// seek finds the first record that arrived at the time or later. Arrivals need not increase: the record found is the first
// in put order. It is within markSpacing of where the search begins; and when the search begins among trimmed records, which
// are all older than the oldest one left, that one is the answer.
func (l *shardLog) seek(arrival int64) (found record, ok bool, err error) {
	if len(l.segments) == 0 {
		return record{}, false, nil
	}
	behind := sort.Search(len(l.segments), func(i int) bool { return l.segments[i].maxBefore >= arrival })
	s := l.segments[max(behind-1, 0)]
	err = s.from(s.markAtArrival(arrival)).scan(func(r record) bool {
		if r.arrival >= arrival && r.counter >= l.head {
			found, ok = record{counter: r.counter, arrival: r.arrival}, true
		}
		return !ok
	})
	return found, ok, err
}

// trim drops the records that arrived before the cutoff, as far as no younger record precedes them.
func (l *shardLog) trim(cutoff int64) error {
	if l.oldest >= cutoff {
		return nil
	}
	if err := l.dropExpired(cutoff); err != nil {
		return err
	}
	oldest, ok, err := l.seek(cutoff)
	if err != nil {
		return fmt.Errorf("trim log: %w", err)
	}
	if !ok {
		return l.clear()
	}
	l.head, l.oldest = oldest.counter, oldest.arrival
	return nil
}

// dropExpired is the part of trim that needs no reading: it drops whole segments.
func (l *shardLog) dropExpired(cutoff int64) error {
	for len(l.segments) > 1 && l.segments[1].maxBefore < cutoff {
		if err := l.segments[0].remove(); err != nil {
			return err
		}
		l.segments = l.segments[1:]
		l.head, l.oldest = max(l.head, l.segments[0].first), l.segments[0].firstArrival
	}
	return nil
}

// clear drops all records.
func (l *shardLog) clear() error {
	for len(l.segments) > 0 {
		if err := l.segments[0].remove(); err != nil {
			return err
		}
		l.segments = l.segments[1:]
	}
	l.oldest = math.MaxInt64
	return nil
}

// seal ends the log: nothing more is put into the shard.
func (l *shardLog) seal() error {
	if s := l.active(); s != nil {
		return s.seal()
	}
	return nil
}

// remove deletes the log with its folder.
func (l *shardLog) remove() error {
	if err := l.clear(); err != nil || l.dir == "" {
		return err
	}
	if err := os.RemoveAll(l.dir); err != nil {
		return fmt.Errorf("remove log: %w", err)
	}
	return nil
}
