package kinesis

import (
	"bytes"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
	"unsafe"
)

// next skips white space and returns the byte there, 0 at the end.
func (r *pageReader) next() byte {
	for ; r.pos < len(r.body); r.pos++ {
		switch b := r.body[r.pos]; b {
		case ' ', '\t', '\n', '\r':
		default:
			return b
		}
	}
	return 0
}

func (r *pageReader) end() bool { return r.next() == 0 && r.pos == len(r.body) }

// take moves over a byte, which has to be next.
func (r *pageReader) take(b byte) bool {
	if r.next() != b {
		return false
	}
	r.pos++
	return true
}

// object calls member for each, at its value.
func (r *pageReader) object(member func(name []byte) bool) bool {
	return r.list('{', '}', func() bool {
		name, ok := r.string()
		return ok && r.take(':') && member(name)
	})
}

func (r *pageReader) array(element func() bool) bool { return r.list('[', ']', element) }

func (r *pageReader) list(opening, closing byte, element func() bool) bool {
	if !r.take(opening) {
		return false
	}
	if r.take(closing) {
		return true
	}
	for {
		if !element() {
			return false
		}
		if r.take(closing) {
			return true
		}
		if !r.take(',') {
			return false
		}
	}
}

// string returns what is between the quotes of a string; an escaped quote ends it, too.
func (r *pageReader) string() ([]byte, bool) {
	if !r.take('"') {
		return nil, false
	}
	n := bytes.IndexByte(r.body[r.pos:], '"')
	if n < 0 {
		return nil, false
	}
	s := r.body[r.pos : r.pos+n]
	r.pos += n + 1
	return s, true
}

// text returns a copy of a string that stands for itself.
func (r *pageReader) text() (string, bool) {
	s, ok := r.string()
	if !ok || !literal(s) {
		return "", false
	}
	if len(r.chars)+len(s) > cap(r.chars) { // strings stay in the old one
		r.chars = make([]byte, 0, max(len(s), min(cap(r.chars)*2, 64<<10), 1<<10))
	}
	at := len(r.chars)
	r.chars = append(r.chars, s...)
	return unsafe.String(unsafe.SliceData(r.chars[at:]), len(s)), true
}

// literal reports whether a string of JSON has neither escapes nor what has to be escaped.
func literal(s []byte) bool {
	ascii := true
	for _, b := range s {
		if b < ' ' || b == '\\' {
			return false
		}
		ascii = ascii && b < utf8.RuneSelf
	}
	return ascii || utf8.Valid(s)
}

func (r *pageReader) pointer() (*string, bool) {
	text, ok := r.text()
	r.texts = append(r.texts, text)
	return &r.texts[len(r.texts)-1], ok
}

// time reads seconds since 1970, which the SDK cuts to milliseconds.
func (r *pageReader) time() (*time.Time, bool) {
	start := r.pos
	if !r.number() {
		return nil, false
	}
	seconds, err := strconv.ParseFloat(string(bytes.TrimLeft(r.body[start:r.pos], " \t\r\n")), 64)
	if err != nil || math.Abs(seconds) > math.MaxInt32 {
		return nil, false
	}
	r.times = append(r.times, time.Unix(0, int64(seconds*1000)*1e6).UTC())
	return &r.times[len(r.times)-1], true
}

// number moves over a number.
func (r *pageReader) number() bool {
	if r.next() == '-' {
		r.pos++
	}
	whole := r.digits()
	if whole == 0 || whole > 1 && r.body[r.pos-whole] == '0' {
		return false
	}
	if r.at('.') {
		r.pos++
		if r.digits() == 0 {
			return false
		}
	}
	if r.at('e') || r.at('E') {
		r.pos++
		if r.at('+') || r.at('-') {
			r.pos++
		}
		return r.digits() > 0
	}
	return true
}

func (r *pageReader) at(b byte) bool { return r.pos < len(r.body) && r.body[r.pos] == b }

// digits moves over digits and returns their number.
func (r *pageReader) digits() int {
	start := r.pos
	for r.pos < len(r.body) && '0' <= r.body[r.pos] && r.body[r.pos] <= '9' {
		r.pos++
	}
	return r.pos - start
}

// integer reads an integer that is not negative.
func (r *pageReader) integer() (v int64, ok bool) {
	r.next()
	n := r.digits()
	digits := r.body[r.pos-n : r.pos]
	if n == 0 || n > 18 || n > 1 && digits[0] == '0' || r.at('.') || r.at('e') || r.at('E') {
		return 0, false
	}
	for _, b := range digits {
		v = v*10 + int64(b-'0')
	}
	return v, true
}
