package kinesis

import (
	"cmp"
	"crypto/md5" // Kinesis routes by MD5; nothing here is a secret.
	"encoding/binary"
	"errors"
	"math/bits"
)

// hashKey is a point of the 128-bit space that the shards of a stream divide among themselves.
type hashKey struct{ hi, lo uint64 }

var (
	lastHashKey     = hashKey{hi: 1<<64 - 1, lo: 1<<64 - 1}
	errHashKeyRange = errors.New("hash key is not in [0, 2^128-1]")
)

// hashOf is the MD5 of a partition key as a big-endian integer, which is how Kinesis routes.
func hashOf(partitionKey []byte) hashKey {
	sum := md5.Sum(partitionKey)
	return hashKey{hi: binary.BigEndian.Uint64(sum[:8]), lo: binary.BigEndian.Uint64(sum[8:])}
}

// parseHashKey reads a decimal hash key.
func parseHashKey(digits []byte) (hashKey, error) {
	n, err := parseNumber(digits)
	if err != nil || n[0] != 0 {
		return hashKey{}, errHashKeyRange
	}
	return hashKey{hi: n[1], lo: n[2]}, nil
}

func (k hashKey) String() string {
	return string(number{0, k.hi, k.lo}.appendDecimal(make([]byte, 0, 39)))
}

// MarshalText and UnmarshalText make a hash key a decimal string in JSON.
func (k hashKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

func (k *hashKey) UnmarshalText(digits []byte) (err error) {
	*k, err = parseHashKey(digits)
	return err
}

func (k hashKey) compare(other hashKey) int {
	return cmp.Or(cmp.Compare(k.hi, other.hi), cmp.Compare(k.lo, other.lo))
}

func (k hashKey) plus(other hashKey) hashKey {
	lo, carry := bits.Add64(k.lo, other.lo, 0)
	hi, _ := bits.Add64(k.hi, other.hi, carry)
	return hashKey{hi: hi, lo: lo}
}

func (k hashKey) minus(other hashKey) hashKey {
	lo, borrow := bits.Sub64(k.lo, other.lo, 0)
	hi, _ := bits.Sub64(k.hi, other.hi, borrow)
	return hashKey{hi: hi, lo: lo}
}

func (k hashKey) next() hashKey { return k.plus(hashKey{lo: 1}) }
func (k hashKey) prev() hashKey { return k.minus(hashKey{lo: 1}) }

// distance is |k - other|.
func (k hashKey) distance(other hashKey) hashKey {
	if k.compare(other) < 0 {
		return other.minus(k)
	}
	return k.minus(other)
}

// hashRange is an inclusive range of hash keys.
type hashRange struct {
	Start hashKey `json:"StartingHashKey"`
	End   hashKey `json:"EndingHashKey"`
}

func (r hashRange) contains(key hashKey) bool {
	return r.Start.compare(key) <= 0 && key.compare(r.End) <= 0
}

// uniformStarts are the first hash keys of count ranges of equal size, as Kinesis computes them:
// i * floor(2^128 / count). The last range takes the remainder.
func uniformStarts(count int) []hashKey {
	width := spaceDividedBy(uint64(count))
	starts := make([]hashKey, count)
	for at := 1; at < count; at++ {
		starts[at] = starts[at-1].plus(width)
	}
	return starts
}

// uniformRanges are the ranges that begin at uniformStarts.
func uniformRanges(count int) []hashRange {
	starts := uniformStarts(count)
	ranges := make([]hashRange, count)
	for at, start := range starts {
		ranges[at] = hashRange{Start: start, End: lastHashKey}
		if at > 0 {
			ranges[at-1].End = start.prev()
		}
	}
	return ranges
}

// spaceDividedBy is floor(2^128 / count). For count 1 that is 2^128 itself, which wraps to 0; nobody adds it then.
func spaceDividedBy(count uint64) hashKey {
	if count == 1 {
		return hashKey{}
	}
	hi, rest := bits.Div64(1, 0, count)
	lo, _ := bits.Div64(rest, 0, count)
	return hashKey{hi: hi, lo: lo}
}
