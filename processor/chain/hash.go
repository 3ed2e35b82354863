package chain

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// Hash chains the input bytes of links: the hash of a link covers the hash of its predecessor and, for every record,
// the sequence number and the data, each with its length. It is SHA-256 cut to 128 bits: it finds damage and different
// readings, it is no signature.
type Hash struct {
	sum hash.Hash
	buf []byte
}

// NewHash starts the hash of the link that follows one with the hash prev; prev is empty for a chain's first link.
func NewHash(prev string) *Hash {
	h := &Hash{sum: sha256.New()}
	h.Reset(prev)
	return h
}

// Reset starts the hash of another link.
func (h *Hash) Reset(prev string) {
	h.sum.Reset()
	h.buf = append(h.buf[:0], prev...)
	h.sum.Write(h.buf)
}

// Add appends one record.
func (h *Hash) Add(sequence string, data []byte) {
	h.buf = binary.AppendUvarint(h.buf[:0], uint64(len(sequence)))
	h.buf = append(h.buf, sequence...)
	h.buf = binary.AppendUvarint(h.buf, uint64(len(data)))
	h.sum.Write(h.buf)
	h.sum.Write(data)
}

// Sum returns the hash so far, 32 hex digits.
func (h *Hash) Sum() string {
	h.buf = h.sum.Sum(h.buf[:0])
	return hex.EncodeToString(h.buf[:16])
}
