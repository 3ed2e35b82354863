package audit

import (
	"cmp"
	"fmt"
	"math/bits"
	"strconv"
	"strings"

	"github.com/streamrec/streamrec/processor/chain"
)

// number is a sequence number in 192 bits, the most significant word first: 24 bytes instead of a string of 56 digits and its
// header, for links and acknowledgements by the million. The zero number stands for the beginning of a chain.
type number [3]uint64

// chunkDigits decimal digits fit into one word.
const (
	chunkDigits = 19
	chunkBase   = 10_000_000_000_000_000_000
)

// parseNumber reads a decimal number of at most chain.SequenceWidth digits. The empty string is the zero number.
func parseNumber(s string) (number, error) {
	var n number
	if len(s) > chain.SequenceWidth {
		return n, fmt.Errorf("read sequence number: %d digits, at most %d are allowed", len(s), chain.SequenceWidth)
	}
	for len(s) > 0 {
		digits := min(len(s), chunkDigits)
		chunk, scale := uint64(0), uint64(1)
		for i := range digits {
			d := s[i] - '0'
			if d > 9 {
				return number{}, fmt.Errorf("read sequence number: not a decimal number")
			}
			chunk, scale = chunk*10+uint64(d), scale*10
		}
		n = n.scaled(scale, chunk)
		s = s[digits:]
	}
	return n, nil
}

// scaled returns n*scale + add. Numbers of 56 digits leave six bits to spare.
func (n number) scaled(scale, add uint64) number {
	var out number
	carry := add
	for i := len(n) - 1; i >= 0; i-- {
		high, low := bits.Mul64(n[i], scale)
		sum, over := bits.Add64(low, carry, 0)
		out[i], carry = sum, high+over
	}
	return out
}

// compare orders numbers like chain.Compare.
func (n number) compare(m number) int {
	return cmp.Or(cmp.Compare(n[0], m[0]), cmp.Compare(n[1], m[1]), cmp.Compare(n[2], m[2]))
}

func (n number) isZero() bool { return n == number{} }

// String returns the decimal number without leading zeros.
func (n number) String() string {
	var chunks []uint64
	for !n.isZero() {
		rest := uint64(0)
		for i := range n {
			n[i], rest = bits.Div64(rest, n[i], chunkBase)
		}
		chunks = append(chunks, rest)
	}
	if len(chunks) == 0 {
		return "0"
	}
	var b strings.Builder
	b.WriteString(strconv.FormatUint(chunks[len(chunks)-1], 10))
	for i := len(chunks) - 2; i >= 0; i-- {
		fmt.Fprintf(&b, "%0*d", chunkDigits, chunks[i])
	}
	return b.String()
}

// padded returns the number as it stands in keys and rows.
func (n number) padded() string {
	s := n.String()
	return strings.Repeat("0", max(0, chain.SequenceWidth-len(s))) + s
}
