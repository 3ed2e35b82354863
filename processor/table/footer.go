package table

import (
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"sync"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// Keys that the footer of every file has, beside those that the caller of Close adds.
const (
	KeySchemaVersion = "schema_version" // SchemaVersion
	KeySchemaHash    = "schema_hash"    // SchemaHash()
	KeyCreatedBy     = "created_by"     // what wrote the file
	KeyChecksum      = "crc32c"         // of the whole file, with eight zeros in its own place
)

const createdBy = "streamrec table"

// What a footer takes, about: the schema, and for each row group the metadata of its columns and their page index.
const (
	footerBase     = 4 << 10
	footerPerGroup = 8 << 10
	footerPerPage  = 64
	footerHeap     = 64 << 10 // of a row group, while its file is open
)

// A file begins with the magic number. It ends with the footer, the length of the footer, and the magic number.
const (
	footerMagic = "PAR1"
	trailerSize = 8
)

// reserved are the keys of this package.
func reserved() map[string]string {
	return map[string]string{
		KeySchemaVersion: strconv.Itoa(SchemaVersion),
		KeySchemaHash:    SchemaHash(),
		KeyCreatedBy:     createdBy,
		KeyChecksum:      noChecksum,
	}
}

// keyValues joins the caller's keys with the reserved ones, in order but for the checksum, which has to be found again.
func keyValues(meta map[string]string) ([]format.KeyValue, error) {
	all := reserved()
	for key, value := range meta {
		if _, taken := all[key]; taken {
			return nil, fmt.Errorf("footer key %s is reserved", key)
		}
		all[key] = value
	}
	delete(all, KeyChecksum)
	var kvs []format.KeyValue
	for _, key := range slices.Sorted(maps.Keys(all)) {
		kvs = append(kvs, format.KeyValue{Key: key, Value: all[key]})
	}
	return append(kvs, format.KeyValue{Key: KeyChecksum, Value: noChecksum}), nil
}

// appendFooter appends the page index, the footer and the checksum to row groups.
func appendFooter(file []byte, groups []finished, kvs []format.KeyValue) ([]byte, error) {
	if len(file) == 0 {
		file = append(file, footerMagic...)
	}
	file, err := appendIndexes(file, groups)
	if err != nil {
		return nil, err
	}
	schema := emptyFooter()
	footer := format.FileMetaData{
		Version: schema.Version, Schema: schema.Schema, ColumnOrders: schema.ColumnOrders,
		CreatedBy: fmt.Sprintf("streamrec version %d.0.0 (build )", SchemaVersion), KeyValueMetadata: kvs,
	}
	for i := range groups {
		footer.NumRows += groups[i].group.NumRows
		footer.RowGroups = append(footer.RowGroups, groups[i].group)
	}
	encoded, err := thrift.Marshal(new(thrift.CompactProtocol), &footer)
	if err != nil {
		return nil, fmt.Errorf("encode footer: %w", err)
	}
	file = append(file, encoded...)
	file = binary.LittleEndian.AppendUint32(file, uint32(len(encoded)))
	file = append(file, footerMagic...)
	return file, stamp(file)
}

// emptyFooter is the footer of a file without rows, from which the schema comes.
var emptyFooter = sync.OnceValue(func() *format.FileMetaData {
	w := parquet.NewGenericWriter[Row](io.Discard)
	if err := w.Close(); err != nil {
		panic(err) // nothing is written anywhere
	}
	return w.File().Metadata()
})

// appendIndexes appends the page index. All indexes of columns come first, since readers fetch them at once.
func appendIndexes(file []byte, groups []finished) ([]byte, error) {
	for i := range groups {
		g := &groups[i]
		for j := range g.columns {
			if len(g.columns[j].NullPages) == 0 {
				continue
			}
			encoded, err := thrift.Marshal(new(thrift.CompactProtocol), &g.columns[j])
			if err != nil {
				return nil, fmt.Errorf("encode column index: %w", err)
			}
			chunk := &g.group.Columns[j]
			chunk.ColumnIndexOffset, chunk.ColumnIndexLength = int64(len(file)), int32(len(encoded))
			file = append(file, encoded...)
		}
	}
	for i := range groups {
		g := &groups[i]
		for j := range g.offsets {
			encoded, err := thrift.Marshal(new(thrift.CompactProtocol), &g.offsets[j])
			if err != nil {
				return nil, fmt.Errorf("encode offset index: %w", err)
			}
			chunk := &g.group.Columns[j]
			chunk.OffsetIndexOffset, chunk.OffsetIndexLength = int64(len(file)), int32(len(encoded))
			file = append(file, encoded...)
		}
	}
	return file, nil
}
