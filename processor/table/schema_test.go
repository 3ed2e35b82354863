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
	older := columnsOf(t, 1)
	for version := 2; version <= SchemaVersion; version++ {
		columns := columnsOf(t, version)
		for _, wrong := range regressions(older, columns) {
			t.Errorf("version %d: %s", version, wrong)
		}
		older = columns
	}
}

func columnsOf(t *testing.T, version int) []string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("testdata/v%d.schema", version))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// regressions says what a version does to columns beyond adding nullable ones with ids of their own.
func regressions(older, newer []string) (wrong []string) {
	ids := map[string]string{}
	for _, column := range older {
		if !slices.Contains(newer, column) {
			wrong = append(wrong, fmt.Sprintf("lacks %q", column))
		}
		id, _, _ := strings.Cut(column, " ")
		ids[id] = column
	}
	for _, column := range newer {
		if slices.Contains(older, column) {
			continue
		}
		if !strings.Contains(column, " optional ") {
			wrong = append(wrong, fmt.Sprintf("adds %q, which is not nullable", column))
		}
		if id, _, _ := strings.Cut(column, " "); ids[id] != "" && id != "0" {
			wrong = append(wrong, fmt.Sprintf("gives %q the id of %q", column, ids[id]))
		}
	}
	return wrong
}

// TestRegressionsAreSeen plants what must not happen to a schema.
func TestRegressionsAreSeen(t *testing.T) {
	now := columnsOf(t, SchemaVersion)
	for name, c := range map[string]struct {
		change func([]string) []string
		wrong  int
	}{
		"nothing":            {func(s []string) []string { return s }, 0},
		"a nullable column":  {func(s []string) []string { return append(s, "38 optional weather BYTE_ARRAY STRING") }, 0},
		"a required column":  {func(s []string) []string { return append(s, "38 required weather BYTE_ARRAY STRING") }, 1},
		"an id used again":   {func(s []string) []string { return append(s, "13 optional weather BYTE_ARRAY STRING") }, 1},
		"a column removed":   {func(s []string) []string { return s[:len(s)-1] }, 1},
		"a column renamed":   {func(s []string) []string { s[0] = strings.Replace(s[0], "shard_id", "shard", 1); return s }, 3},
		"another type":       {func(s []string) []string { s[2] = strings.Replace(s[2], "INT32", "INT64", 1); return s }, 3},
		"no longer required": {func(s []string) []string { s[0] = strings.Replace(s[0], "required", "optional", 1); return s }, 2},
	} {
		if got := regressions(now, c.change(slices.Clone(now))); len(got) != c.wrong {
			t.Errorf("%s: %q, want %d regressions", name, got, c.wrong)
		}
	}
}

// released are the hashes of what earlier releases have written. Add a version's when it is released; never change one.
var released = map[string]string{
	"v1.schema":  "967634852913caa65fbefd42efc53d6a5271a61a6ad4d0d89bce41b5fd90e96f",
	"v1.parquet": "57c0c48e2691a7c5591c8466e5109a1ad1727222e2f9918275f1f14598c4c987",
}

// TestReleasedFilesStay keeps -update from rewriting history.
func TestReleasedFilesStay(t *testing.T) {
	for name, want := range released {
		body, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != want {
			t.Errorf("%s is not what was released", name)
		}
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
	if len(seen) != 38 { // 37 ids and 0
		t.Errorf("%d field ids, want those from 1 to 37", len(seen)-1)
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
