package tail

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
)

// file is one file of the log, from when it is opened until its last line is done.
type file struct {
	content
	plain  *os.File // nil when it is compressed
	closer io.Closer
	info   fs.FileInfo // when it was opened

	head    []byte // its first line, once it is known
	offset  int64  // of the first byte that is not in a line yet
	buffer  []byte // what was read from there on
	scanned int    // how much of buffer has no line end
	before  []byte // what stands before offset
	long    bool   // the line at offset is too long; buffer holds none of it
	ahead   int64  // how much of it has been passed over

	rotated bool
	grew    time.Time
	gone    bool // nothing more can be read of it
	settled settled
}

const chunk = 256 << 10

// openFile opens a file of the log, which may be compressed. A directory or a device is none.
func openFile(path string) (*file, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file")
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if strings.HasSuffix(path, ".gz") {
		return &file{content: &inflated{file: f}, closer: f, info: info}, nil
	}
	return &file{content: f, plain: f, closer: f, info: info}, nil
}

// inflated reads a compressed file from the front; going back begins anew.
type inflated struct {
	file *os.File
	z    *gzip.Reader
	at   int64
}

// ReadAt implements content.
func (c *inflated) ReadAt(p []byte, off int64) (int, error) {
	if c.z == nil || off < c.at {
		if _, err := c.file.Seek(0, io.SeekStart); err != nil {
			return 0, err
		}
		z, err := gzip.NewReader(c.file)
		if err != nil {
			return 0, err
		}
		c.z, c.at = z, 0
	}
	n, err := io.CopyN(io.Discard, c.z, off-c.at)
	c.at += n
	if err != nil {
		return 0, err
	}
	read, err := io.ReadFull(c.z, p)
	c.at += int64(read)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return read, err
}

// begin sets where reading begins, behind a line end.
func (f *file) begin(offset int64) {
	f.offset, f.settled.safe = offset, offset
	f.head = headOf(f)
	f.before = make([]byte, min(offset, maxTail))
	n, _ := f.ReadAt(f.before, offset-int64(len(f.before)))
	f.before = f.before[:n]
}

// mark is how the file is recognised at an offset.
func (f *file) mark(offset int64) mark {
	m := mark{head: f.head, start: offset}
	if offset == f.offset {
		m.tail = f.before
		return m
	}
	b := make([]byte, min(offset, maxTail))
	if n, _ := f.ReadAt(b, offset-int64(len(b))); n == len(b) {
		m.tail = b
	}
	return m
}

// intact reports whether the file still is what has been read of it so far.
func (f *file) intact() bool {
	if f.plain == nil {
		return true
	}
	m := mark{head: f.head, tail: f.before, start: f.offset}
	if !m.fits(f) {
		return false
	}
	info, err := f.plain.Stat()
	return err == nil && info.Size() >= f.offset+f.ahead+int64(len(f.buffer))
}

// fill reads on. It reports whether there was more, and whether the file is another one now.
func (f *file) fill(now time.Time) (more, another bool) {
	at := f.offset + f.ahead + int64(len(f.buffer))
	start := len(f.buffer)
	f.buffer = slices.Grow(f.buffer, chunk)
	n, err := f.ReadAt(f.buffer[start:start+chunk], at)
	if !f.intact() {
		return false, true
	}
	f.buffer = f.buffer[:start+n]
	if n > 0 {
		f.grew = now
	}
	if n == 0 && err != nil && !errors.Is(err, io.EOF) {
		f.gone = true // a damaged disk or archive
	}
	return n > 0, false
}

// cut takes the next line out of the buffer. all takes what is left as a line, too.
func (f *file) cut(maxLine int, all bool) (text []byte, start int64, long, ok bool) {
	end := bytes.IndexByte(f.buffer[f.scanned:], '\n')
	switch {
	case end >= 0:
		end += f.scanned + 1
	case all && len(f.buffer)+int(f.ahead) > 0:
		end = len(f.buffer)
	default:
		if f.scanned = len(f.buffer); f.scanned > maxLine {
			f.long, f.ahead = true, f.ahead+int64(f.scanned)
			f.buffer, f.scanned = f.buffer[:0], 0
		}
		return nil, 0, false, false
	}
	line := f.buffer[:end]
	start, long = f.offset, f.long || len(line) > maxLine+1
	f.remember(line)
	f.offset += f.ahead + int64(end)
	f.buffer, f.scanned, f.ahead, f.long = f.buffer[end:], 0, 0, false
	return line, start, long, true
}

// remember keeps what stands before the next offset. Of a line that is too long its end is read again.
func (f *file) remember(line []byte) {
	switch {
	case f.ahead > 0:
		end := f.offset + f.ahead + int64(len(line))
		before := make([]byte, min(end, maxTail))
		n, _ := f.ReadAt(before, end-int64(len(before)))
		f.before = before[:n]
	case len(line) >= maxTail:
		f.before = line[len(line)-maxTail:]
	default:
		f.before = append(slices.Clone(f.before[max(0, len(f.before)+len(line)-maxTail):]), line...)
	}
}

// size is -1 when it is not known.
func (f *file) size() int64 {
	if f.plain == nil || f.gone {
		return -1
	}
	info, err := f.plain.Stat()
	if err != nil {
		return -1
	}
	return info.Size()
}

func (f *file) close() {
	if f.closer != nil {
		_ = f.closer.Close() // it was only read
		f.closer = nil
	}
	f.gone = true
}
