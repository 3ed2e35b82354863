package kinesis

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// part is a stretch of frames of one segment as it was at some moment; the bytes in it never change afterwards, so that it
// is read without a lock.
type part struct {
	data       []byte // frames of the whole segment; nil when they are in the file
	path       string
	start, end int // offsets of the first frame and behind the last one
}

// Reads of a file begin small, since most look for one record, and grow to readAhead.
const (
	firstRead = 16 << 10
	readAhead = 256 << 10
)

// scan calls visit with the records of the part until that returns false. Records are valid during the call only.
// The error is os.ErrNotExist when the segment was trimmed in the meantime.
func (p part) scan(visit func(record) bool) error {
	if p.data == nil {
		return p.scanFile(visit)
	}
	for at := p.start; at < p.end; {
		r, size, err := readFrame(p.data[at:p.end])
		if err != nil {
			return fmt.Errorf("read segment at offset %d: %w", at, err)
		}
		if !visit(r) {
			return nil
		}
		at += size
	}
	return nil
}

func (p part) scanFile(visit func(record) bool) (err error) {
	file, err := os.Open(p.path)
	if err != nil {
		return fmt.Errorf("open segment: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	var window []byte
	for at, want := p.start, firstRead; at < p.end; want = min(4*want, readAhead) {
		if window, err = refill(file, window, want, at, p.end); err != nil {
			return fmt.Errorf("read segment at offset %d: %w", at, err)
		}
		used, more, err := visitFrames(window, visit)
		if err != nil {
			return fmt.Errorf("read segment at offset %d: %w", at+used, err)
		}
		if !more {
			return nil
		}
		at, window = at+used, window[:copy(window, window[used:])]
	}
	return nil
}

// refill extends the window, which holds the bytes of the file from offset at on, to the wanted size, but at least to one
// whole frame and at most to the end.
func refill(file io.ReaderAt, window []byte, want, at, end int) ([]byte, error) {
	for {
		want = min(want, end-at)
		have := len(window)
		if want > have {
			window = append(window, make([]byte, want-have)...)
			if _, err := file.ReadAt(window[have:], int64(at+have)); err != nil {
				return nil, err
			}
		}
		size, err := frameSize(window)
		if err != nil {
			return nil, err
		}
		if size <= len(window) {
			return window, nil
		}
		if at+size > end {
			return nil, errFrameShort
		}
		want = size
	}
}

// visitFrames visits the whole frames of a window; more is false when the visitor has enough.
func visitFrames(window []byte, visit func(record) bool) (used int, more bool, err error) {
	for used < len(window) {
		r, size, err := checkFrame(window[used:])
		if errors.Is(err, errFrameShort) {
			return used, true, nil
		}
		if err != nil {
			return used, false, err
		}
		if !visit(r) {
			return used, false, nil
		}
		used += size
	}
	return used, true, nil
}
