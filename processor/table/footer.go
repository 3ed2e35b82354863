package table

import (
	"encoding/binary"
	"errors"
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

const footerMagic = "PAR1"

// reserved are the keys of this package.
func reserved() map[string]string {
	return map[string]string{
		KeySchemaVersion: strconv.Itoa(SchemaVersion),
		KeySchemaHash:    SchemaHash(),
		KeyCreatedBy:     createdBy,
	}
}

// keyValues joins the caller's keys with the reserved ones, in order.
func keyValues(meta map[string]string) ([]format.KeyValue, error) {
	all := reserved()
	for key, value := range meta {
		if _, taken := all[key]; taken {
			return nil, fmt.Errorf("footer key %s is reserved", key)
		}
		all[key] = value
	}
	var kvs []format.KeyValue
	for _, key := range slices.Sorted(maps.Keys(all)) {
		kvs = append(kvs, format.KeyValue{Key: key, Value: all[key]})
	}
	return kvs, nil
}

// replaceFooter gives the file a footer of our own making. That of parquet-go has bounds of any length and, when its writer
// is reused, the keys of earlier files and no column names.
func replaceFooter(file []byte, footer *format.FileMetaData, kvs []format.KeyValue) ([]byte, error) {
	const trailer = 4 + len(footerMagic)
	if len(file) < trailer || string(file[len(file)-len(footerMagic):]) != footerMagic {
		return nil, errors.New("the file has no footer")
	}
	old := int(binary.LittleEndian.Uint32(file[len(file)-trailer:]))
	if old > len(file)-trailer {
		return nil, errors.New("the footer is longer than the file")
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
	file = append(file[:len(file)-trailer-old], encoded...)
	file = binary.LittleEndian.AppendUint32(file, uint32(len(encoded)))
	return append(file, footerMagic...), nil
}

// trimBounds drops bounds that are too long. The page index keeps shortened ones, which still prune.
func trimBounds(s *format.Statistics) {
	if len(s.MinValue) > maxBound || len(s.MaxValue) > maxBound {
		s.MinValue, s.MaxValue = nil, nil
	}
}
