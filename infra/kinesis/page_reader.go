package kinesis

import (
	"bytes"
	"encoding/base64"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
	"unsafe"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// readPage reads the answer of GetRecords. It reports false, and leaves out alone, for an answer that is not of the form that Kinesis gives nearly all
// of them: records with the members that there are today, no escapes in strings, no children.
func readPage(body []byte, out *kinesis.GetRecordsOutput) bool {
	n := bytes.Count(body, []byte(`"SequenceNumber"`))
	r := pageReader{
		body: body, texts: make([]string, 0, 2*n), times: make([]time.Time, 0, n), payloads: make([]payload, 0, n),
	}
	page := kinesis.GetRecordsOutput{}
	if !r.object(func(name []byte) bool { return r.pageMember(name, &page, n) }) || !r.end() || !r.decode(page.Records) {
		return false
	}
	page.ResultMetadata = out.ResultMetadata
	*out = page
	return true
}

// pageReader walks over the text of a page. Its methods report false at the first thing that is not as they know it.
type pageReader struct {
	body []byte
	pos  int

	chars    []byte // of texts
	texts    []string
	times    []time.Time
	payloads []payload
	size     int // of all payloads
}

// payload is the base64 of a record's data.
type payload struct {
	record int
	base64 []byte
}

// length is that of the data, if the base64 has nothing else.
func (p payload) length() int {
	n := base64.StdEncoding.DecodedLen(len(p.base64))
	return n - len(p.base64) + len(bytes.TrimRight(p.base64, "="))
}

func (r *pageReader) pageMember(name []byte, page *kinesis.GetRecordsOutput, n int) bool {
	switch string(name) {
	case "Records":
		if page.Records != nil {
			return false
		}
		page.Records = make([]types.Record, 0, n)
		return r.array(func() bool {
			page.Records = append(page.Records, types.Record{})
			at := len(page.Records) - 1
			return r.object(func(name []byte) bool { return r.recordMember(name, &page.Records[at], at) })
		})
	case "MillisBehindLatest":
		v, ok := r.integer()
		page.MillisBehindLatest = &v
		return ok
	case "NextShardIterator":
		text, ok := r.text()
		page.NextShardIterator = &text
		return ok
	}
	return false
}

func (r *pageReader) recordMember(name []byte, record *types.Record, at int) (ok bool) {
	switch string(name) {
	case "SequenceNumber":
		record.SequenceNumber, ok = r.pointer()
	case "PartitionKey":
		record.PartitionKey, ok = r.pointer()
	case "Data":
		var p payload
		p.record = at
		p.base64, ok = r.string()
		r.payloads = append(r.payloads, p)
		r.size += base64.StdEncoding.DecodedLen(len(p.base64))
	case "ApproximateArrivalTimestamp":
		record.ApproximateArrivalTimestamp, ok = r.time()
	case "EncryptionType":
		var text string
		text, ok = r.text()
		record.EncryptionType = types.EncryptionType(text)
	}
	return ok
}

// decode gives the records their data, all in one piece of memory.
func (r *pageReader) decode(records []types.Record) bool {
	all := make([]byte, r.size)
	for _, p := range r.payloads {
		n, err := base64.StdEncoding.Decode(all, p.base64)
		if err != nil || len(p.base64)%4 != 0 || n != p.length() { // line breaks, which base64 passes over and JSON does not
			return false
		}
		records[p.record].Data = all[:n:n]
		all = all[n:]
	}
	return true
}

// next skips white space and returns the byte there, 0 at the end.
func (r *pageReader) next() byte {
	for ; r.pos < len(r.body); r.pos++ {
		switch b := r.body[r.pos]; b {
		case ' ', '\t', '\n', '\r':
		default:
			return b
		}
	}
	return 0
}

func (r *pageReader) end() bool { return r.next() == 0 && r.pos == len(r.body) }

// take moves over a byte, which has to be next.
func (r *pageReader) take(b byte) bool {
	if r.next() != b {
		return false
	}
	r.pos++
	return true
}

// object calls member for each, at its value.
func (r *pageReader) object(member func(name []byte) bool) bool {
	return r.list('{', '}', func() bool {
		name, ok := r.string()
		return ok && r.take(':') && member(name)
	})
}

func (r *pageReader) array(element func() bool) bool { return r.list('[', ']', element) }

func (r *pageReader) list(opening, closing byte, element func() bool) bool {
	if !r.take(opening) {
		return false
	}
	if r.take(closing) {
		return true
	}
	for {
		if !element() {
			return false
		}
		if r.take(closing) {
			return true
		}
		if !r.take(',') {
			return false
		}
	}
}

// string returns what is between the quotes of a string; an escaped quote ends it, too.
func (r *pageReader) string() ([]byte, bool) {
	if !r.take('"') {
		return nil, false
	}
	n := bytes.IndexByte(r.body[r.pos:], '"')
	if n < 0 {
		return nil, false
	}
	s := r.body[r.pos : r.pos+n]
	r.pos += n + 1
	return s, true
}

// text returns a copy of a string that stands for itself.
func (r *pageReader) text() (string, bool) {
	s, ok := r.string()
	if !ok || !literal(s) {
		return "", false
	}
	if len(r.chars)+len(s) > cap(r.chars) { // strings stay in the old one
		r.chars = make([]byte, 0, max(len(s), min(cap(r.chars)*2, 64<<10), 1<<10))
	}
	at := len(r.chars)
	r.chars = append(r.chars, s...)
	return unsafe.String(unsafe.SliceData(r.chars[at:]), len(s)), true
}

// literal reports whether a string of JSON has neither escapes nor what has to be escaped.
func literal(s []byte) bool {
	ascii := true
	for _, b := range s {
		if b < ' ' || b == '\\' {
			return false
		}
		ascii = ascii && b < utf8.RuneSelf
	}
	return ascii || utf8.Valid(s)
}

func (r *pageReader) pointer() (*string, bool) {
	text, ok := r.text()
	r.texts = append(r.texts, text)
	return &r.texts[len(r.texts)-1], ok
}

// time reads seconds since 1970, which the SDK cuts to milliseconds.
func (r *pageReader) time() (*time.Time, bool) {
	start := r.pos
	if !r.number() {
		return nil, false
	}
	seconds, err := strconv.ParseFloat(string(bytes.TrimLeft(r.body[start:r.pos], " \t\r\n")), 64)
	if err != nil || math.Abs(seconds) > math.MaxInt32 {
		return nil, false
	}
	r.times = append(r.times, time.Unix(0, int64(seconds*1000)*1e6).UTC())
	return &r.times[len(r.times)-1], true
}

// number moves over a number.
func (r *pageReader) number() bool {
	if r.next() == '-' {
		r.pos++
	}
	whole := r.digits()
	if whole == 0 || whole > 1 && r.body[r.pos-whole] == '0' {
		return false
	}
	if r.at('.') {
		r.pos++
		if r.digits() == 0 {
			return false
		}
	}
	if r.at('e') || r.at('E') {
		r.pos++
		if r.at('+') || r.at('-') {
			r.pos++
		}
		return r.digits() > 0
	}
	return true
}

func (r *pageReader) at(b byte) bool { return r.pos < len(r.body) && r.body[r.pos] == b }

// digits moves over digits and returns their number.
func (r *pageReader) digits() int {
	start := r.pos
	for r.pos < len(r.body) && '0' <= r.body[r.pos] && r.body[r.pos] <= '9' {
		r.pos++
	}
	return r.pos - start
}

// integer reads an integer that is not negative.
func (r *pageReader) integer() (v int64, ok bool) {
	r.next()
	n := r.digits()
	digits := r.body[r.pos-n : r.pos]
	if n == 0 || n > 18 || n > 1 && digits[0] == '0' || r.at('.') || r.at('e') || r.at('E') {
		return 0, false
	}
	for _, b := range digits {
		v = v*10 + int64(b-'0')
	}
	return v, true
}
