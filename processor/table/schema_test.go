package table

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

var update = flag.Bool("update", false, "rewrite the golden files of the current schema version")

// golden is the name of a golden file of the current schema version.
func golden(suffix string) string { return fmt.Sprintf("testdata/v%d%s", SchemaVersion, suffix) }

func TestSchemaIsGolden(t *testing.T) {
	if *update {
		if err := os.WriteFile(golden(".schema"), []byte(Schema()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden(".schema"))
	if err != nil {
		t.Fatal(err)
	}
	if Schema() != string(want) {
		t.Errorf("the columns have changed; with another SchemaVersion, run with -update.\n got\n%s\nwant\n%s", Schema(), want)
	}
	sum := sha256.Sum256(want)
	if got := SchemaHash(); got != hex.EncodeToString(sum[:16]) {
		t.Errorf("SchemaHash() = %s is not that of the schema", got)
	}
}

// TestSchemaEvolves checks that each version has the columns of the one before, and only nullable ones beside them.
func TestSchemaEvolves(t *testing.T) {
	var older []string
	for version := 1; version <= SchemaVersion; version++ {
		text, err := os.ReadFile(fmt.Sprintf("testdata/v%d.schema", version))
		if err != nil {
			t.Fatal(err)
		}
		columns := strings.Split(strings.TrimSpace(string(text)), "\n")
		for _, column := range older {
			if !slices.Contains(columns, column) {
				t.Errorf("version %d lacks %q", version, column)
			}
		}
		for _, column := range columns {
			if version > 1 && !slices.Contains(older, column) && !strings.Contains(column, " optional ") {
				t.Errorf("version %d adds %q, which is not nullable", version, column)
			}
		}
		older = columns
	}
}

func TestFieldIDs(t *testing.T) {
	seen := map[int]string{}
	var walk func(n parquet.Node, path string)
	walk = func(n parquet.Node, path string) {
		for _, field := range n.Fields() {
			name := path + "." + field.Name()
			switch other := seen[field.ID()]; {
			case field.ID() == 0 && !strings.HasSuffix(name, ".list"): // the middle level of a list has none
				t.Errorf("%s has no field id", name)
			case other != "" && field.ID() != 0:
				t.Errorf("%s has the field id of %s", name, other)
			}
			seen[field.ID()] = name
			walk(field, name)
		}
	}
	walk(parquet.SchemaOf(Row{}), "")
	if len(seen) != 36 { // 35 ids and 0
		t.Errorf("%d field ids, want those from 1 to 35", len(seen)-1)
	}
}

// TestTags looks for the combination of tags that stores null for every row.
func TestTags(t *testing.T) {
	for _, typ := range []reflect.Type{reflect.TypeFor[Row](), reflect.TypeFor[Entry](), reflect.TypeFor[Recommendation]()} {
		for i := range typ.NumField() {
			f := typ.Field(i)
			tag := f.Tag.Get("parquet")
			if strings.Contains(tag, ",json") {
				t.Errorf("%s.%s has the tag json", typ.Name(), f.Name)
			}
			pointer, list := f.Type.Kind() == reflect.Pointer, strings.Contains(tag, ",list")
			if optional := strings.Contains(tag, ",optional"); optional != (pointer || list) {
				t.Errorf("%s.%s: optional is %v, but the field cannot tell null from empty, or need not", typ.Name(), f.Name, optional)
			}
		}
	}
}
