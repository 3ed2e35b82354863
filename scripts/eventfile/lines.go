package eventfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
)

const (
	bufferSize = 64 << 10
	maxLine    = 10 << 20 // the largest record that a stream can take
)

// errLineTooLong is what is wrong with a line of more than maxLine bytes.
var errLineTooLong = errors.New("longer than 10 MiB")

// lines reads lines of bounded length.
type lines struct {
	src    *bufio.Reader
	number int64  // of the line that next returned last
	long   []byte // room for a line that does not fit into the reader's buffer
	peeked []byte // a line to return again
	again  bool
}

func newLines(src *bufio.Reader) *lines { return &lines{src: src} }

// next returns the next line that is not blank, without its end and the spaces around it. The line is valid until the
// next call. Errors: io.EOF, *LineError for a line that is too long, or one of reading, which names the line.
func (l *lines) next() ([]byte, error) {
	if l.again {
		l.again = false
		return l.peeked, nil
	}
	for {
		line, err := l.read()
		if err != nil {
			return nil, err
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return line, nil
		}
	}
}

// unread makes next return the line again that it returned last.
func (l *lines) unread(line []byte) { l.peeked, l.again = line, true }

// read returns the next line with its end.
func (l *lines) read() ([]byte, error) {
	l.number++
	line, err := l.src.ReadSlice('\n')
	if err == nil {
		return line, nil
	}
	l.long = append(l.long[:0], line...)
	for errors.Is(err, bufio.ErrBufferFull) {
		line, err = l.src.ReadSlice('\n')
		if len(l.long)+len(line) > maxLine {
			return nil, l.skip(err)
		}
		l.long = append(l.long, line...)
	}
	return l.end(err)
}

// end judges what ended a line other than a full buffer.
func (l *lines) end(err error) ([]byte, error) {
	switch {
	case err == nil:
		return l.long, nil
	case errors.Is(err, io.EOF) && len(l.long) > 0:
		return l.long, nil // the last line needs no line break
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	default:
		return nil, fmt.Errorf("read line %d: %w", l.number, err)
	}
}

// skip passes over the rest of a line that is too long.
func (l *lines) skip(err error) error {
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = l.src.ReadSlice('\n')
	}
	if err != nil && err != io.EOF {
		return fmt.Errorf("read line %d: %w", l.number, err)
	}
	return &LineError{Line: l.number, Err: errLineTooLong}
}

// counted counts the bytes that pass.
type counted struct {
	io.Reader
	n *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}
