package kinesis

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// cursor reads JSON from left to right without building anything. It accepts what RFC 8259 accepts, with nesting up to
// maxDepth. Strings are views into the body; escapes are resolved in place, so the body must not be used afterwards.
type cursor struct {
	body []byte
	at   int
}

const maxDepth = 100

var (
	errUnexpected = errors.New("unexpected character")
	errEnds       = errors.New("unexpected end of input")
	errTooDeep    = errors.New("nesting is too deep")
	errUnicode    = errors.New("string is not valid Unicode")
)

func (c *cursor) fail(err error) error { return fmt.Errorf("offset %d: %w", c.at, err) }

// peek skips white space and returns the next byte, 0 at the end.
func (c *cursor) peek() byte {
	for ; c.at < len(c.body); c.at++ {
		switch b := c.body[c.at]; b {
		case ' ', '\t', '\n', '\r':
		default:
			return b
		}
	}
	return 0
}

// expect consumes one structural character.
func (c *cursor) expect(want byte) error {
	got := c.peek()
	switch {
	case c.at >= len(c.body):
		return c.fail(errEnds)
	case got != want:
		return c.fail(errUnexpected)
	}
	c.at++
	return nil
}

// end checks that nothing follows.
func (c *cursor) end() error {
	if c.peek(); c.at < len(c.body) {
		return c.fail(errUnexpected)
	}
	return nil
}

// object calls member for every member of an object; member must consume the value.
func (c *cursor) object(member func(key []byte) error) error {
	return c.list('{', '}', func() error {
		key, err := c.text()
		if err != nil {
			return err
		}
		if err := c.expect(':'); err != nil {
			return err
		}
		return member(key)
	})
}

// array calls element for every element of an array; element must consume it.
func (c *cursor) array(element func() error) error { return c.list('[', ']', element) }

func (c *cursor) list(open, shut byte, item func() error) error {
	if err := c.expect(open); err != nil {
		return err
	}
	if c.peek() == shut {
		c.at++
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		if c.peek() == shut {
			c.at++
			return nil
		}
		if err := c.expect(','); err != nil {
			return err
		}
	}
}

// null consumes a null if there is one.
func (c *cursor) null() (bool, error) {
	if c.peek() != 'n' {
		return false, nil
	}
	return true, c.literal("null")
}

func (c *cursor) literal(word string) error {
	if len(c.body)-c.at < len(word) || string(c.body[c.at:c.at+len(word)]) != word {
		return c.fail(errUnexpected)
	}
	c.at += len(word)
	return nil
}

// flag reads true or false.
func (c *cursor) flag() (bool, error) {
	if c.peek() == 't' {
		return true, c.literal("true")
	}
	return false, c.literal("false")
}

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

// skip consumes any value.
func (c *cursor) skip(depth int) error {
	if depth > maxDepth {
		return c.fail(errTooDeep)
	}
	switch c.peek() {
	case '{':
		return c.object(func([]byte) error { return c.skip(depth + 1) })
	case '[':
		return c.array(func() error { return c.skip(depth + 1) })
	case '"':
		_, err := c.text()
		return err
	case 't', 'f':
		_, err := c.flag()
		return err
	case 'n':
		return c.literal("null")
	default:
		return c.number()
	}
}

// number consumes a number.
func (c *cursor) number() error {
	if c.has('-') {
		c.at++
	}
	if c.has('0') {
		c.at++
	} else if err := c.digits(); err != nil {
		return err
	}
	if c.has('.') {
		c.at++
		if err := c.digits(); err != nil {
			return err
		}
	}
	if !c.has('e') && !c.has('E') {
		return nil
	}
	c.at++
	if c.has('+') || c.has('-') {
		c.at++
	}
	return c.digits()
}

func (c *cursor) has(b byte) bool { return c.at < len(c.body) && c.body[c.at] == b }

// digits consumes at least one digit.
func (c *cursor) digits() error {
	start := c.at
	for c.at < len(c.body) && '0' <= c.body[c.at] && c.body[c.at] <= '9' {
		c.at++
	}
	if c.at > start {
		return nil
	}
	if c.at >= len(c.body) {
		return c.fail(errEnds)
	}
	return c.fail(errUnexpected)
}
