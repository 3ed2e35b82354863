package event

import "fmt"

// Class names a kind of undecodable record. Classes are part of the table's contract: dashboards and dead-letter queries
// group by them.
type Class string

const (
	Empty          Class = "empty"            // no byte, or nothing but white space
	InvalidUTF8    Class = "invalid_utf8"     // not Unicode: a bad byte sequence, or an escaped half of a surrogate pair
	InvalidJSON    Class = "invalid_json"     // not one JSON text
	TooDeep        Class = "too_deep"         // nested deeper than Limits.MaxDepth
	TooManyFields  Class = "too_many_fields"  // more unknown members in one object than Limits.MaxFields
	NotObject      Class = "not_an_object"    // JSON, but no object
	NoSession      Class = "no_session"       // session_id is missing, null, empty, too long, or neither string nor number
	BadHistory     Class = "bad_history"      // browse_history is not an array of objects
	HistoryTooLong Class = "history_too_long" // more entries than Limits.MaxHistory, or than Limits.MaxEntries in one record
	TooManyEvents  Class = "too_many_events"  // more user records than Limits.MaxEvents; the whole record is one poison event
	GzipDamaged    Class = "gzip_damaged"     // gzip magic, but no valid gzip stream
	GzipBomb       Class = "gzip_bomb"        // inflates beyond Limits.MaxInflated or Limits.MaxRatio
	KPLChecksum    Class = "kpl_checksum"     // KPL magic, but the MD5 does not match, or there is no room for one
	KPLMalformed   Class = "kpl_malformed"    // the body is not the protobuf message it should be
	KPLIndex       Class = "kpl_index"        // a sub-record points outside the key tables
	KPLHashKey     Class = "kpl_hash_key"     // an explicit hash key is not a decimal number below 2^128
	KPLEmpty       Class = "kpl_empty"        // no sub-record
	Erased         Class = "erased"           // decodable, but its customer has been erased since it arrived; raw is empty
	Misrouted      Class = "misrouted"        // the sub-record belongs to another shard
)

// Classes are all of them.
func Classes() []Class {
	return []Class{
		Empty, InvalidUTF8, InvalidJSON, TooDeep, TooManyFields, NotObject, NoSession, BadHistory, HistoryTooLong, TooManyEvents,
		GzipDamaged, GzipBomb, KPLChecksum, KPLMalformed, KPLIndex, KPLHashKey, KPLEmpty, Erased, Misrouted,
	}
}

// Error says why a record is undecodable. It never holds content of the record.
type Error struct {
	Class  Class
	Reason string // short, for people
}

// Error is "class: reason", as it stands in the error column.
func (e *Error) Error() string { return string(e.Class) + ": " + e.Reason }

// fault makes an Error. Arguments are counts, limits and offsets, never content.
func fault(class Class, format string, args ...any) *Error {
	return &Error{Class: class, Reason: fmt.Sprintf(format, args...)}
}
