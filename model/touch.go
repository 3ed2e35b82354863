package model

import "fmt"

// touchOrderBits is the width of the part of a Touch that orders the facts of one session inside one millisecond.
const touchOrderBits = 22

// maxArrivalMs is the last arrival time a Touch can hold: 2109-05-15.
const maxArrivalMs = 1<<(64-touchOrderBits) - 1

// A Touch is the moment in which a session first named an item: 42 bits of arrival time (milliseconds since 1970, until
// 2109) above 22 bits that order the facts which one session made in one millisecond. It is comparable with <, and zero
// is before every Touch of a fact.
//
// Shard, sequence number, sub-sequence number, line and position are what orders records inside a millisecond, and
// none of them is stored. Inside a session they are the order of processing, which [Model.Observe] turns into the low
// bits. Between sessions any fixed order will do, so equal touches are ordered by raw session id, visit and raw item
// id. The triple is unique per fact, so the order is total, and it survives resharding, which gives a record that is
// read back from the log another shard and another sequence number.
type Touch uint64

// TouchAt returns the first Touch of a millisecond. Times outside the range of a Touch are clamped to it; time zero
// becomes 1 ms, since the zero Touch means "none".
func TouchAt(arrivalMs int64) Touch {
	return Touch(min(max(arrivalMs, 1), maxArrivalMs)) << touchOrderBits
}

// Ms returns the arrival time in milliseconds since 1970.
func (t Touch) Ms() int64 { return int64(t >> touchOrderBits) }

// String formats the Touch as milliseconds and order, for test failures and logs.
func (t Touch) String() string {
	return fmt.Sprintf("%d.%d", t.Ms(), uint64(t)&(1<<touchOrderBits-1))
}

// seconds returns the Touch cut to whole seconds since 1970, the unit of visits and of labels.
func (t Touch) seconds() uint32 { return uint32(t.Ms() / 1000) }
