package kinesis

import (
	"errors"
	"math/bits"
	"strconv"
)

// number is an unsigned 192-bit integer, most significant limb first. Hash keys (128 bits) and sequence numbers (188 bits)
// travel as decimal strings; math/big would cost an allocation for each of them.
type number [3]uint64

const (
	chunkDigits = 19 // decimal digits that fit a uint64
	chunkBase   = 10_000_000_000_000_000_000
)

var errNotDecimal = errors.New("not a decimal number of at most 192 bits")

// parseNumber reads digits without sign, spaces or leading zeros ("0" itself is fine).
func parseNumber(digits []byte) (number, error) {
	if len(digits) == 0 || (digits[0] == '0' && len(digits) > 1) {
		return number{}, errNotDecimal
	}
	var n number
	for _, digit := range digits {
		if digit < '0' || digit > '9' {
			return number{}, errNotDecimal
		}
		var carry uint64
		if n, carry = n.timesTenPlus(uint64(digit - '0')); carry != 0 {
			return number{}, errNotDecimal
		}
	}
	return n, nil
}

func (n number) timesTenPlus(digit uint64) (number, uint64) {
	carry := digit
	for limb := len(n) - 1; limb >= 0; limb-- {
		high, low := bits.Mul64(n[limb], 10)
		var over uint64
		n[limb], over = bits.Add64(low, carry, 0)
		carry = high + over
	}
	return n, carry
}

// appendDecimal appends the digits of n.
func (n number) appendDecimal(dst []byte) []byte {
	var chunks [4]uint64 // 192 bits have at most 58 digits
	used := 0
	for n != (number{}) {
		var rest uint64
		for limb := range n {
			n[limb], rest = bits.Div64(rest, n[limb], chunkBase)
		}
		chunks[used] = rest
		used++
	}
	if used == 0 {
		return append(dst, '0')
	}
	dst = strconv.AppendUint(dst, chunks[used-1], 10)
	for chunk := used - 2; chunk >= 0; chunk-- {
		dst = appendChunk(dst, chunks[chunk])
	}
	return dst
}

// appendChunk appends exactly chunkDigits digits, zeros in front.
func appendChunk(dst []byte, chunk uint64) []byte {
	var digits [chunkDigits]byte
	for at := chunkDigits - 1; at >= 0; at-- {
		digits[at] = byte('0' + chunk%10)
		chunk /= 10
	}
	return append(dst, digits[:]...)
}
