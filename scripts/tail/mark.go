package tail

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
)

const (
	maxHead = 4 << 10 // how much of a first line is looked at
	maxTail = 64      // how much before a position
)

// content is what can be read at any offset.
type content interface {
	ReadAt(p []byte, off int64) (int, error)
}

// mark recognises a file by its content.
type mark struct {
	head  []byte // its first line, with its end; empty as long as that is not complete
	tail  []byte // what stands before offset
	start int64  // offset
}

// headOf reads the first line, empty when it is not complete.
func headOf(c content) []byte {
	b := make([]byte, maxHead)
	n, _ := c.ReadAt(b, 0) // what cannot be read is not there
	b = b[:n]
	if end := bytes.IndexByte(b, '\n'); end >= 0 {
		return b[:end+1]
	}
	if n == maxHead {
		return b
	}
	return nil
}

// fits reports whether a file is the one that was marked.
func (m *mark) fits(c content) bool {
	return same(c, m.head, 0) && same(c, m.tail, m.start-int64(len(m.tail)))
}

func same(c content, want []byte, at int64) bool {
	if len(want) == 0 {
		return true
	}
	b := make([]byte, len(want))
	n, _ := c.ReadAt(b, at)
	return n == len(want) && bytes.Equal(b, want)
}

// identity is a hash of the first line: the name of a file, whatever it is called.
func (m *mark) identity() string {
	sum := sha256.Sum256(m.head)
	return hex.EncodeToString(sum[:16])
}

// lineID names a line for ever.
func lineID(head, line []byte, offset int64) string {
	h := sha256.New()
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(head))))
	h.Write(head)
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(offset)))
	h.Write(line)
	return "l-" + base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16])
}
