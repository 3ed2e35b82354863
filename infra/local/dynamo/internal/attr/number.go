package attr

import (
	"cmp"
	"math/big"
	"strconv"
	"strings"
)

const (
	maxDigits   = 38
	maxExponent = 126  // of 0.d1d2... × 10^exponent: below 10^126
	minExponent = -129 // from 10^-130
	// farExponent is beyond every legal exponent, and far from overflow when digits are counted onto it.
	farExponent = 1 << 30
)

// Number is a decimal number: ±0.d1d2…dn × 10^exponent with d1 and dn not zero and n at most 38; its magnitude is zero or
// from 1e-130 to below 1e126. The zero Number is 0. Equal numbers are == in Go.
type Number struct {
	negative bool
	digits   string
	exponent int
}

// ParseNumber reads an optional sign, decimal digits with an optional point, and an optional exponent. It fails on
// anything else, on more than 38 significant digits and on magnitudes out of range.
func ParseNumber(s string) (Number, error) {
	mantissa, exponent, ok := splitExponent(s)
	if !ok {
		return Number{}, notNumeric(s)
	}
	negative := strings.HasPrefix(mantissa, "-")
	if negative || strings.HasPrefix(mantissa, "+") {
		mantissa = mantissa[1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if !decimal(digits) {
		return Number{}, notNumeric(s)
	}
	n := normalize(negative, digits, len(whole)+exponent)
	if len(n.digits) > maxDigits {
		return Number{}, invalid("Attempting to store more than 38 significant digits in a Number")
	}
	return n, n.inRange()
}

func notNumeric(s string) error {
	if s == "" {
		return invalid("The parameter cannot be converted to a numeric value")
	}
	return invalid("The parameter cannot be converted to a numeric value: %s", s)
}

// splitExponent separates "1.5e-7" into "1.5" and -7. An exponent of more digits than any legal one is clamped.
func splitExponent(s string) (mantissa string, exponent int, ok bool) {
	at := strings.IndexAny(s, "eE")
	if at < 0 {
		return s, 0, true
	}
	sign, digits := 1, s[at+1:]
	if strings.HasPrefix(digits, "-") {
		sign = -1
	}
	digits = strings.TrimLeft(digits, "+-")
	if !decimal(digits) || len(s)-at-1-len(digits) > 1 {
		return "", 0, false
	}
	exponent, err := strconv.Atoi(digits)
	if err != nil || exponent > farExponent {
		exponent = farExponent
	}
	return s[:at], sign * exponent, true
}

func decimal(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// normalize strips the zeros at both ends of digits, where the point stands after point digits.
func normalize(negative bool, digits string, point int) Number {
	significant := strings.TrimLeft(digits, "0")
	point -= len(digits) - len(significant)
	significant = strings.TrimRight(significant, "0")
	if significant == "" {
		return Number{}
	}
	return Number{negative, significant, point}
}

func (n Number) inRange() error {
	switch {
	case n.digits == "":
		return nil
	case n.exponent > maxExponent:
		return errOverflow()
	case n.exponent < minExponent:
		return invalid("Number underflow. Attempting to store a number with magnitude smaller than supported range")
	default:
		return nil
	}
}

func errOverflow() error {
	return invalid("Number overflow. Attempting to store a number with magnitude larger than supported range")
}

// NewNumber is the number of an integer.
func NewNumber(i int64) Number {
	s := strconv.FormatInt(i, 10)
	digits := strings.TrimPrefix(s, "-")
	return normalize(i < 0, digits, len(digits))
}

// Kind implements Value.
func (Number) Kind() Kind { return KindNumber }

// String is the plain decimal form, without an exponent: the form that DynamoDB answers with.
func (n Number) String() string {
	sign := ""
	if n.negative {
		sign = "-"
	}
	switch {
	case n.digits == "":
		return "0"
	case n.exponent <= 0:
		return sign + "0." + strings.Repeat("0", -n.exponent) + n.digits
	case n.exponent >= len(n.digits):
		return sign + n.digits + strings.Repeat("0", n.exponent-len(n.digits))
	default:
		return sign + n.digits[:n.exponent] + "." + n.digits[n.exponent:]
	}
}

// sign is -1, 0 or +1.
func (n Number) sign() int {
	switch {
	case n.digits == "":
		return 0
	case n.negative:
		return -1
	default:
		return 1
	}
}

// Compare orders two numbers: -1, 0 or +1.
func (n Number) Compare(o Number) int {
	if s := cmp.Compare(n.sign(), o.sign()); s != 0 {
		return s
	}
	magnitude := cmp.Or(cmp.Compare(n.exponent, o.exponent), strings.Compare(n.digits, o.digits))
	return magnitude * n.sign()
}

// Neg is -n.
func (n Number) Neg() Number {
	if n.digits != "" {
		n.negative = !n.negative
	}
	return n
}

// Add is the exact sum. It fails when the sum is out of range or needs more than 38 digits; DynamoDB never rounds.
func (n Number) Add(o Number) (Number, error) {
	scale := min(n.scale(), o.scale())
	sum := new(big.Int).Add(n.scaled(scale), o.scaled(scale))
	digits := new(big.Int).Abs(sum).String()
	r := normalize(sum.Sign() < 0, digits, len(digits)+scale)
	if len(r.digits) > maxDigits {
		return Number{}, errOverflow()
	}
	return r, r.inRange()
}

// scale is the power of ten of the last digit.
func (n Number) scale() int { return n.exponent - len(n.digits) }

// scaled is n / 10^scale, an integer when scale is at most n.scale().
func (n Number) scaled(scale int) *big.Int {
	i, ok := new(big.Int).SetString(n.digits+strings.Repeat("0", n.scale()-scale), 10)
	if !ok {
		return new(big.Int) // zero has no digits
	}
	if n.negative {
		i.Neg(i)
	}
	return i
}
