package table

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strconv"

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
)

// maxBound is the longest minimum or maximum of a column chunk that a footer keeps. Without a limit a footer would hold
// the two largest values of raw and extra in full, and readers would fetch them with every footer.
const maxBound = 64

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

// replaceFooter gives the file a footer of our own making. That of parquet-go has bounds of any length and, when its writer
// is reused, the keys of earlier files and no column names.
func replaceFooter(file []byte, footer *format.FileMetaData, kvs []format.KeyValue) ([]byte, error) {
	start, err := footerStart(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, err
	}
	footer.KeyValueMetadata = kvs
	paths := parquet.SchemaOf(Row{}).Columns()
	for _, group := range footer.RowGroups {
		for i := range group.Columns {
			column := &group.Columns[i].MetaData
			column.PathInSchema = slices.Clone(paths[i]) // Reset clears it
			trimBounds(&column.Statistics)
		}
	}
	encoded, err := thrift.Marshal(new(thrift.CompactProtocol), footer)
	if err != nil {
		return nil, fmt.Errorf("encode footer: %w", err)
	}
	file = append(file[:start], encoded...)
	file = binary.LittleEndian.AppendUint32(file, uint32(len(encoded)))
	file = append(file, footerMagic...)
	return file, stamp(file)
}

// trimBounds drops bounds that are too long. The page index keeps shortened ones, which still prune.
func trimBounds(s *format.Statistics) {
	if len(s.MinValue) > maxBound || len(s.MaxValue) > maxBound {
		s.MinValue, s.MaxValue = nil, nil
	}
}
