package table

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/event"
)

func fromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }

const queryScript = "../../scripts/duckdb/query.mjs"

// needDuckDB skips the test when DuckDB is not installed, unless STREAMREC_DUCKDB=1 demands it.
func needDuckDB(t *testing.T) {
	t.Helper()
	tools := os.Getenv("STREAMREC_TOOLS")
	if tools == "" {
		tools = "../../.tools"
	}
	_, err := os.Stat(filepath.Join(tools, "duckdb/node_modules/@duckdb/node-api"))
	if err == nil {
		_, err = exec.LookPath("node")
	}
	switch {
	case err == nil:
	case os.Getenv("STREAMREC_DUCKDB") == "1":
		t.Fatalf("STREAMREC_DUCKDB=1, but DuckDB is not installed by scripts/duckdb/install.sh: %v", err)
	default:
		t.Skip("DuckDB is not installed: run scripts/duckdb/install.sh")
	}
}

// query runs SQL over a folder of files through the script and decodes the lines of its output.
func query[T any](t *testing.T, folder, sql string) []T {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", queryScript, folder)
	cmd.Stdin = strings.NewReader(sql)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("query: %v: %s", err, stderr.String())
	}
	var rows []T
	dec := json.NewDecoder(bytes.NewReader(out))
	for dec.More() {
		var row T
		if err := dec.Decode(&row); err != nil {
			t.Fatalf("decode answer: %v", err)
		}
		rows = append(rows, row)
	}
	return rows
}

// asFolder puts a file where a link of the log is.
func asFolder(t *testing.T, files ...[]byte) string {
	t.Helper()
	root := t.TempDir()
	for i, file := range files {
		dir := filepath.Join(root, "gen=1", "dt=2026-11-23", fmt.Sprintf("hour=%02d", i))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "shardId-000000000003-1.parquet"), file, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// described is the table as DuckDB sees it.
var described = []string{
	"shard_id VARCHAR",
	"sequence_number VARCHAR",
	"sub_sequence INTEGER",
	"line INTEGER",
	"partition_key VARCHAR",
	"explicit_hash_key VARCHAR",
	"arrival_time TIMESTAMP WITH TIME ZONE",
	"event_time TIMESTAMP WITH TIME ZONE",
	"event_id VARCHAR",
	"session_id VARCHAR",
	"customer_id VARCHAR",
	"key_id VARCHAR",
	"city VARCHAR",
	"country VARCHAR",
	"credit_limit DECIMAL(18,4)",
	"browse_history STRUCT(product_code VARCHAR, quantity BIGINT, in_shopping_cart BOOLEAN, \"event\" VARCHAR, category VARCHAR, " +
		"brand VARCHAR, price DECIMAL(18,4), currency VARCHAR, extra VARCHAR, touch_offset BIGINT)[]",
	"recommendations STRUCT(product_code VARCHAR, score DOUBLE)[]",
	"model_version INTEGER",
	"duplicate BOOLEAN",
	"extra VARCHAR",
	"error VARCHAR",
	"raw BLOB",
	"visit_started TIMESTAMP WITH TIME ZONE",
	"dt DATE",
	"gen BIGINT",
	"hour VARCHAR",
}

func TestDuckDBDescribesTheTable(t *testing.T) {
	needDuckDB(t)
	type column struct {
		Name string `json:"column_name"`
		Type string `json:"column_type"`
	}
	var got []string
	for _, c := range query[column](t, asFolder(t, writeFile(t, Options{}, nil, nil)), "DESCRIBE events") {
		got = append(got, c.Name+" "+c.Type)
	}
	if !slices.Equal(got, described) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(described, "\n"))
	}
}

// exact selects every column in a form that JSON holds without loss.
const exact = `SELECT shard_id, sequence_number, sub_sequence, line, partition_key, explicit_hash_key,
	epoch_us(arrival_time) AS arrival_time, epoch_us(event_time) AS event_time, event_id, session_id, customer_id, key_id,
	city, country, credit_limit::VARCHAR AS credit_limit,
	list_transform(browse_history, lambda x: {product_code: x.product_code, quantity: x.quantity::VARCHAR,
		in_shopping_cart: x.in_shopping_cart, event: x.event, category: x.category, brand: x.brand, price: x.price::VARCHAR,
		currency: x.currency, extra: x.extra, touch_offset: x.touch_offset::VARCHAR}) AS browse_history,
	list_transform(recommendations, lambda x: {product_code: x.product_code, score: x.score::VARCHAR}) AS recommendations,
	model_version, duplicate, extra, error, hex(raw) AS raw, epoch_us(visit_started) AS visit_started FROM events ORDER BY hour, file_row_number`

// exactRow is a row of exact.
type exactRow struct {
	ShardID         string  `json:"shard_id"`
	SequenceNumber  string  `json:"sequence_number"`
	SubSequence     int32   `json:"sub_sequence"`
	Line            int32   `json:"line"`
	PartitionKey    string  `json:"partition_key"`
	ExplicitHashKey *string `json:"explicit_hash_key"`
	ArrivalTime     int64   `json:"arrival_time"`
	EventTime       *int64  `json:"event_time"`
	EventID         *string `json:"event_id"`
	SessionID       *string `json:"session_id"`
	CustomerID      *string `json:"customer_id"`
	KeyID           *string `json:"key_id"`
	City            *string `json:"city"`
	Country         *string `json:"country"`
	CreditLimit     *string `json:"credit_limit"`
	BrowseHistory   []struct {
		ProductCode    *string `json:"product_code"`
		Quantity       *string `json:"quantity"`
		InShoppingCart *bool   `json:"in_shopping_cart"`
		Event          *string `json:"event"`
		Category       *string `json:"category"`
		Brand          *string `json:"brand"`
		Price          *string `json:"price"`
		Currency       *string `json:"currency"`
		Extra          *string `json:"extra"`
		TouchOffset    *string `json:"touch_offset"`
	} `json:"browse_history"`
	Recommendations []struct {
		ProductCode string `json:"product_code"`
		Score       string `json:"score"`
	} `json:"recommendations"`
	ModelVersion *int32  `json:"model_version"`
	Duplicate    bool    `json:"duplicate"`
	Extra        *string `json:"extra"`
	Error        *string `json:"error"`
	Raw          *string `json:"raw"`
	VisitStarted *int64  `json:"visit_started"`
}

// row converts back.
func (x *exactRow) row(t *testing.T) Row {
	t.Helper()
	r := Row{
		ShardID: x.ShardID, SequenceNumber: x.SequenceNumber, SubSequence: x.SubSequence, Line: x.Line, PartitionKey: x.PartitionKey,
		ExplicitHashKey: x.ExplicitHashKey, ArrivalTime: fromMicros(x.ArrivalTime), EventID: x.EventID, SessionID: x.SessionID,
		CustomerID: x.CustomerID, KeyID: x.KeyID, City: x.City, Country: x.Country, CreditLimit: amount(t, x.CreditLimit),
		ModelVersion: x.ModelVersion, Duplicate: x.Duplicate, Extra: x.Extra, Error: x.Error,
	}
	if x.EventTime != nil {
		r.EventTime = new(fromMicros(*x.EventTime))
	}
	if x.VisitStarted != nil {
		r.VisitStarted = new(fromMicros(*x.VisitStarted))
	}
	if x.Raw != nil {
		raw, err := hex.DecodeString(*x.Raw)
		if err != nil {
			t.Fatal(err)
		}
		r.Raw = &raw
	}
	if x.BrowseHistory != nil {
		r.BrowseHistory = []Entry{}
	}
	for _, h := range x.BrowseHistory {
		e := Entry{
			ProductCode: h.ProductCode, InShoppingCart: h.InShoppingCart, Event: h.Event, Category: h.Category, Brand: h.Brand,
			Price: amount(t, h.Price), Currency: h.Currency, Extra: h.Extra,
			Quantity: whole(t, h.Quantity), TouchOffset: whole(t, h.TouchOffset),
		}
		r.BrowseHistory = append(r.BrowseHistory, e)
	}
	if x.Recommendations != nil {
		r.Recommendations = []Recommendation{}
	}
	for _, s := range x.Recommendations {
		score, err := strconv.ParseFloat(s.Score, 64)
		if err != nil {
			t.Fatal(err)
		}
		r.Recommendations = append(r.Recommendations, Recommendation{s.ProductCode, score})
	}
	return r
}

func whole(t *testing.T, text *string) *int64 {
	t.Helper()
	if text == nil {
		return nil
	}
	n, err := strconv.ParseInt(*text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return &n
}

func amount(t *testing.T, text *string) *int64 {
	t.Helper()
	if text == nil {
		return nil
	}
	d, ok := event.ParseDecimal(*text)
	if !ok {
		t.Fatalf("%q is no amount", *text)
	}
	return (*int64)(&d)
}

func TestDuckDBReadsEveryValue(t *testing.T) {
	needDuckDB(t)
	// The second file comes from a reused writer, the third is the golden one.
	w, err := NewWriter(Options{GroupRows: 300})
	if err != nil {
		t.Fatal(err)
	}
	var want []Row
	var files [][]byte
	for seed := range uint64(2) {
		rows := append(someRows(31+seed, 1000), newCatalog(3).rows(3000, 20)...)
		if err := w.Append(rows); err != nil {
			t.Fatal(err)
		}
		file, err := w.Close(map[string]string{"shard": "s"})
		if err != nil {
			t.Fatal(err)
		}
		w.Reset()
		want, files = append(want, rows...), append(files, file)
	}
	goldenFile, err := os.ReadFile("testdata/v1.parquet")
	if err != nil {
		t.Fatal(err)
	}
	want, files = append(want, goldenRows()...), append(files, goldenFile)

	sql := strings.Replace(exact, "FROM events", "FROM read_parquet(getvariable('files'), file_row_number = true, union_by_name = true)", 1)
	var got []Row
	for _, x := range query[exactRow](t, asFolder(t, files...), sql) {
		got = append(got, x.row(t))
	}
	sameRows(t, got, want)
}

// TestDuckDBPrunes compares filtered counts, for which DuckDB skips row groups by bounds and Bloom filters.
func TestDuckDBPrunes(t *testing.T) {
	needDuckDB(t)
	rows := newCatalog(4).rows(4000, 2)
	for i := range rows {
		rows[i].Extra = new(fmt.Sprintf(`{"pad":"%080d"}`, i))
		if i%7 == 0 {
			rows[i].Raw = new(fmt.Appendf(nil, "%070d", i))
		}
	}
	folder := asFolder(t, writeFile(t, Options{GroupRows: 500}, rows, nil))
	session, middle := *rows[1234].SessionID, rows[2000]
	tests := []struct {
		where string
		match func(r Row) bool
	}{
		{"session_id = '" + session + "'", func(r Row) bool { return *r.SessionID == session }},
		{"session_id = 'absent'", func(Row) bool { return false }},
		{"sequence_number >= '" + middle.SequenceNumber + "'", func(r Row) bool { return r.SequenceNumber >= middle.SequenceNumber }},
		{
			"epoch_us(arrival_time) < " + strconv.FormatInt(middle.ArrivalTime.UnixMicro(), 10),
			func(r Row) bool { return r.ArrivalTime.Before(middle.ArrivalTime) },
		},
		{
			"arrival_time < make_timestamptz(" + strconv.FormatInt(middle.ArrivalTime.UnixMicro(), 10) + ")",
			func(r Row) bool { return r.ArrivalTime.Before(middle.ArrivalTime) },
		},
		{"extra = '" + *middle.Extra + "'", func(r Row) bool { return *r.Extra == *middle.Extra }},
		{"extra > '" + *middle.Extra + "'", func(r Row) bool { return *r.Extra > *middle.Extra }},
		{"raw IS NOT NULL", func(r Row) bool { return r.Raw != nil }},
		{"raw <> ''::BLOB", func(r Row) bool { return r.Raw != nil }},
		{"credit_limit >= 90000", func(r Row) bool { return *r.CreditLimit >= 900_000_000 }},
		{"city = ''", func(r Row) bool { return *r.City == "" }},
	}
	var parts []string
	for i, test := range tests {
		parts = append(parts, fmt.Sprintf("SELECT %d AS i, count(*) AS n FROM events WHERE %s", i, test.where))
	}
	type count struct{ I, N int }
	counts := query[count](t, folder, strings.Join(parts, " UNION ALL "))
	if len(counts) != len(tests) {
		t.Fatalf("%d counts, want %d", len(counts), len(tests))
	}
	for _, got := range counts {
		want := 0
		for _, r := range rows {
			if tests[got.I].match(r) {
				want++
			}
		}
		if got.N != want {
			t.Errorf("%s: %d rows, want %d", tests[got.I].where, got.N, want)
		}
	}
	type probe struct{ Excludes bool }
	sql := `SELECT bool_and(bloom_filter_excludes) AS excludes FROM parquet_bloom_probe(getvariable('files'), 'session_id', '%s')`
	if got := query[probe](t, folder, fmt.Sprintf(sql, session)); got[0].Excludes {
		t.Error("the Bloom filters exclude a session that is there")
	}
	if got := query[probe](t, folder, fmt.Sprintf(sql, "absent")); !got[0].Excludes {
		t.Error("the Bloom filters exclude no absent session")
	}
	type kv struct{ Key, Value string }
	keys := query[kv](t, folder, "SELECT decode(key) AS key, decode(value) AS value FROM parquet_kv_metadata(getvariable('files'))")
	if !slices.Contains(keys, kv{KeySchemaHash, SchemaHash()}) {
		t.Errorf("footer keys are %v", keys)
	}
}
