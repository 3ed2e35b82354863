package eventfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
)

var (
	gzipMagic = []byte{0x1f, 0x8b}
	bom       = []byte("\ufeff")
)

// errFormat is what is wrong with a file of neither format.
var errFormat = errors.New("line 1 is neither a JSON object nor a CSV header with the columns ts_ms, session, event, item")

// inflate looks for gzip, and passes a byte order mark over.
func (r *Reader) inflate(src *bufio.Reader) (*bufio.Reader, error) {
	if magic, err := src.Peek(len(gzipMagic)); err == nil && bytes.Equal(magic, gzipMagic) {
		z, err := gzip.NewReader(src)
		if err != nil {
			return nil, fmt.Errorf("read gzip header: %w", err)
		}
		r.closers = append(r.closers, z)
		src = bufio.NewReaderSize(z, bufferSize)
	}
	if mark, err := src.Peek(len(bom)); err == nil && bytes.Equal(mark, bom) {
		if _, err := src.Discard(len(bom)); err != nil {
			return nil, fmt.Errorf("pass byte order mark: %w", err)
		}
	}
	return src, nil
}

// detect makes the parser of the file's format. It is nil for an empty file.
func (r *Reader) detect() (parser, error) {
	if r.opts.Format == JSON {
		return newJSONParser(r.opts.Foreign), nil
	}
	line, err := r.lines.next()
	switch {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, err
	case r.opts.Format == CSV:
		return newCSVParser(line, r.opts.Source)
	case line[0] == '{':
		r.lines.unread(line)
		return newJSONParser(r.opts.Foreign), nil
	case looksLikeHeader(line):
		return newCSVParser(line, r.opts.Source)
	default:
		return nil, errFormat
	}
}
