package kinesis

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
)

// putBatch is a PutRecord or PutRecords request. Its byte slices are views into the body of the request and into arena.
// Batches are used again.
type putBatch struct {
	ref      streamRef
	dryRun   bool
	ordering []byte     // SequenceNumberForOrdering of PutRecord
	listed   bool       // Records is present
	entries  []putEntry // the records of PutRecords
	single   putEntry   // the record of PutRecord, whose members stand at the top
	arena    []byte     // decoded data
}

// putEntry is one record on its way in, and what became of it.
type putEntry struct {
	key      []byte
	explicit []byte // ExplicitHashKey, nil if absent
	data     []byte // nil if absent
	hash     hashKey

	partition *partition // where the record belongs
	counter   uint64     // 0 unless stored
	code      string     // of the error, empty when stored
}

func (e *putEntry) bytes() int { return len(e.key) + len(e.data) }

var (
	errBase64    = errors.New("data is not base64")
	strictBase64 = base64.StdEncoding.Strict()
)

// decode reads a request; see cursor for what happens to the body.
func (b *putBatch) decode(body []byte) error {
	// Decoding never grows the arena, so that views into it stay right.
	arena := slices.Grow(b.arena[:0], base64.StdEncoding.DecodedLen(len(body))+3)
	*b = putBatch{entries: b.entries[:0], arena: arena}
	c := &cursor{body: body}
	err := c.object(func(key []byte) error { return b.member(c, key) })
	if err == nil {
		err = c.end()
	}
	if err != nil {
		return badJSON(err)
	}
	return nil
}

func (b *putBatch) member(c *cursor, key []byte) error {
	switch string(key) {
	case "Records":
		return b.records(c)
	case "StreamName":
		return ownText(c, &b.ref.StreamName)
	case "StreamARN":
		return ownText(c, &b.ref.StreamARN)
	case "DryRun":
		return b.flag(c)
	case "SequenceNumberForOrdering":
		return optional(c, &b.ordering)
	default:
		return b.entryMember(c, &b.single, key)
	}
}

func (b *putBatch) records(c *cursor) error {
	null, err := c.null()
	b.entries, b.listed = b.entries[:0], !null
	if null || err != nil {
		return err
	}
	return c.array(func() error {
		b.entries = append(b.entries, putEntry{})
		e := &b.entries[len(b.entries)-1]
		return c.object(func(key []byte) error { return b.entryMember(c, e, key) })
	})
}

func (b *putBatch) entryMember(c *cursor, e *putEntry, key []byte) error {
	switch string(key) {
	case "Data":
		return b.data(c, e)
	case "PartitionKey":
		return optional(c, &e.key)
	case "ExplicitHashKey":
		return optional(c, &e.explicit)
	default:
		return c.skip(0)
	}
}

// data decodes base64 into the arena.
func (b *putBatch) data(c *cursor, e *putEntry) error {
	var text []byte
	if err := optional(c, &text); err != nil || text == nil {
		e.data = nil
		return err
	}
	start := len(b.arena)
	decoded, err := strictBase64.AppendDecode(b.arena, text)
	if err != nil || len(text)%4 != 0 || len(decoded)-start != decodedLen(text) {
		return fmt.Errorf("offset %d: %w", c.at, errBase64)
	}
	b.arena = decoded
	e.data = decoded[start:len(decoded):len(decoded)]
	return nil
}

// decodedLen is the size of what base64 without line breaks, which the decoder would ignore, stands for.
func decodedLen(text []byte) int {
	return base64.StdEncoding.DecodedLen(len(text)) - (len(text) - len(bytes.TrimRight(text, "=")))
}

func (b *putBatch) flag(c *cursor) error {
	null, err := c.null()
	if err == nil && !null {
		b.dryRun, err = c.flag()
	}
	return err
}

// optional reads a string that may be null. An empty string is not nil.
func optional(c *cursor, into *[]byte) error {
	null, err := c.null()
	if null || err != nil {
		*into = nil
		return err
	}
	*into, err = c.text()
	return err
}

func ownText(c *cursor, into *string) error {
	var text []byte
	err := optional(c, &text)
	*into = string(text)
	return err
}
