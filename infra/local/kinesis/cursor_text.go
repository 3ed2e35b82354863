package kinesis

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// text reads a string.
func (c *cursor) text() ([]byte, error) {
	if err := c.expect('"'); err != nil {
		return nil, err
	}
	start := c.at
	seen := byte(0)
	for c.skipPlain(); c.at < len(c.body); c.at++ {
		switch b := c.body[c.at]; {
		case b == '"':
			c.at++
			return c.valid(seen, c.body[start:c.at-1])
		case b == '\\':
			return c.escaped(start)
		case b < ' ':
			return nil, c.fail(errUnexpected)
		default:
			seen |= b
		}
	}
	return nil, c.fail(errEnds)
}

// skipPlain advances over groups of eight ASCII characters that need no attention. Base64 is most of every request.
func (c *cursor) skipPlain() {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	for c.at+8 <= len(c.body) {
		x := binary.LittleEndian.Uint64(c.body[c.at:])
		quote, backslash := x^ones*'"', x^ones*'\\'
		// A lane's high bit is set in a difference if the lane is below the subtrahend, and in at least one of them if it is not
		// ASCII. Borrows make false alarms in higher lanes only, which the caller looks at one by one.
		if ((x-ones*' ')|(quote-ones)|(backslash-ones))&high != 0 {
			return
		}
		c.at += 8
	}
}

// valid returns a string unless seen, the union of its bytes, is not ASCII and the UTF-8 is wrong.
func (c *cursor) valid(seen byte, text []byte) ([]byte, error) {
	if seen < utf8.RuneSelf || utf8.Valid(text) {
		return text, nil
	}
	return nil, c.fail(errUnicode)
}

// escaped goes on with a string from its first backslash on. What is resolved is never longer than its escape.
func (c *cursor) escaped(start int) ([]byte, error) {
	text := c.body[start:c.at]
	for c.at < len(c.body) {
		switch b := c.body[c.at]; {
		case b == '"':
			c.at++
			return c.valid(utf8.RuneSelf, text)
		case b == '\\':
			r, err := c.escape()
			if err != nil {
				return nil, err
			}
			text = utf8.AppendRune(text, r)
		case b < ' ':
			return nil, c.fail(errUnexpected)
		default:
			text = append(text, b)
			c.at++
		}
	}
	return nil, c.fail(errEnds)
}

// escape reads one escape. A surrogate without its other half is refused.
func (c *cursor) escape() (rune, error) {
	if c.at+1 >= len(c.body) {
		return 0, c.fail(errEnds)
	}
	kind := c.body[c.at+1]
	if kind == 'u' {
		return c.unicode()
	}
	c.at += 2
	switch kind {
	case '"', '\\', '/':
		return rune(kind), nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	}
	return 0, c.fail(errUnexpected)
}

func (c *cursor) unicode() (rune, error) {
	r, err := c.hex()
	if err != nil || !utf16.IsSurrogate(r) {
		return r, err
	}
	low, err := c.hex()
	if r = utf16.DecodeRune(r, low); err != nil || r == utf8.RuneError {
		return 0, c.fail(errUnicode)
	}
	return r, nil
}

// hex reads \uXXXX.
func (c *cursor) hex() (rune, error) {
	if len(c.body)-c.at < 6 {
		return 0, c.fail(errEnds)
	}
	if c.body[c.at] != '\\' || c.body[c.at+1] != 'u' {
		return 0, c.fail(errUnicode)
	}
	var r rune
	for _, b := range c.body[c.at+2 : c.at+6] {
		switch {
		case '0' <= b && b <= '9':
			b -= '0'
		case 'a' <= b|0x20 && b|0x20 <= 'f':
			b = b | 0x20 - 'a' + 10
		default:
			return 0, c.fail(errUnexpected)
		}
		r = r<<4 | rune(b)
	}
	c.at += 6
	return r, nil
}
