package event

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// unquote gives the content of a string that a cursor has checked. Without escapes it shares the memory of raw.
func unquote(raw string) string {
	body := raw[1 : len(raw)-1]
	if strings.IndexByte(body, '\\') < 0 {
		return body
	}
	var b strings.Builder
	b.Grow(len(body))
	for {
		i := strings.IndexByte(body, '\\')
		if i < 0 {
			b.WriteString(body)
			return b.String()
		}
		b.WriteString(body[:i])
		r, n := unescape(body[i:])
		b.WriteRune(r)
		body = body[i+n:]
	}
}

// unescape decodes the escape sequence at the start of s and gives its length.
func unescape(s string) (r rune, n int) {
	switch s[1] {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		high, _ := escapedUnit(s)
		if !utf16.IsSurrogate(high) {
			return high, 6
		}
		low, _ := escapedUnit(s[6:])
		return utf16.DecodeRune(high, low), 12
	default: // a quote, a backslash or a slash stands for itself
		return rune(s[1]), 2
	}
}

// escapedUnit reads the UTF-16 code unit of the \uXXXX at the start of s.
func escapedUnit(s string) (unit rune, ok bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	for _, b := range []byte(s[2:6]) {
		unit <<= 4
		switch {
		case '0' <= b && b <= '9':
			unit |= rune(b - '0')
		case 'a' <= b && b <= 'f':
			unit |= rune(b - 'a' + 10)
		case 'A' <= b && b <= 'F':
			unit |= rune(b - 'A' + 10)
		default:
			return 0, false
		}
	}
	return unit, true
}

// offsetOfInvalidUTF8 is the offset of the first byte that is not part of a UTF-8 sequence, -1 if there is none.
func offsetOfInvalidUTF8(s string) int {
	if utf8.ValidString(s) {
		return -1
	}
	for i, r := range s {
		if r != utf8.RuneError {
			continue
		}
		if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
			return i
		}
	}
	return -1
}
