package kinesis

import (
	"errors"
	"fmt"
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
