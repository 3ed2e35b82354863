package s3

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"
)

const (
	maxChunkLine = 4 << 10 // bytes of a chunk's header line or of a trailer line
	maxTrailers  = 8
)

// errChunk is a body that claims to be aws-chunked and is not.
var errChunk = errInvalidRequest("The body is not in the aws-chunked encoding.")

// chunkReader decodes the aws-chunked content encoding, in which the SDKs send checksums after the data:
//
//	4;chunk-signature=…\r\nDATA\r\n0;chunk-signature=…\r\nx-amz-checksum-crc32:…\r\n\r\n
//
// Signatures are skipped, not verified. The trailer is complete once Read has returned io.EOF.
type chunkReader struct {
	source  *bufio.Reader
	left    int64 // bytes of the current chunk not yet read
	inside  bool  // a chunk has begun, so its end has to be read before the next
	trailer map[string]string
	err     error
}

func newChunkReader(source io.Reader) *chunkReader {
	return &chunkReader{source: bufio.NewReaderSize(source, 64<<10), trailer: map[string]string{}}
}

// Read yields the decoded bytes. Its error is io.EOF after a well-formed end, else a refusal.
func (c *chunkReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, c.err
	}
	for c.err == nil && c.left == 0 {
		c.err = c.next()
	}
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.source.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	if err != nil {
		c.err = truncated(err)
	}
	return n, c.err
}

// next reads up to the first byte of the next chunk, or the whole end.
func (c *chunkReader) next() error {
	if c.inside {
		if line, err := c.line(); err != nil || line != "" {
			return orElse(err, errChunk)
		}
	}
	line, err := c.line()
	if err != nil {
		return err
	}
	digits, _, _ := strings.Cut(line, ";")
	size, err := strconv.ParseUint(digits, 16, 40)
	if err != nil {
		return errChunk
	}
	c.inside, c.left = true, int64(size)
	if size == 0 {
		return c.end()
	}
	return nil
}

// end reads the trailer and makes sure that nothing follows it.
func (c *chunkReader) end() error {
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		if line == "" {
			break
		}
		name, value, ok := strings.Cut(line, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, repeated := c.trailer[name]; !ok || repeated || len(c.trailer) == maxTrailers {
			return errTrailer
		}
		c.trailer[name] = strings.TrimSpace(value)
	}
	if _, err := c.source.ReadByte(); err != io.EOF {
		return errChunk
	}
	return io.EOF
}

// line reads a line without its CRLF.
func (c *chunkReader) line() (string, error) {
	line, err := c.source.ReadSlice('\n')
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
		return "", truncated(err)
	}
	text, ok := strings.CutSuffix(string(line), "\r\n")
	if !ok || len(text) > maxChunkLine {
		return "", errChunk
	}
	return text, nil
}

// truncated maps the errors of a body that ended early to S3's; others pass.
func truncated(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errIncompleteBody
	}
	return err
}

// orElse returns err, or what stands for a missing one.
func orElse(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}
