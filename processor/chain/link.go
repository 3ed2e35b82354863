package chain

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// End is where a chain ends so far. The zero End, with Hour as low as possible for the shard, is its beginning.
type End struct {
	Last    string // sequence number of the last record, empty at the beginning
	Hour    Hour   // hour of the last link; at the beginning the highest hour of the parents
	Records int64  // records of the whole chain
	Rows    int64  // rows of the whole chain
	Hash    string // hash of the input of the whole chain, hex, empty at the beginning
	Gap     Gap    // that the next link comes after, zero when it comes after Last
}

// HourOf returns the hour of a link that begins here with a record that arrived then.
func (e End) HourOf(arrival time.Time) Hour { return max(e.hour(), HourOf(arrival)) }

// prev is what the next link names as its predecessor.
func (e End) prev() (prev string, gap bool) {
	if e.Gap != (Gap{}) {
		return e.Gap.Prev, true
	}
	return e.Last, false
}

// precedes reports whether a link continues the chain from here. A gap mark that nothing has followed yet does not keep a link away
// that names the end before it: whoever put that had read the records.
func (e End) precedes(l *Link) bool {
	prev, gap := e.prev()
	return l.Prev == prev && l.Gap == gap || l.Prev == e.Last && !l.Gap
}

// Link describes one link. Its Key has been computed by Layout.LinkKey.
type Link struct {
	Key          string    // of the object
	Shard        string    // its id
	Generation   int       // to which its hour belongs
	Prev         string    // last of the predecessor, empty for the first link
	Gap          bool      // the predecessor is the gap mark whose Prev that is
	First, Last  string    // sequence numbers of the first and last record
	Hour         Hour      // in which it lies: see Hour
	Records      int64     // Kinesis records in this link
	Rows         int64     // rows in this link
	TotalRecords int64     // of the chain up to and including this link
	TotalRows    int64     // the same
	Hash         string    // of the chain's input up to and including this link
	LastArrival  time.Time // latest arrival among the records, to the millisecond
	LeaseCounter int64     // of the term that wrote it; for people, nothing is decided by it
	Schema       int       // schema version of the rows
	SchemaHash   string    // of its columns, for people; empty when the writer gave none
}

// End returns the end of a chain whose last link is l.
func (l *Link) End() End {
	return End{Last: l.Last, Hour: l.Hour, Records: l.TotalRecords, Rows: l.TotalRows, Hash: l.Hash}
}

// Metadata names, as stored by S3 behind x-amz-meta-.
const (
	metaShard        = "shard"
	metaGeneration   = "generation"
	metaPrev         = "prev"
	metaFirst        = "first"
	metaLast         = "last"
	metaHour         = "hour"
	metaRecords      = "records"
	metaRows         = "rows"
	metaTotalRecords = "total-records"
	metaTotalRows    = "total-rows"
	metaHash         = "hash"
	metaLastArrival  = "last-arrival-ms"
	metaLeaseCounter = "lease-counter"
	metaSchema       = "schema-version"
	metaSchemaHash   = "schema-hash"
	prevStart        = "start"
	prevGap          = ".gap" // behind the rest
)

// Metadata returns the link's object metadata.
func (l *Link) Metadata() map[string]string {
	prev := l.Prev
	if prev == "" {
		prev = prevStart
	}
	if l.Gap {
		prev += prevGap
	}
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	m := map[string]string{
		metaShard: l.Shard, metaGeneration: strconv.Itoa(l.Generation), metaPrev: prev, metaFirst: l.First, metaLast: l.Last,
		metaHour: l.Hour.String(), metaRecords: number(l.Records), metaRows: number(l.Rows),
		metaTotalRecords: number(l.TotalRecords), metaTotalRows: number(l.TotalRows), metaHash: l.Hash,
		metaLastArrival: number(l.LastArrival.UnixMilli()), metaLeaseCounter: number(l.LeaseCounter), metaSchema: strconv.Itoa(l.Schema),
	}
	if l.SchemaHash != "" {
		m[metaSchemaHash] = l.SchemaHash
	}
	return m
}

// ParseLink reads a link from its object. The error wraps ErrBroken and names every field that is missing or wrong.
func ParseLink(o Object) (*Link, error) {
	f := fields{metadata: o.Metadata}
	l := &Link{
		Key: o.Key, Shard: f.text(metaShard), Generation: int(f.number(metaGeneration)), Prev: f.text(metaPrev),
		First: f.sequence(metaFirst), Last: f.sequence(metaLast), Hour: f.hour(metaHour),
		Records: f.number(metaRecords), Rows: f.number(metaRows),
		TotalRecords: f.number(metaTotalRecords), TotalRows: f.number(metaTotalRows), Hash: f.text(metaHash),
		LastArrival:  time.UnixMilli(f.number(metaLastArrival)).UTC(),
		LeaseCounter: f.number(metaLeaseCounter), Schema: int(f.number(metaSchema)), SchemaHash: o.Metadata[metaSchemaHash],
	}
	l.Prev, l.Gap = f.prev()
	if len(f.wrong) > 0 {
		return nil, fmt.Errorf("read metadata of %s: %s: %w", o.Key, strings.Join(f.wrong, ", "), ErrBroken)
	}
	return l, nil
}

// fields reads metadata and remembers what is wrong.
type fields struct {
	metadata map[string]string
	wrong    []string
}

func (f *fields) text(name string) string {
	v := f.metadata[name]
	if v == "" {
		f.wrong = append(f.wrong, "no "+name)
	}
	return v
}

func (f *fields) number(name string) int64 {
	n, err := strconv.ParseInt(f.text(name), 10, 64)
	if err != nil && f.metadata[name] != "" {
		f.wrong = append(f.wrong, name+" is no number")
	}
	return n
}

func (f *fields) sequence(name string) string {
	v := f.text(name)
	if _, err := Pad(v); err != nil && v != "" {
		f.wrong = append(f.wrong, name+" is no sequence number")
	}
	return v
}

// prev returns the predecessor, empty for the start, and whether it is a gap mark.
func (f *fields) prev() (prev string, gap bool) {
	prev, gap = strings.CutSuffix(f.metadata[metaPrev], prevGap) // that it is there has been checked
	if prev == prevStart {
		return "", gap
	}
	if _, err := Pad(prev); err != nil && f.metadata[metaPrev] != "" {
		f.wrong = append(f.wrong, metaPrev+" is no sequence number")
	}
	return prev, gap
}

func (f *fields) hour(name string) Hour {
	h, err := ParseHour(f.text(name))
	if err != nil && f.metadata[name] != "" {
		f.wrong = append(f.wrong, name+" is no hour")
	}
	return h
}
