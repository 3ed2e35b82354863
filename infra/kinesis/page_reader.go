package kinesis

import (
	"bytes"
	"encoding/base64"
	"time"

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
