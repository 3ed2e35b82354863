// Package duckdb_test runs what is shipped for analysts with DuckDB, over a log that is small enough to count by hand.
package duckdb_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/streamrec/streamrec/processor/table"
)

const runner = "../../scripts/e2e/oracle.mjs"

// ask runs statements and returns the rows of the last one. Without DuckDB it skips the test, unless STREAMREC_DUCKDB=1 demands it.
func ask(t *testing.T, statements ...string) (rows []map[string]any) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", runner)
	cmd.Stdin = strings.NewReader(strings.Join(statements, ";\n"))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	exit, _ := errors.AsType[*exec.ExitError](err)
	if missing := errors.Is(err, exec.ErrNotFound) || exit != nil && exit.ExitCode() == 3; missing && os.Getenv("STREAMREC_DUCKDB") != "1" {
		t.Skip("DuckDB is not installed: run scripts/duckdb/install.sh")
	}
	if err == nil {
		err = json.Unmarshal(out, &rows)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	return rows
}

// text reads a file of statements.
func text(t *testing.T, path string) string {
	t.Helper()
	out, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimRight(strings.TrimSpace(string(out)), ";")
}

// in is the beginning of every question: the log is in a folder.
func in(t *testing.T, folder string) string {
	t.Helper()
	return "SET VARIABLE log = '" + folder + "';\n" + text(t, "views.sql")
}

var nine = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// visit is a row: who did what, and what was recommended then.
type visit struct {
	session, customer, product, event string
	list                              []string
}

// object makes the Parquet object of visits that arrived a minute apart from an hour on.
func object(t *testing.T, at time.Time, visits ...visit) []byte {
	t.Helper()
	w, err := table.NewWriter(table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range visits {
		arrival := at.Add(time.Duration(i) * time.Minute)
		r := table.Row{ShardID: "shardId-000000000000", SequenceNumber: fmt.Sprintf("%056d", arrival.Unix()), PartitionKey: v.session, ArrivalTime: arrival}
		if v.event == "" {
			r.Error, r.Raw = new("invalid_json: no value at byte 0"), new([]byte("x"))
		} else {
			r.SessionID, r.CustomerID = &v.session, &v.customer
			r.BrowseHistory = []table.Entry{{ProductCode: &v.product, Event: &v.event}}
		}
		for _, p := range v.list {
			r.Recommendations = append(r.Recommendations, table.Recommendation{ProductCode: p, Score: 1})
		}
		if err := w.Append([]table.Row{r}); err != nil {
			t.Fatal(err)
		}
	}
	body, err := w.Close(nil)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// put writes an object of the log.
func put(t *testing.T, folder, key string, body []byte) {
	t.Helper()
	path := filepath.Join(folder, key)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, body, 0o600)); err != nil {
		t.Fatal(err)
	}
}

// link is the key of an object in an hour of 23 November 2026.
func link(generation, hour int) string {
	return fmt.Sprintf("gen=%d/dt=2026-11-23/hour=%02d/shardId-000000000000-%056d.parquet", generation, hour, hour)
}

// aLog has three hours of generation 1; the one from ten on is replaced by generation 2, and the rest of generation 2 is not current.
func aLog(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	put(t, folder, link(1, 9), object(t, nine,
		visit{"a", "k1", "P1", "view", []string{"P2", "P3"}}, visit{"a", "k1", "P2", "cart", []string{"P4"}},
		visit{"b", "k2", "P1", "view", []string{"P9"}}, visit{"b", "k2", "P5", "view", nil}, visit{event: ""}))
	put(t, folder, link(1, 10), object(t, nine.Add(time.Hour), visit{"z", "k3", "OLD", "purchase", nil}))
	put(t, folder, link(2, 10), object(t, nine.Add(time.Hour),
		visit{"a", "k1", "P4", "purchase", []string{"P1"}}, visit{"c", "k4", "P7", "view", []string{"P8"}}))
	put(t, folder, link(2, 9), object(t, nine, visit{"z", "k3", "EARLY", "purchase", nil}))
	put(t, folder, link(1, 11), object(t, nine.Add(2*time.Hour), visit{"c", "k4", "P8", "cart", []string{"P1"}}))
	put(t, folder, "generations/generations.json", []byte(`{"from":"2026-11-23T10","to":"2026-11-23T11","generation":2}`+"\n"))
	return folder
}

// erase adds a tombstone.
func erase(t *testing.T, folder, customer string, at time.Time) {
	t.Helper()
	put(t, folder, "erasures/"+customer+".json", fmt.Appendf(nil, `{"customer_id":%q,"key_id":"c4753388","erased_at":%q}`+"\n", customer, at.Format(time.RFC3339)))
}

func requireRows(t *testing.T, got []map[string]any, want ...string) {
	t.Helper()
	var have []string
	for _, row := range got {
		line, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		have = append(have, string(line))
	}
	if strings.Join(have, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(have, "\n"), strings.Join(want, "\n"))
	}
}

const counts = `SELECT hour, count(*)::INTEGER AS n, max(gen)::INTEGER AS gen FROM events GROUP BY hour ORDER BY hour`

func TestViewShowsTheCurrentGeneration(t *testing.T) {
	folder := aLog(t)
	requireRows(t, ask(t, in(t, folder), counts),
		`{"gen":1,"hour":"09","n":5}`, `{"gen":2,"hour":"10","n":2}`, `{"gen":1,"hour":"11","n":1}`)
	put(t, folder, "generations/generations.json", []byte(`{"from":"2026-11-23T10","generation":2}`+"\n"+`{"from":"2026-11-23T00","to":"2026-11-23T10","generation":1}`+"\n"))
	requireRows(t, ask(t, in(t, folder), counts), `{"gen":1,"hour":"09","n":5}`, `{"gen":2,"hour":"10","n":2}`)
	if err := os.RemoveAll(filepath.Join(folder, "generations")); err != nil {
		t.Fatal(err)
	}
	requireRows(t, ask(t, in(t, folder), counts),
		`{"gen":1,"hour":"09","n":5}`, `{"gen":1,"hour":"10","n":1}`, `{"gen":1,"hour":"11","n":1}`)
}

func TestViewForgetsErasedCustomers(t *testing.T) {
	folder := aLog(t)
	erase(t, folder, "k1", nine.Add(30*time.Minute))
	erase(t, folder, "k4", nine.Add(5*time.Hour))
	requireRows(t, ask(t, in(t, folder), "SELECT customer_id AS c, count(*)::INTEGER AS n FROM events GROUP BY c ORDER BY c"),
		`{"c":"k1","n":1}`, `{"c":"k2","n":2}`, `{"c":null,"n":1}`)
}

func TestHitRate(t *testing.T) {
	// a: P2 was in the list, P4 was; b: P5 was not; c: P8 was.
	requireRows(t, ask(t, in(t, aLog(t)), text(t, "hit_rate.sql")),
		`{"dt":"2026-11-23","hit_rate":0.5,"hour":"09","steps":"2"}`,
		`{"dt":"2026-11-23","hit_rate":1,"hour":"10","steps":"1"}`, `{"dt":"2026-11-23","hit_rate":1,"hour":"11","steps":"1"}`)
}

func TestFunnel(t *testing.T) {
	requireRows(t, ask(t, in(t, aLog(t)), text(t, "funnel.sql")), `{"carts":"2","dt":"2026-11-23","purchases":"1","views":"3"}`)
}

// older and newer are rows of other schema versions: one lacks columns, one has a column more, also within a list.
type older struct {
	ShardID        string    `parquet:"shard_id,id(1)"`
	SequenceNumber string    `parquet:"sequence_number,id(2)"`
	ArrivalTime    time.Time `parquet:"arrival_time,id(7),timestamp(microsecond)"`
	SessionID      *string   `parquet:"session_id,id(10),optional"`
}

type newer struct {
	table.Row
	Weather *string `parquet:"weather,id(99),optional"`
}

func parquetOf[T any](t *testing.T, row T) []byte {
	t.Helper()
	var out bytes.Buffer
	w := parquet.NewGenericWriter[T](&out)
	_, err := w.Write([]T{row})
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestSchemaVersionsAreReadTogether(t *testing.T) {
	folder := aLog(t)
	put(t, folder, link(1, 7), parquetOf(t, older{"shardId-000000000000", "1", nine.Add(-2 * time.Hour), new("old")}))
	put(t, folder, link(1, 12), parquetOf(t, newer{table.Row{ShardID: "shardId-000000000000", SequenceNumber: "9", ArrivalTime: nine.Add(3 * time.Hour), SessionID: new("new")}, new("rain")}))
	requireRows(t, ask(t, in(t, folder), `SELECT session_id AS s, weather, city, len(browse_history) AS h FROM events WHERE hour IN ('07', '11', '12') ORDER BY arrival_time`),
		`{"city":null,"h":null,"s":"old","weather":null}`, `{"city":null,"h":"1","s":"c","weather":null}`, `{"city":null,"h":null,"s":"new","weather":"rain"}`)
	golden, err := filepath.Glob("../../processor/table/testdata/v*.parquet")
	if err != nil || len(golden) == 0 {
		t.Fatalf("golden files: %v, %v", golden, err)
	}
	for i, path := range golden {
		put(t, folder, link(1, 20+i), []byte(mustRead(t, path)))
	}
	requireRows(t, ask(t, in(t, folder), `SELECT count(*)::INTEGER AS n FROM events WHERE hour >= '20'`), fmt.Sprintf(`{"n":%d}`, 4*len(golden)))
}

func mustRead(t *testing.T, path string) string {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestSnippetsOfTheReadme runs every block of SQL in the README.
func TestSnippetsOfTheReadme(t *testing.T) {
	readme := mustRead(t, "../../README.md")
	blocks := regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(readme, -1)
	if len(blocks) == 0 {
		t.Fatal("the README has no SQL")
	}
	folder := aLog(t)
	for _, b := range blocks {
		sql := strings.ReplaceAll(b[1], "data/s3/shop-log/events", folder)
		if !strings.Contains(sql, folder) {
			t.Errorf("a block does not say where the log is:\n%s", sql)
		}
		var last string
		for line := range strings.Lines(sql) {
			if file, ok := strings.CutPrefix(strings.TrimSpace(line), ".read "); ok {
				line = mustRead(t, filepath.Join("../..", file))
			}
			last += line
		}
		if rows := ask(t, strings.TrimRight(strings.TrimSpace(last), ";")); len(rows) == 0 {
			t.Errorf("no rows from\n%s", sql)
		}
	}
}
