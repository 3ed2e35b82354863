package kinesis

import "errors"

// sequence is a sequence number taken apart. Its decimal form has the bit layout that real sequence numbers are known to
// have (56 digits beginning with 49):
//
//	bits 184-187  2
//	bits 148-183  epoch of the stream, in seconds
//	bits 144-147  0
//	bits  80-143  counter
//	bits  72-79   0
//	bits  36-71   arrival, in seconds
//	bits   4-35   index of the shard
//	bits   0-3    2
//
// The counter belongs to the stream, not to the shard as in the real service: all numbers of a stream are strictly
// increasing in put order, so a child shard starts above the end of its parents whatever the clock does.
type sequence struct {
	epoch   uint64
	counter uint64
	seconds uint64
	shard   uint32
}

const (
	sequenceVersion = 2
	epochMask       = 1<<36 - 1
)

var errSequence = errors.New("not a sequence number of this service")

// number packs the fields.
func (s sequence) number() number {
	seconds := s.seconds & epochMask
	return number{
		sequenceVersion<<56 | (s.epoch&epochMask)<<20 | s.counter>>48,
		s.counter<<16 | seconds>>28,
		seconds<<36 | uint64(s.shard)<<4 | sequenceVersion,
	}
}

// parseSequence reads the decimal form. It fails for numbers that do not have the layout.
func parseSequence(digits []byte) (sequence, error) {
	n, err := parseNumber(digits)
	if err != nil {
		return sequence{}, errSequence
	}
	s := unpackSequence(n)
	if s.number() != n {
		return sequence{}, errSequence
	}
	return s, nil
}

// unpackSequence takes the fields without looking at the constant bits.
func unpackSequence(n number) sequence {
	return sequence{
		epoch:   n[0] >> 20 & epochMask,
		counter: n[0]<<48 | n[1]>>16,
		seconds: n[1]<<28&epochMask | n[2]>>36,
		shard:   uint32(n[2] >> 4), // 32 of the 64 bits are meant
	}
}

func (s sequence) appendDecimal(dst []byte) []byte { return s.number().appendDecimal(dst) }

func (s sequence) String() string { return string(s.appendDecimal(make([]byte, 0, 56))) }
