// Package athena_test compares the shipped table with the schema, and runs the view, which is written so that both Athena and DuckDB
// understand it, with DuckDB.
package athena_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/streamrec/streamrec/processor/table"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// hive is the type that Athena calls a column.
func hive(n parquet.Node) string {
	if l := n.Type().LogicalType(); l != nil {
		switch name := l.String(); {
		case strings.HasPrefix(name, "DECIMAL"):
			return "decimal(18,4)"
		case strings.HasPrefix(name, "TIMESTAMP"):
			return "timestamp"
		case name == "LIST":
			return "array<" + hive(n.Fields()[0].Fields()[0]) + ">"
		case name == "STRING":
			return "string"
		}
	}
	if !n.Leaf() {
		var fields []string
		for _, f := range n.Fields() {
			fields = append(fields, f.Name()+":"+hive(f))
		}
		return "struct<" + strings.Join(fields, ",") + ">"
	}
	return map[parquet.Kind]string{
		parquet.Int32: "int", parquet.Int64: "bigint", parquet.Boolean: "boolean", parquet.Double: "double", parquet.ByteArray: "binary",
	}[n.Type().Kind()]
}

// TestTableHasTheColumnsOfTheSchema fails when a column is added and forgotten here.
func TestTableHasTheColumnsOfTheSchema(t *testing.T) {
	var want []string
	for _, f := range parquet.SchemaOf(table.Row{}).Fields() {
		want = append(want, f.Name()+" "+hive(f))
	}
	ddl := read(t, "events_all.sql")
	columns := regexp.MustCompile(`(?s)CREATE EXTERNAL TABLE events_all \((.*?)\n\)`).FindStringSubmatch(ddl)
	if columns == nil {
		t.Fatal("there is no table")
	}
	var got []string
	for line := range strings.Lines(columns[1]) {
		if line = strings.TrimRight(strings.TrimSpace(line), ","); line != "" {
			got = append(got, line)
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if !strings.Contains(ddl, "PARTITIONED BY (gen int, dt string, hour string)") || !strings.Contains(ddl, "/gen=${gen}/dt=${dt}/hour=${hour}/'") {
		t.Error("the partitions are not those of the keys")
	}
}

// TestViewOverSmallTables runs the view over tables like those of Athena.
func TestViewOverSmallTables(t *testing.T) {
	setup := `
		CREATE MACRO from_iso8601_timestamp(s) AS s::TIMESTAMPTZ;
		CREATE TABLE events_all (id INT, gen INT, dt VARCHAR, hour VARCHAR, customer_id VARCHAR, arrival_time TIMESTAMPTZ);
		CREATE TABLE generations ("from" VARCHAR, "to" VARCHAR, generation INT);
		CREATE TABLE erasures (customer_id VARCHAR, key_id VARCHAR, erased_at VARCHAR);
		INSERT INTO events_all VALUES
			(1, 1, '2026-11-23', '09', 'a', '2026-11-23T09:00:00Z'), (2, 2, '2026-11-23', '09', 'a', '2026-11-23T09:00:00Z'),
			(3, 1, '2026-11-23', '10', 'a', '2026-11-23T10:00:00Z'), (4, 2, '2026-11-23', '10', 'a', '2026-11-23T10:00:00Z'),
			(5, 1, '2026-11-24', '00', NULL, '2026-11-24T00:00:00Z'), (6, 2, '2026-11-24', '00', NULL, '2026-11-24T00:00:00Z'),
			(7, 2, '2026-11-23', '10', 'b', '2026-11-23T10:30:00Z'), (8, 3, '2026-11-24', '01', 'c', '2026-11-24T01:00:00Z');
		INSERT INTO generations VALUES ('2026-11-23T10', '2026-11-24T00', 2), ('2026-11-24T01', NULL, 3);
		INSERT INTO erasures VALUES ('b', 'k', '2026-11-23T10:30:00Z'), ('b', 'k', '2026-11-22T10:30:00Z'), ('c', 'k', '2026-11-24T00:59:59Z');`
	cmd := exec.CommandContext(t.Context(), "node", "../../scripts/e2e/oracle.mjs")
	cmd.Stdin = strings.NewReader(setup + read(t, "events.sql") + "\nSELECT string_agg(id::VARCHAR, ' ' ORDER BY id) AS ids FROM events")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	exit, _ := errors.AsType[*exec.ExitError](err)
	if missing := errors.Is(err, exec.ErrNotFound) || exit != nil && exit.ExitCode() == 3; missing && os.Getenv("STREAMREC_DUCKDB") != "1" {
		t.Skip("DuckDB is not installed: run scripts/duckdb/install.sh")
	}
	if got := strings.TrimSpace(string(out)); err != nil || got != `[{"ids":"1 4 5 8"}]` {
		t.Errorf("got %s, %v: %s", got, err, stderr.String())
	}
}

// TestPlaceholdersAgree holds that one replacement is enough to set the files up.
func TestPlaceholdersAgree(t *testing.T) {
	for _, name := range []string{"events_all.sql", "generations.sql", "erasures.sql"} {
		if !strings.Contains(read(t, name), "LOCATION 's3://my-bucket/events/") {
			t.Errorf("%s has another location", name)
		}
	}
}
