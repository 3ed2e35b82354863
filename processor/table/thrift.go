package table

import (
	"encoding/binary"
	"errors"
)

// A footer is a struct in Thrift's compact protocol. parquet-go believes the lengths in it and allocates what they claim: with one flipped bit
// that may be gigabytes. checkFooter therefore walks over it first and compares every length with the bytes that are left.
func checkFooter(footer []byte) error {
	w := thriftWalk{rest: footer}
	w.value(thriftStruct, 0)
	return w.err
}

// Types of the compact protocol.
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI16    = 4
	thriftI32    = 5
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12

	thriftDepth = 32 // that of a Parquet footer is 7
)

var errFooter = errors.New("the footer contradicts itself")

// thriftWalk skips values. After an error rest is empty.
type thriftWalk struct {
	rest []byte
	err  error
}

func (w *thriftWalk) fail() { w.rest, w.err = nil, errFooter }

// take skips n bytes.
func (w *thriftWalk) take(n uint64) {
	if n > uint64(len(w.rest)) {
		w.fail()
		return
	}
	w.rest = w.rest[n:]
}

// next reads a byte, 0 at the end.
func (w *thriftWalk) next() byte {
	if len(w.rest) == 0 {
		w.fail()
		return 0
	}
	b := w.rest[0]
	w.rest = w.rest[1:]
	return b
}

func (w *thriftWalk) number() uint64 {
	v, n := binary.Uvarint(w.rest)
	if n <= 0 {
		w.fail()
		return 0
	}
	w.rest = w.rest[n:]
	return v
}

func (w *thriftWalk) value(kind byte, depth int) {
	if depth > thriftDepth {
		w.fail()
		return
	}
	switch kind {
	case thriftTrue, thriftFalse, thriftByte:
		w.take(1)
	case thriftI16, thriftI32, thriftI64:
		w.number()
	case thriftDouble:
		w.take(8)
	case thriftBinary:
		w.take(w.number())
	case thriftList, thriftSet:
		w.list(depth)
	case thriftMap:
		w.pairs(depth)
	case thriftStruct:
		w.fields(depth)
	default:
		w.fail()
	}
}

// list skips a list. Each element takes a byte at least.
func (w *thriftWalk) list(depth int) {
	head := w.next()
	n := uint64(head >> 4)
	if n == 15 {
		n = w.number()
	}
	if n > uint64(len(w.rest)) {
		w.fail()
		return
	}
	for ; n > 0 && w.err == nil; n-- {
		w.value(head&15, depth+1)
	}
}

func (w *thriftWalk) pairs(depth int) {
	n := w.number()
	if n == 0 {
		return
	}
	kinds := w.next()
	if n > uint64(len(w.rest)) {
		w.fail()
		return
	}
	for ; n > 0 && w.err == nil; n-- {
		w.value(kinds>>4, depth+1)
		w.value(kinds&15, depth+1)
	}
}

// fields skips a struct. Its booleans are in the heads of the fields.
func (w *thriftWalk) fields(depth int) {
	for w.err == nil {
		head := w.next()
		if head == 0 {
			return
		}
		if head>>4 == 0 {
			w.number()
		}
		if kind := head & 15; kind != thriftTrue && kind != thriftFalse {
			w.value(kind, depth+1)
		}
	}
}
