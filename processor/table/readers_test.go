package table

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// columnSum is what scripts/readers/sums.mjs says of a column.
type columnSum struct {
	Values int     `json:"values"`
	Sum    float64 `json:"sum"`
}

// TestOtherReadersAgree has files read by the Rust implementation of Arrow and by one in JavaScript, and compares columns of several row groups and pages.
func TestOtherReadersAgree(t *testing.T) {
	tools := needReaders(t)
	for name, rows := range map[string][]Row{"golden": goldenRows(), "many": newCatalog(6).rows(70_000, 5)} {
		file := filepath.Join(t.TempDir(), name+".parquet")
		if err := os.WriteFile(file, writeFile(t, Options{}, rows, nil), 0o644); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "node", "../../scripts/readers/sums.mjs", file)
		cmd.Env = append(os.Environ(), "STREAMREC_TOOLS="+tools)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %s", err, stderr.String())
		}
		want := sums(rows)
		readers := json.NewDecoder(bytes.NewReader(out))
		for range 2 {
			var got struct {
				Reader  string
				Rows    int
				Columns map[string]columnSum
			}
			if err := readers.Decode(&got); err != nil {
				t.Fatal(err)
			}
			if got.Rows != len(rows) || len(got.Columns) != len(want) {
				t.Errorf("%s, %s: %d rows and %d columns, want %d and %d", name, got.Reader, got.Rows, len(got.Columns), len(rows), len(want))
			}
			for column, w := range want {
				if g := got.Columns[column]; g.Values != w.Values || math.Abs(g.Sum-w.Sum) > 1e-9*math.Abs(w.Sum) {
					t.Errorf("%s, %s: column %s has %+v, want %+v", name, got.Reader, column, g, w)
				}
			}
		}
	}
}

// needReaders returns the folder of tools, and skips the test when the readers are not there, unless STREAMREC_DUCKDB=1 demands them.
func needReaders(t *testing.T) (tools string) {
	t.Helper()
	if tools = os.Getenv("STREAMREC_TOOLS"); tools == "" {
		tools = "../../.tools"
	}
	tools, err := filepath.Abs(tools)
	if err == nil {
		_, err = os.Stat(filepath.Join(tools, "readers/installed"))
	}
	switch {
	case err == nil:
	case os.Getenv("STREAMREC_DUCKDB") == "1":
		t.Fatalf("STREAMREC_DUCKDB=1, but the readers are not installed by scripts/readers/install.sh: %v", err)
	default:
		t.Skip("the readers are not installed: run scripts/readers/install.sh")
	}
	return tools
}

// sums computes what the readers should say.
func sums(rows []Row) map[string]columnSum {
	all := map[string]columnSum{}
	for i := range rows {
		sumStruct(all, "", reflect.ValueOf(rows[i]), float64(i+1))
	}
	return all
}

func sumStruct(all map[string]columnSum, prefix string, v reflect.Value, weight float64) {
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag.Get("parquet")
		name, _, _ := strings.Cut(tag, ",")
		if !strings.Contains(tag, "decimal") {
			sumValue(all, prefix+name, v.Field(i), weight)
		}
	}
}

func sumValue(all map[string]columnSum, path string, v reflect.Value, weight float64) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	var amount float64
	switch x := v.Interface().(type) {
	case string:
		amount = float64(len(x))
	case []byte:
		amount = float64(len(x))
	case bool:
		if x {
			amount = 1
		}
	case time.Time:
		amount = float64(x.UnixMilli())
	case int32:
		amount = float64(x)
	case int64:
		amount = float64(x)
	case float64:
		amount = x
	default: // a list
		for i := range v.Len() {
			sumStruct(all, path+".", v.Index(i), weight)
		}
		return
	}
	c := all[path]
	all[path] = columnSum{c.Values + 1, c.Sum + amount*weight}
}
