package event

import (
	"bytes"
	"crypto/md5"
	"slices"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// A KPL aggregate is a magic number, a protobuf message and the MD5 of the message:
//
//	message AggregatedRecord {
//	  repeated string partition_key_table     = 1;
//	  repeated string explicit_hash_key_table = 2;
//	  repeated Record records                 = 3;
//	}
//	message Record {
//	  required uint64 partition_key_index     = 1;
//	  optional uint64 explicit_hash_key_index = 2;
//	  required bytes  data                    = 3;
//	  repeated Tag    tags                    = 4;
//	}
const aggregateMagic = "\xf3\x89\x9a\xc2"

const (
	partitionKeyTable protowire.Number = 1
	hashKeyTable      protowire.Number = 2
	recordsOfTable    protowire.Number = 3

	partitionKeyIndex protowire.Number = 1
	hashKeyIndex      protowire.Number = 2
	dataOfRecord      protowire.Number = 3
)

func isAggregate(data []byte) bool { return bytes.HasPrefix(data, []byte(aggregateMagic)) }

// aggregate is the parsed form of one aggregate. Its slices are reused and point into the record.
type aggregate struct {
	partitionKeys [][]byte
	hashKeys      []explicitKey
	records       []subRecord
}

type explicitKey struct {
	text string
	key  HashKey
}

// subRecord refers to the tables by index; hashKey is -1 for none.
type subRecord struct {
	partitionKey int
	hashKey      int
	data         []byte
}

// decodeAggregate appends the events of all sub-records, or one poison event if the aggregate is damaged; ok is false if
// the events are too many.
func (d *Decoder) decodeAggregate(dst []Event, p payload) (_ []Event, ok bool) {
	body, err := checkedBody(p.data)
	if err == nil {
		if ok, err = d.subs.parse(body, p.room); !ok {
			return dst, false
		}
	}
	if err != nil {
		return d.poison(dst, p, 0, bytes.Clone(p.data), err), true
	}
	start := len(dst)
	dst = slices.Grow(dst, len(d.subs.records))
	for i := range d.subs.records {
		sub := d.subPayload(i)
		sub.room = p.room - (len(dst) - start)
		if d.hashes != nil && !d.hashes.Contains(sub.hashKey) {
			err := fault(Misrouted, "the hash key lies outside of the shard's range")
			dst, ok = d.poison(dst, sub, 0, bytes.Clone(sub.data), err), sub.room > 0
		} else {
			dst, ok = d.decodePayload(dst, sub)
		}
		if !ok {
			return dst, false
		}
	}
	return dst, true
}

// checkedBody gives the protobuf message of an aggregate after comparing its checksum.
func checkedBody(data []byte) ([]byte, *Error) {
	body := data[len(aggregateMagic):]
	if len(body) < md5.Size {
		return nil, fault(KPLChecksum, "%d bytes have no room for a checksum", len(data))
	}
	body, want := body[:len(body)-md5.Size], body[len(body)-md5.Size:]
	if sum := md5.Sum(body); !bytes.Equal(sum[:], want) {
		return nil, fault(KPLChecksum, "the checksum of %d bytes does not match", len(body))
	}
	return body, nil
}

// subPayload resolves the indexes of sub-record i.
func (d *Decoder) subPayload(i int) payload {
	r := &d.subs.records[i]
	p := payload{sub: i, data: r.data, partitionKey: string(d.subs.partitionKeys[r.partitionKey])}
	if r.hashKey < 0 {
		p.hashKey = d.hashOf(p.partitionKey)
		return p
	}
	explicit := d.subs.hashKeys[r.hashKey]
	p.explicitHashKey, p.hashKey = explicit.text, explicit.key
	return p
}

// release forgets the record that the slices point into, and large slices with it.
func (a *aggregate) release() {
	clear(a.partitionKeys)
	clear(a.records)
	if cap(a.records) > keptRecords || cap(a.partitionKeys) > keptRecords {
		*a = aggregate{}
	}
}

// keptRecords is how many sub-records a decoder keeps room for.
const keptRecords = 4096

// parse reads the message and checks that every index is in its table. ok is false if a list is longer than limit.
func (a *aggregate) parse(body []byte, limit int) (ok bool, _ *Error) {
	a.partitionKeys, a.hashKeys, a.records = a.partitionKeys[:0], a.hashKeys[:0], a.records[:0]
	for len(body) > 0 {
		number, kind, n := protowire.ConsumeTag(body)
		if n < 0 {
			return true, malformed(body, n)
		}
		body = body[n:]
		if !isKnown(number) {
			if n = protowire.ConsumeFieldValue(number, kind, body); n < 0 {
				return true, malformed(body, n)
			}
			body = body[n:]
			continue
		}
		if kind != protowire.BytesType {
			return true, fault(KPLMalformed, "a table field has wire type %d", kind)
		}
		value, n := protowire.ConsumeBytes(body)
		if n < 0 {
			return true, malformed(body, n)
		}
		body = body[n:]
		if err := a.add(number, value); err != nil {
			return true, err
		}
		if max(len(a.partitionKeys), len(a.hashKeys), len(a.records)) > limit {
			return false, nil
		}
	}
	return true, a.check()
}

func isKnown(number protowire.Number) bool { return number <= recordsOfTable }

// maxPartitionKey is how many characters Kinesis allows.
const maxPartitionKey = 256

func malformed(rest []byte, n int) *Error {
	return fault(KPLMalformed, "%d bytes before the end: %v", len(rest), protowire.ParseError(n))
}

func (a *aggregate) add(number protowire.Number, value []byte) *Error {
	switch number {
	case partitionKeyTable:
		if !utf8.Valid(value) || utf8.RuneCount(value) > maxPartitionKey {
			return fault(KPLMalformed, "partition key %d is not Unicode, or too long", len(a.partitionKeys))
		}
		a.partitionKeys = append(a.partitionKeys, value)
	case hashKeyTable:
		key, err := ParseHashKey(string(value))
		if err != nil {
			return fault(KPLHashKey, "explicit hash key %d: %v", len(a.hashKeys), err)
		}
		a.hashKeys = append(a.hashKeys, explicitKey{string(value), key})
	case recordsOfTable:
		r, err := parseSubRecord(value)
		if err != nil {
			return err
		}
		a.records = append(a.records, r)
	}
	return nil
}

func (a *aggregate) check() *Error {
	if len(a.records) == 0 {
		return fault(KPLEmpty, "no sub-record")
	}
	for i, r := range a.records {
		if r.partitionKey >= len(a.partitionKeys) || r.hashKey >= len(a.hashKeys) {
			return fault(KPLIndex, "sub-record %d of %d points outside of the key tables", i, len(a.records))
		}
	}
	return nil
}

// parseSubRecord reads one Record message. Of a repeated field the last counts, as in protobuf.
func parseSubRecord(body []byte) (subRecord, *Error) {
	r := subRecord{partitionKey: -1, hashKey: -1}
	hasData := false
	for len(body) > 0 {
		number, kind, n := protowire.ConsumeTag(body)
		if n < 0 {
			return r, malformed(body, n)
		}
		body = body[n:]
		switch {
		case number == partitionKeyIndex && kind == protowire.VarintType:
			r.partitionKey, n = consumeIndex(body)
		case number == hashKeyIndex && kind == protowire.VarintType:
			r.hashKey, n = consumeIndex(body)
		case number == dataOfRecord && kind == protowire.BytesType:
			r.data, n = protowire.ConsumeBytes(body)
			hasData = true
		case number <= dataOfRecord:
			return r, fault(KPLMalformed, "field %d of a sub-record has wire type %d", number, kind)
		default:
			n = protowire.ConsumeFieldValue(number, kind, body)
		}
		if n < 0 {
			return r, malformed(body, n)
		}
		body = body[n:]
	}
	if r.partitionKey < 0 || !hasData {
		return r, fault(KPLMalformed, "a sub-record lacks its key or its data")
	}
	return r, nil
}

// consumeIndex reads a varint; one that no table can have becomes the largest int, which check refuses.
func consumeIndex(body []byte) (index, n int) {
	const beyond = 1<<63 - 1
	v, n := protowire.ConsumeVarint(body)
	return int(min(v, beyond)), n
}
