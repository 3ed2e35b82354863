package event

import (
	"math/bits"
	"strings"
)

// string reads a string at its opening quote. That the bytes are UTF-8 is checked once for the whole text.
func (c *cursor) string() bool {
	c.pos++
	for {
		c.pos += plain(c.text[c.pos:])
		if c.pos == len(c.text) {
			return c.fail(InvalidJSON, "string without end")
		}
		switch c.text[c.pos] {
		case '"':
			c.pos++
			return true
		case '\\':
			if !c.escape() {
				return false
			}
		default:
			return c.fail(InvalidJSON, "control character in string")
		}
	}
}

// plain is how many bytes s begins with that a string has as they are: neither quote, backslash nor control character.
func plain(s string) int {
	n := 0
	for ; len(s)-n >= 8; n += 8 {
		if at := special(word(s[n:])); at != 0 {
			return n + bits.TrailingZeros64(at)/8
		}
	}
	for ; n < len(s); n++ {
		if b := s[n]; b == '"' || b == '\\' || b < ' ' {
			break
		}
	}
	return n
}

// word is the first eight bytes of s, the first one lowest.
func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// special has the highest bit of each byte of w set that is a quote, a backslash or a control character. Above the lowest such byte
// others may be set that are none, by the borrow of the subtraction.
func special(w uint64) uint64 {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	quote, backslash := w^'"'*ones, w^'\\'*ones
	return ((w-' '*ones)&^w | (quote-ones)&^quote | (backslash-ones)&^backslash) & highs
}

// escape reads one escape sequence at its backslash; a surrogate pair is one.
func (c *cursor) escape() bool {
	rest := c.text[c.pos:]
	if len(rest) >= 2 && strings.IndexByte(`"\/bfnrt`, rest[1]) >= 0 {
		c.pos += 2
		return true
	}
	unit, ok := escapedUnit(rest)
	if !ok {
		return c.fail(InvalidJSON, "bad escape")
	}
	c.pos += 6
	if unit < 0xd800 || unit > 0xdfff {
		return true
	}
	low, ok := escapedUnit(rest[6:])
	if unit > 0xdbff || !ok || low < 0xdc00 || low > 0xdfff {
		return c.fail(InvalidUTF8, "half of a surrogate pair")
	}
	c.pos += 6
	return true
}
