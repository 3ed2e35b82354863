package kinesis

import (
	"fmt"
	"unicode/utf8"
)

// Limits of the service.
const (
	// MaxRecordBytes is the most that a stream can be set to take as the key and data of one record.
	MaxRecordBytes = 10 << 20
	// MaxKeyRunes is the longest partition key, in Unicode characters.
	MaxKeyRunes = 256

	maxRequestRecords = 500
	maxRequestBytes   = 5 << 20
)

// Record is what a Producer puts into the stream.
type Record struct {
	// Key is the partition key: 1 to 256 Unicode characters. Records of one key keep their order.
	Key string
	// Data is the payload. It belongs to the producer until the record's Ack.
	Data []byte
	// Number is the caller's own; it comes back in the Ack and is not sent.
	Number int64
}

// size is what the service counts against its limits.
func (r Record) size() int { return len(r.Key) + len(r.Data) }

// check refuses what no attempt could bring into the stream. The key is left out of the error: it may name a person.
func (r Record) check(maxBytes int) error {
	switch {
	case r.Key == "":
		return &RecordError{Number: r.Number, Problem: "the partition key is empty"}
	case !utf8.ValidString(r.Key):
		return &RecordError{Number: r.Number, Problem: "the partition key is not UTF-8"}
	case len(r.Key) > MaxKeyRunes && utf8.RuneCountInString(r.Key) > MaxKeyRunes:
		return &RecordError{Number: r.Number, Problem: "the partition key has more than 256 characters"}
	case r.size() > maxBytes:
		return &RecordError{Number: r.Number, Problem: fmt.Sprintf("%d bytes are more than the %d that the stream takes", r.size(), maxBytes)}
	}
	return nil
}

// An Ack tells what became of one record.
type Ack struct {
	Record Record

	// Shard and Sequence are the record's place in the stream; empty when Err is not nil.
	Shard, Sequence string

	// Attempts counts the requests that carried the record. With more than one, the stream may hold it more than once.
	Attempts int

	// Err is nil for a record that is in the stream. Otherwise the record was given up: *RecordError when the service
	// refused this record, else what ended the producer. It may be in the stream nevertheless if a request that carried
	// it was never answered.
	Err error
}
