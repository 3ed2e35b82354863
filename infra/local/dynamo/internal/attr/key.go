package attr

import "encoding/binary"

// Markers order numbers by sign in their key form.
const (
	keyNegative = 1
	keyZero     = 2
	keyPositive = 3
)

// exponentBias makes every legal exponent positive.
const exponentBias = -minExponent + 1

// AppendOrdered appends a form of a string, number or binary whose bytes sort as the values do. Values of one kind are
// comparable; the form says nothing of the kind and no length.
func AppendOrdered(b []byte, v Value) []byte {
	switch v := v.(type) {
	case String:
		return append(b, v...)
	case Binary:
		return append(b, v...)
	case Number:
		return v.appendOrdered(b)
	default:
		return b
	}
}

// appendOrdered writes sign, exponent and digits. All bytes of a negative number are complemented and closed by 0xff, since
// a longer fraction makes it smaller.
func (n Number) appendOrdered(b []byte) []byte {
	if n.digits == "" {
		return append(b, keyZero)
	}
	if !n.negative {
		b = append(b, keyPositive)
		b = binary.BigEndian.AppendUint16(b, uint16(n.exponent+exponentBias))
		return append(b, n.digits...)
	}
	b = append(b, keyNegative)
	b = binary.BigEndian.AppendUint16(b, ^uint16(n.exponent+exponentBias))
	for _, d := range []byte(n.digits) {
		b = append(b, ^d)
	}
	return append(b, 0xff)
}
