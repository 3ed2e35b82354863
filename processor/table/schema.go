package table

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"

	"github.com/parquet-go/parquet-go"
)

// SchemaVersion is the version of the columns. It grows when a column is added.
//
//	1  the first
//	2  visit_started and browse_history.touch_offset: what the model has learnt from a row
const SchemaVersion = 2

// Schema describes the columns, one per line in the order of the file: field id, repetition, path, type.
func Schema() string {
	var b strings.Builder
	describe(&b, parquet.SchemaOf(Row{}), "")
	return b.String()
}

func describe(b *strings.Builder, parent parquet.Node, path string) {
	for _, field := range parent.Fields() {
		name := path + field.Name()
		repetition := "required"
		switch {
		case field.Optional():
			repetition = "optional"
		case field.Repeated():
			repetition = "repeated"
		}
		fmt.Fprintf(b, "%d %s %s %s\n", field.ID(), repetition, name, typeName(field))
		describe(b, field, name+".")
	}
}

func typeName(n parquet.Node) string {
	name := "group"
	if n.Leaf() {
		name = n.Type().Kind().String()
	}
	if logical := n.Type().LogicalType(); logical != nil {
		name += " " + logical.String()
	}
	return name
}

// SchemaHash identifies Schema: two files of the same hash have the same columns.
func SchemaHash() string { return schemaHash() }

var schemaHash = sync.OnceValue(func() string {
	sum := sha256.Sum256([]byte(Schema()))
	return hex.EncodeToString(sum[:16])
})
