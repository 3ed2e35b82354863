package event

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// HashKey is a point in the hash key space of a stream, 0 to 2^128-1, big endian.
type HashKey [16]byte

// maxHashKey is how many digits 2^128-1 has.
const maxHashKey = 39

var errHashKey = errors.New("not a decimal number below 2^128")

// ParseHashKey reads the decimal form that Kinesis uses. The error does not repeat the text.
func ParseHashKey(text string) (HashKey, error) {
	if text == "" || len(text) > maxHashKey {
		return HashKey{}, errHashKey
	}
	var high, low uint64
	for i := range len(text) {
		digit := uint64(text[i] - '0')
		if digit > 9 {
			return HashKey{}, errHashKey
		}
		var carry, more uint64
		low, carry = mulAdd(low, digit)
		if high, more = mulAdd(high, carry); more != 0 {
			return HashKey{}, errHashKey
		}
	}
	var k HashKey
	binary.BigEndian.PutUint64(k[:8], high)
	binary.BigEndian.PutUint64(k[8:], low)
	return k, nil
}

// mulAdd is x*10 + y with what overflows.
func mulAdd(x, y uint64) (sum, carry uint64) {
	carry, product := bits.Mul64(x, 10)
	sum, c := bits.Add64(product, y, 0)
	return sum, carry + c
}

// Compare orders two keys as numbers.
func (k HashKey) Compare(other HashKey) int { return bytes.Compare(k[:], other[:]) }

// HashOf is where Kinesis puts a record of this partition key that has no explicit hash key: its MD5.
func HashOf(partitionKey string) HashKey { return md5.Sum([]byte(partitionKey)) }

func (d *Decoder) hashOf(partitionKey string) HashKey {
	d.scratch = append(d.scratch[:0], partitionKey...)
	return md5.Sum(d.scratch)
}

// HashRange is the part of the hash key space that a shard owns, both ends included.
type HashRange struct{ Start, End HashKey }

// ParseHashRange reads the StartingHashKey and EndingHashKey of a shard.
func ParseHashRange(start, end string) (HashRange, error) {
	var r HashRange
	var err error
	if r.Start, err = ParseHashKey(start); err != nil {
		return HashRange{}, fmt.Errorf("parse starting hash key %q: %w", start, err)
	}
	if r.End, err = ParseHashKey(end); err != nil {
		return HashRange{}, fmt.Errorf("parse ending hash key %q: %w", end, err)
	}
	if r.Start.Compare(r.End) > 0 {
		return HashRange{}, fmt.Errorf("parse hash range: start %s is beyond end %s", start, end)
	}
	return r, nil
}

// Contains reports whether the range owns k.
func (r HashRange) Contains(k HashKey) bool { return r.Start.Compare(k) <= 0 && k.Compare(r.End) <= 0 }
