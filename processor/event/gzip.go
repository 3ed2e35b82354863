package event

import (
	"bytes"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
)

func isGzip(data []byte) bool { return len(data) >= 2 && data[0] == 0x1f && data[1] == 0x8b }

// keptInflated is how large a buffer a decoder keeps.
const keptInflated = 1 << 20

// inflate unwraps a gzip payload of one or more members. The result is valid until the next call.
func (d *Decoder) inflate(data []byte) ([]byte, *Error) {
	limit := d.limits.inflated(len(data))
	buf := bytes.NewBuffer(d.inflated[:0])
	err := d.resetGzip(data)
	if err == nil {
		_, err = io.Copy(buf, io.LimitReader(d.gzip, int64(limit)+1))
	}
	if buf.Cap() <= keptInflated {
		d.inflated = buf.Bytes()
	}
	switch {
	case buf.Len() > limit:
		return nil, fault(GzipBomb, "%d bytes inflate to more than %d", len(data), limit)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fault(GzipDamaged, "the stream ends early")
	case err != nil:
		return nil, fault(GzipDamaged, "the stream of %d bytes is no gzip", len(data))
	}
	return buf.Bytes(), nil
}

func (d *Decoder) resetGzip(data []byte) (err error) {
	if d.gzip != nil {
		return d.gzip.Reset(bytes.NewReader(data))
	}
	d.gzip, err = gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		d.gzip = nil
	}
	return err
}
