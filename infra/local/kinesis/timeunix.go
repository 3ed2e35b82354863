package kinesis

import (
	"errors"
	"math"
	"strconv"
)

// timeUnix is an instant in milliseconds since 1970. On the wire it is a JSON number of seconds.
type timeUnix int64

// maxSeconds bounds timestamps to years of four digits.
const maxSeconds = 253402300799

var errTimestamp = errors.New("not a timestamp in seconds since 1970")

// append writes seconds with three decimals, as few as needed.
func (t timeUnix) append(dst []byte) []byte {
	millis := int64(t)
	if millis < 0 {
		dst = append(dst, '-')
		millis = -millis
	}
	dst = strconv.AppendInt(dst, millis/1000, 10)
	rest := millis % 1000
	if rest == 0 {
		return dst
	}
	dst = append(dst, '.', byte('0'+rest/100))
	if rest%100 != 0 {
		dst = append(dst, byte('0'+rest/10%10))
	}
	if rest%10 != 0 {
		dst = append(dst, byte('0'+rest%10))
	}
	return dst
}

// MarshalJSON and UnmarshalJSON use the wire form; digits below a millisecond are rounded.
func (t timeUnix) MarshalJSON() ([]byte, error) { return t.append(nil), nil }

func (t *timeUnix) UnmarshalJSON(text []byte) error {
	seconds, err := strconv.ParseFloat(string(text), 64)
	if err != nil || math.Abs(seconds) > maxSeconds {
		return errTimestamp
	}
	*t = timeUnix(math.Round(seconds * 1000))
	return nil
}
