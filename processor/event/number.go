package event

import (
	"strconv"
	"strings"
)

// DecimalScale is the number of decimal places of a Decimal.
const DecimalScale = 4

// Decimal is an amount in ten-thousandths, DECIMAL(18,4) in the table: its absolute value is below 10^18.
type Decimal int64

// String is the plain decimal form without trailing zeros: 9.95, -3.
func (d Decimal) String() string {
	sign, u := "", uint64(d)
	if d < 0 {
		sign, u = "-", -u
	}
	digits := strconv.FormatUint(u, 10)
	if pad := DecimalScale + 1 - len(digits); pad > 0 {
		digits = strings.Repeat("0", pad) + digits
	}
	point := len(digits) - DecimalScale
	fraction := strings.TrimRight(digits[point:], "0")
	if fraction == "" {
		return sign + digits[:point]
	}
	return sign + digits[:point] + "." + fraction
}

// ParseDecimal reads a JSON number; ok is false if it is none or if a Decimal cannot hold it exactly.
func ParseDecimal(text string) (d Decimal, ok bool) {
	if !isNumber(text) {
		return 0, false
	}
	v, ok := scaled(text, DecimalScale)
	return Decimal(v), ok
}

// isNumber reports whether text is a number of JSON.
func isNumber(text string) bool {
	if text == "" {
		return false
	}
	if text[0] != '-' && (text[0] < '0' || text[0] > '9') {
		return false
	}
	c := cursor{text: text}
	return c.number() && c.pos == len(text)
}

// maxDigits is how many decimal digits fit any scaled value: 10^18-1 is below 2^63.
const maxDigits = 18

// scaled is number × 10^scale, if that is an integer of at most maxDigits digits. The number has the syntax of JSON.
func scaled(number string, scale int) (v int64, ok bool) {
	if v, ok = scaledPlain(number, scale); ok {
		return v, true
	}
	f, ok := normalize(number)
	if !ok || f.mantissa == 0 {
		return 0, ok
	}
	zeros := f.exponent + scale
	if zeros < 0 || f.digits+zeros > maxDigits {
		return 0, false
	}
	for range zeros {
		f.mantissa *= 10
	}
	return f.mantissa, true
}

// scaledPlain is scaled for what nearly all numbers are: up to a dozen digits, without sign and exponent.
func scaledPlain(number string, scale int) (v int64, ok bool) {
	if len(number) > maxDigits-6 || scale > 6 {
		return 0, false
	}
	places, point := 0, false
	for i := range len(number) {
		switch b := number[i]; {
		case '0' <= b && b <= '9':
			v = v*10 + int64(b-'0')
			if point {
				places++
			}
		case b == '.' && !point:
			point = true
		default:
			return 0, false
		}
	}
	for ; places < scale; places++ {
		v *= 10
	}
	return v, places == scale
}

// normalForm is a number as mantissa × 10^exponent. The mantissa does not end in a zero.
type normalForm struct {
	mantissa int64
	digits   int // of the mantissa, at most maxDigits
	exponent int
}

// normalize reports false for a number that needs more than maxDigits digits.
func normalize(number string) (f normalForm, ok bool) {
	digits, exponent := splitExponent(strings.TrimPrefix(number, "-"))
	zeros, point := 0, false // zeros were seen but not yet multiplied in: they may be the last
	for i := range len(digits) {
		b := digits[i]
		if b == '.' {
			point = true
			continue
		}
		if point {
			f.exponent--
		}
		if b == '0' && f.mantissa == 0 {
			continue
		}
		zeros++
		if b == '0' {
			continue
		}
		if f.digits += zeros; f.digits > maxDigits {
			return normalForm{}, false
		}
		for ; zeros > 0; zeros-- {
			f.mantissa *= 10
		}
		f.mantissa += int64(b - '0')
	}
	f.exponent += zeros + saturated(exponent)
	if number[0] == '-' {
		f.mantissa = -f.mantissa
	}
	return f, true
}

func splitExponent(number string) (digits, exponent string) {
	if i := strings.IndexAny(number, "eE"); i >= 0 {
		return number[:i], number[i+1:]
	}
	return number, ""
}

// saturation is an exponent that no number of digits in a payload brings back into the range of a Decimal.
const saturation = 1 << 40

// saturated reads the exponent of a number, within ±saturation.
func saturated(exp string) int {
	if exp == "" {
		return 0
	}
	v, err := strconv.ParseInt(strings.TrimPrefix(exp, "+"), 10, 64)
	if err != nil || v > saturation || v < -saturation {
		if exp[0] == '-' {
			return -saturation
		}
		return saturation
	}
	return int(v)
}

// canonicalNumber is the one spelling of a number that identifies something: the plain digits if it is an integer of at
// most maxDigits digits, else the text as it is.
func canonicalNumber(number string) string {
	if isPlainInteger(number) {
		return number
	}
	if v, ok := scaled(number, 0); ok {
		return strconv.FormatInt(v, 10)
	}
	return number
}

// isPlainInteger reports whether a number is canonical already.
func isPlainInteger(number string) bool {
	digits := strings.TrimPrefix(number, "-")
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return false
		}
	}
	return number != "-0"
}
