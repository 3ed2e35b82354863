package event

import (
	"bytes"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
)

// Options configure a Decoder. The zero value decodes in clear, checks no hash range and has the default limits.
type Options struct {
	// Privacy pseudonymises and seals. Nil leaves everything in clear.
	Privacy *Privacy
	// Range is the hash key range of the shard, for the misrouted check. Nil checks nothing.
	Range *HashRange
	// ClearFields names unknown fields whose values are nobody's secret: they stay readable in Extra when the rest of it
	// is sealed. Known fields that spill into Extra are sealed whatever stands here.
	ClearFields []string
	// Erased reports whether a customer has been erased since a record of theirs arrived. id is what CustomerID would be. Such a
	// record becomes an event with the class Erased and nothing of its content. Nil erases nobody.
	Erased func(id string, arrival time.Time) bool
	// Foreign rewrites records of other formats, and belongs to the Decoder. Nil decodes the native one alone.
	Foreign Foreign
	// Scout is told what producers send. Nil tells nobody.
	Scout  Scout
	Limits Limits
}

// Decoder turns the records of one shard into events. It reuses memory between calls and is not safe for concurrent use.
type Decoder struct {
	privacy *privacyState
	hashes  *HashRange
	clear   []string
	erased  func(id string, arrival time.Time) bool
	foreign Foreign
	scout   Scout
	limits  Limits

	record  Record // the one that Decode works on
	entries int    // history entries of record so far

	format   string   // of the text at hand
	unknown  []string // names of its fields that have no column; kept for the scout
	session  members
	history  history
	subs     aggregate
	scratch  []byte
	inflated []byte
	gzip     *gzip.Reader
}

// NewDecoder returns a Decoder for one shard.
func NewDecoder(o Options) *Decoder {
	return &Decoder{
		privacy: newPrivacyState(o.Privacy),
		hashes:  o.Range,
		clear:   slices.Clone(o.ClearFields),
		erased:  o.Erased,
		foreign: o.Foreign,
		scout:   o.Scout,
		limits:  o.Limits.withDefaults(),
	}
}

// Decode appends the events of r to dst, at least one, in the order in which they were put. It reuses what it finds in
// the capacity of dst. The events share no memory with r.Data.
func (d *Decoder) Decode(dst []Event, r Record) []Event {
	d.record, d.entries = r, 0
	defer d.release()
	start := len(dst)
	p := payload{
		partitionKey: strings.ToValidUTF8(r.PartitionKey, "\ufffd"),
		hashKey:      d.hashOf(r.PartitionKey),
		data:         r.Data,
		room:         d.limits.MaxEvents,
	}
	var ok bool
	if isAggregate(r.Data) {
		dst, ok = d.decodeAggregate(dst, p)
	} else {
		dst, ok = d.decodePayload(dst, p)
	}
	if !ok {
		err := fault(TooManyEvents, "more than %d user records", d.limits.MaxEvents)
		return d.poison(dst[:start], p, 0, bytes.Clone(r.Data), err)
	}
	return dst
}

// release forgets the record: its data must not live as long as the Decoder.
func (d *Decoder) release() {
	d.record = Record{}
	d.session.release()
	d.history.release()
	d.subs.release()
}

// payload is what one producer put: the data of a record, or of a sub-record.
type payload struct {
	sub             int
	partitionKey    string
	explicitHashKey string
	hashKey         HashKey
	data            []byte
	room            int // how many events it may become
}

// decodePayload appends the events of one payload; ok is false if they are too many.
func (d *Decoder) decodePayload(dst []Event, p payload) (_ []Event, ok bool) {
	if p.room < 1 {
		return dst, false
	}
	data := p.data
	if isGzip(data) {
		inflated, err := d.inflate(data)
		if err != nil {
			return d.poison(dst, p, 0, bytes.Clone(data), err), true
		}
		data = inflated
	}
	text := string(data)
	if isBlank(text) {
		return d.poison(dst, p, 0, []byte(text), fault(Empty, "%d bytes of white space", len(text))), true
	}
	err := d.scan(text)
	if err != nil && err.Class != NotObject && isLines(text) {
		return d.decodeLines(dst, p, text)
	}
	return d.understand(dst, p, 0, text, err), true
}

// decodeLines appends an event for each line that is not blank.
func (d *Decoder) decodeLines(dst []Event, p payload, text string) (_ []Event, ok bool) {
	n := 0
	for range lines(text) {
		n++
	}
	if n > p.room {
		return dst, false
	}
	dst = slices.Grow(dst, n)
	for number, line := range lines(text) {
		dst = d.understand(dst, p, number, line, d.scan(line))
	}
	return dst, true
}

// lines yields the lines that are not blank, without their ends, by number.
func lines(text string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		number := 0
		for line := range strings.Lines(text) {
			line = strings.TrimRight(line, "\r\n")
			if !isBlank(line) && !yield(number, line) {
				return
			}
			number++
		}
	}
}

// isLines reports whether a line break parts two lines that are not blank.
func isLines(text string) bool {
	return strings.IndexByte(strings.Trim(text, whiteSpace), '\n') >= 0
}

func isBlank(text string) bool { return strings.Trim(text, whiteSpace) == "" }

// whiteSpace of JSON, and the byte order mark, which may stand before a text or, where files were joined, a line.
const whiteSpace = " \t\r\n" + byteOrderMark

const byteOrderMark = "\ufeff"

// keptHistory is how many entries an event keeps room for when it is reused.
const keptHistory = 256

// grow appends an empty event. It takes over the history storage that lies beyond len(dst).
func grow(dst []Event) []Event {
	if len(dst) == cap(dst) {
		return append(dst, Event{})
	}
	dst = dst[:len(dst)+1]
	e := &dst[len(dst)-1]
	spare := e.spare[:0]
	if cap(spare) > keptHistory {
		spare = nil
	}
	*e = Event{spare: spare}
	return dst
}

// identify sets what every event has.
func (d *Decoder) identify(e *Event, p payload, line int) {
	e.Sub, e.Line = p.sub, line
	e.PartitionKey, e.ExplicitHashKey, e.HashKey = p.partitionKey, p.explicitHashKey, p.hashKey
	e.KeyID = d.privacy.keyID()
}

// poison appends an event for bytes that cannot be decoded.
// raw must not be shared: it becomes part of the event.
func (d *Decoder) poison(dst []Event, p payload, line int, raw []byte, err *Error) []Event {
	dst = grow(dst)
	e := &dst[len(dst)-1]
	d.identify(e, p, line)
	e.Err = err
	e.Raw = d.seal(position{p.sub, line, rawField}, raw)
	return dst
}
