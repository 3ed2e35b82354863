package eventfile

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/streamrec/streamrec/processor/event"
)

// Format is how a file writes its events.
type Format string

// The formats. Auto looks at the first line.
const (
	Auto Format = "auto"
	JSON Format = "json"
	CSV  Format = "csv"
)

// ParseFormat is the format of this name. The error lists the names.
func ParseFormat(name string) (Format, error) {
	switch f := Format(name); f {
	case Auto, JSON, CSV:
		return f, nil
	default:
		return "", fmt.Errorf("format %q is not one of auto, json, csv", name)
	}
}

// Policy says what a malformed line does to the reading.
type Policy bool

// The policies.
const (
	Stop Policy = false // the malformed line is the last thing yielded
	Skip Policy = true  // reading goes on with the next line
)

// Options say how a file is read. The zero value finds the format out and stops at a malformed line.
type Options struct {
	// Format defaults to Auto.
	Format Format
	// Source begins the event ids of CSV rows. Defaults to the base name of the file, or to stdin.
	Source string
	// OnMalformed is Stop or Skip.
	OnMalformed Policy
	// Foreign reads JSON lines that are not in the native format; nil reads none. It belongs to the Reader.
	Foreign event.Foreign
}

// parser makes an event of one line that is not blank. It sets neither Line nor newest.
type parser interface {
	parse(line []byte, number int64) (Event, error)
}

// Reader reads one file. It is not safe for concurrent use, except for Progress.
type Reader struct {
	opts      Options
	lines     *lines
	parser    parser
	malformed int64
	size      int64
	consumed  atomic.Int64
	closers   []io.Closer
}

// Open reads the named file, or stdin when path is "-". Errors: those of opening, and of the first line when its format is
// not known; both name the file.
func Open(path string, stdin io.Reader, o Options) (*Reader, error) {
	if path == "-" {
		o.Source = cmp.Or(o.Source, "stdin")
		return newReader(stdin, -1, o)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open event file: %w", err)
	}
	o.Source = cmp.Or(o.Source, filepath.Base(path))
	r, err := newReader(f, fileSize(f), o)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read event file %s: %w", path, err), f.Close())
	}
	r.closers = append(r.closers, f)
	return r, nil
}

// NewReader reads from src, whose format is looked up at once. The caller closes src.
func NewReader(src io.Reader, o Options) (*Reader, error) { return newReader(src, -1, o) }

// fileSize is the size of a regular file, else -1.
func fileSize(f *os.File) int64 {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return -1
	}
	return info.Size()
}

func newReader(src io.Reader, size int64, o Options) (*Reader, error) {
	r := &Reader{opts: o, size: size}
	plain, err := r.inflate(bufio.NewReaderSize(counted{src, &r.consumed}, bufferSize))
	if err != nil {
		return nil, err
	}
	r.lines = newLines(plain)
	if r.parser, err = r.detect(); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// Format is the one found, JSON or CSV; Auto for an empty file.
func (r *Reader) Format() Format {
	switch r.parser.(type) {
	case *jsonParser:
		return JSON
	case *csvParser:
		return CSV
	default:
		return Auto
	}
}

// Events yields the events in the order of the file. A malformed line is yielded as *LineError; any other error is one of
// reading, and the last thing yielded. It can be called once.
func (r *Reader) Events() iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for r.parser != nil {
			line, err := r.lines.next()
			if errors.Is(err, io.EOF) {
				return
			}
			var e Event
			if err == nil {
				e, err = r.parse(line)
			}
			if !yield(e, err) || !r.goOn(err) {
				return
			}
		}
	}
}

// parse makes an event of a line.
func (r *Reader) parse(line []byte) (Event, error) {
	e, err := r.parser.parse(line, r.lines.number)
	if err != nil {
		return Event{}, &LineError{Line: r.lines.number, Err: err}
	}
	e.Line = r.lines.number
	e.newest()
	return e, nil
}

// goOn counts malformed lines and decides whether reading ends.
func (r *Reader) goOn(err error) bool {
	if err == nil {
		return true
	}
	if _, ok := errors.AsType[*LineError](err); !ok {
		return false
	}
	r.malformed++
	return r.opts.OnMalformed == Skip
}

// Skips tells whether reading goes on after a malformed line.
func (r *Reader) Skips() bool { return r.opts.OnMalformed == Skip }

// Malformed counts the malformed lines so far.
func (r *Reader) Malformed() int64 { return r.malformed }

// Progress tells how many bytes of the file were read, before inflating, and its size, -1 when unknown.
func (r *Reader) Progress() (read, size int64) { return r.consumed.Load(), r.size }

// Close closes the file that Open opened.
func (r *Reader) Close() error {
	var errs []error
	for _, c := range r.closers {
		errs = append(errs, c.Close())
	}
	r.closers = nil
	return errors.Join(errs...)
}
