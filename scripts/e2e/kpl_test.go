package e2e

import (
	"crypto/md5"

	"google.golang.org/protobuf/encoding/protowire"
)

// subRecord is one record of a KPL aggregate. An empty hashKey is none.
type subRecord struct {
	key, hashKey string
	data         []byte
}

// kplMagic begins every aggregate.
const kplMagic = "\xf3\x89\x9a\xc2"

// kplAggregate packs records as the Kinesis Producer Library does, each with keys of its own in the tables.
func kplAggregate(records ...subRecord) []byte {
	var keys, hashKeys, body []byte
	hashes := uint64(0)
	for i, r := range records {
		keys = protowire.AppendString(protowire.AppendTag(keys, 1, protowire.BytesType), r.key)
		record := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), uint64(i))
		if r.hashKey != "" {
			hashKeys = protowire.AppendString(protowire.AppendTag(hashKeys, 2, protowire.BytesType), r.hashKey)
			record = protowire.AppendVarint(protowire.AppendTag(record, 2, protowire.VarintType), hashes)
			hashes++
		}
		record = protowire.AppendBytes(protowire.AppendTag(record, 3, protowire.BytesType), r.data)
		body = protowire.AppendBytes(protowire.AppendTag(body, 3, protowire.BytesType), record)
	}
	return kplSeal(append(append(keys, hashKeys...), body...))
}

// kplSeal puts magic and checksum around a body, whatever it is.
func kplSeal(body []byte) []byte {
	sum := md5.Sum(body)
	return append(append([]byte(kplMagic), body...), sum[:]...)
}
