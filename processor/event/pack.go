package event

import (
	"crypto/md5"
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// UserRecord is one record before aggregation.
type UserRecord struct {
	PartitionKey    string // at least one character
	ExplicitHashKey string // decimal, or empty for the MD5 of PartitionKey
	Data            []byte
}

// Aggregate packs records, in order, into the data of one Kinesis record in the format of the KPL. All of them should
// belong to one shard; put the result under the keys of any of them. It is an error to pass none, a record without
// partition key, or an explicit hash key that is no number.
func Aggregate(records []UserRecord) ([]byte, error) {
	if len(records) == 0 {
		return nil, errors.New("aggregate records: there is none")
	}
	var partitionKeys, hashKeys keyTable
	var packed []byte
	for i, r := range records {
		if r.PartitionKey == "" {
			return nil, fmt.Errorf("aggregate record %d: it has no partition key", i)
		}
		body := protowire.AppendTag(nil, partitionKeyIndex, protowire.VarintType)
		body = protowire.AppendVarint(body, partitionKeys.index(r.PartitionKey))
		if r.ExplicitHashKey != "" {
			if _, err := ParseHashKey(r.ExplicitHashKey); err != nil {
				return nil, fmt.Errorf("aggregate record %d: explicit hash key: %w", i, err)
			}
			body = protowire.AppendTag(body, hashKeyIndex, protowire.VarintType)
			body = protowire.AppendVarint(body, hashKeys.index(r.ExplicitHashKey))
		}
		body = protowire.AppendTag(body, dataOfRecord, protowire.BytesType)
		body = protowire.AppendBytes(body, r.Data)
		packed = protowire.AppendTag(packed, recordsOfTable, protowire.BytesType)
		packed = protowire.AppendBytes(packed, body)
	}
	out := []byte(aggregateMagic)
	out = partitionKeys.append(out, partitionKeyTable)
	out = hashKeys.append(out, hashKeyTable)
	out = append(out, packed...)
	sum := md5.Sum(out[len(aggregateMagic):])
	return append(out, sum[:]...), nil
}

// keyTable numbers distinct keys in order of appearance.
type keyTable struct {
	keys    []string
	numbers map[string]uint64
}

func (t *keyTable) index(key string) uint64 {
	if n, ok := t.numbers[key]; ok {
		return n
	}
	if t.numbers == nil {
		t.numbers = make(map[string]uint64)
	}
	n := uint64(len(t.keys))
	t.numbers[key] = n
	t.keys = append(t.keys, key)
	return n
}

func (t *keyTable) append(b []byte, number protowire.Number) []byte {
	for _, key := range t.keys {
		b = protowire.AppendTag(b, number, protowire.BytesType)
		b = protowire.AppendString(b, key)
	}
	return b
}
