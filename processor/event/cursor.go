package event

import (
	"strings"
)

// cursor walks one JSON text (RFC 8259) from left to right and checks its syntax on the way. Its methods move pos behind
// what they read; at the first fault they set fault and report false, and the cursor is of no further use.
type cursor struct {
	text  string
	pos   int
	depth int // levels that may still be opened
	fault *Error
}

func (c *cursor) fail(class Class, what string) bool {
	c.fault = fault(class, "%s at byte %d", what, c.pos)
	return false
}

// peek skips white space and reports the byte there, 0 at the end. A NUL in the text is not mistaken for the end: no
// caller accepts 0.
func (c *cursor) peek() byte {
	for c.pos < len(c.text) {
		switch b := c.text[c.pos]; b {
		case ' ', '\t', '\n', '\r':
			c.pos++
		default:
			return b
		}
	}
	return 0
}

// end reports whether nothing but white space is left.
func (c *cursor) end() bool {
	c.peek()
	return c.pos == len(c.text)
}

// value reads any value and gives its text.
func (c *cursor) value() (string, bool) {
	first := c.peek()
	start := c.pos
	var ok bool
	switch {
	case first == '"':
		ok = c.string()
	case first == '{':
		ok = c.object()
	case first == '[':
		ok = c.array()
	case first == '-' || '0' <= first && first <= '9':
		ok = c.number()
	case first == 't':
		ok = c.literal("true")
	case first == 'f':
		ok = c.literal("false")
	case first == 'n':
		ok = c.literal("null")
	default:
		ok = c.fail(InvalidJSON, "no value")
	}
	return c.text[start:c.pos], ok
}

// any reads the value of any field.
func (c *cursor) any(field) (string, bool) { return c.value() }

// open enters an object or array at its bracket; every open is paired with a close by name or element.
func (c *cursor) open() bool {
	if c.depth == 0 {
		return c.fail(TooDeep, "nested too deep")
	}
	c.depth--
	c.pos++
	return true
}

func (c *cursor) object() bool {
	if !c.open() {
		return false
	}
	for first := true; ; first = false {
		if _, ok := c.name(first); !ok {
			return c.fault == nil
		}
		if _, ok := c.value(); !ok {
			return false
		}
	}
}

func (c *cursor) array() bool {
	if !c.open() {
		return false
	}
	for first := true; ; first = false {
		if !c.element(first) {
			return c.fault == nil
		}
		if _, ok := c.value(); !ok {
			return false
		}
	}
}

// name reads the name of the next member of the open object with its quotes, and the colon behind it; the caller reads the value. It
// reports false behind the closing brace, and at a fault.
func (c *cursor) name(first bool) (name string, ok bool) {
	if !c.next('}', first) {
		return "", false
	}
	if c.peek() != '"' {
		return "", c.fail(InvalidJSON, "no member name")
	}
	start := c.pos
	if !c.string() {
		return "", false
	}
	name = c.text[start:c.pos]
	if c.peek() != ':' {
		return "", c.fail(InvalidJSON, "no colon")
	}
	c.pos++
	return name, true
}

// element moves to the next element of the open array, which the caller reads with value. It reports false behind the
// closing bracket, and at a fault.
func (c *cursor) element(first bool) bool { return c.next(']', first) }

// next moves over a comma, unless this is the first item, or leaves the container at its closing bracket.
func (c *cursor) next(closing byte, first bool) bool {
	switch b := c.peek(); {
	case b == closing:
		c.pos++
		c.depth++
		return false
	case first:
		return true
	case b == ',':
		c.pos++
		if c.peek() == closing {
			return c.fail(InvalidJSON, "comma before closing bracket")
		}
		return true
	default:
		return c.fail(InvalidJSON, "neither comma nor closing bracket")
	}
}

func (c *cursor) literal(word string) bool {
	if !strings.HasPrefix(c.text[c.pos:], word) {
		return c.fail(InvalidJSON, "unknown literal")
	}
	c.pos += len(word)
	return true
}

func (c *cursor) number() bool {
	if c.text[c.pos] == '-' {
		c.pos++
	}
	if c.at('0') {
		c.pos++
	} else if !c.digits() {
		return false
	}
	if c.at('.') {
		c.pos++
		if !c.digits() {
			return false
		}
	}
	if c.at('e') || c.at('E') {
		c.pos++
		if c.at('+') || c.at('-') {
			c.pos++
		}
		return c.digits()
	}
	return true
}

func (c *cursor) at(b byte) bool { return c.pos < len(c.text) && c.text[c.pos] == b }

func (c *cursor) digits() bool {
	start := c.pos
	for c.pos < len(c.text) && '0' <= c.text[c.pos] && c.text[c.pos] <= '9' {
		c.pos++
	}
	if c.pos == start {
		return c.fail(InvalidJSON, "no digit")
	}
	return true
}
