package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Oracle judges what lies in the bucket with DuckDB, which shares no code with the project. It works on a copy of the
// objects, and on tables that tests add: what was acknowledged, and what was put.
type Oracle struct {
	t     *testing.T
	dir   string
	setup []string
	mute  bool // DuckDB is not installed
}

// Check is one thing that must not be: SQL selects what is wrong. No row is the only good answer.
type Check struct {
	Name string
	SQL  string
}

// demandVariable makes it a failure that DuckDB is not installed, when it is 1.
const demandVariable = "STREAMREC_DUCKDB"

// NewOracle returns an Oracle without tables. Without DuckDB it is mute: the project's own audit is the only judge, and the test says so.
func NewOracle(t *testing.T) *Oracle {
	t.Helper()
	o := &Oracle{t: t, dir: t.TempDir()}
	_, err := o.query(t.Context(), "SELECT 1 AS one")
	exit, ok := errors.AsType[*exec.ExitError](err)
	o.mute = ok && exit.ExitCode() == notInstalled || errors.Is(err, exec.ErrNotFound)
	if err != nil && (!o.mute || os.Getenv(demandVariable) == "1") {
		t.Fatal(err)
	}
	if o.mute {
		t.Log("DuckDB for Node is missing, see scripts/duckdb/install.sh: the audit is the only judge")
	}
	return o
}

// needDuckDB skips a test that is nothing without it.
func needDuckDB(t *testing.T) {
	t.Helper()
	if NewOracle(t).mute {
		t.Skip("DuckDB for Node is missing, see scripts/duckdb/install.sh")
	}
}

// Download copies every Parquet object of an application, under its key, and makes the table rows of those that readers see: the columns of
// the files, the partition columns gen, dt and hour, and filename.
func (o *Oracle) Download(ctx context.Context, s *Stack, app string) {
	o.t.Helper()
	for _, key := range s.Links(ctx, app) {
		o.copy(ctx, s, key)
	}
	dir := filepath.Join(o.dir, app)
	published := s.Keys(ctx, app+"/generations/")
	for _, key := range published {
		o.copy(ctx, s, key)
	}
	if len(published) == 0 {
		o.Rows(dir)
		return
	}
	o.Table("generations", `SELECT "from"::VARCHAR AS from_hour, "to"::VARCHAR AS to_hour, generation FROM read_json(`+quote(dir+"/generations/*.json")+
		`, format = 'newline_delimited', columns = {'from': 'VARCHAR', 'to': 'VARCHAR', generation: 'INTEGER'})`)
	o.Table("rows", `SELECT r.* FROM (`+allRows(dir)+`) r JOIN generations g ON r.gen = g.generation
		AND strftime(dt, '%Y-%m-%d') || 'T' || lpad(hour::VARCHAR, 2, '0') >= g.from_hour
		AND (g.to_hour IS NULL OR strftime(dt, '%Y-%m-%d') || 'T' || lpad(hour::VARCHAR, 2, '0') < g.to_hour)`)
}

func (o *Oracle) copy(ctx context.Context, s *Stack, key string) {
	o.t.Helper()
	object, err := s.S3.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(Bucket), Key: &key})
	if err != nil {
		o.t.Fatalf("get %s: %v", key, err)
	}
	var body bytes.Buffer
	_, err = body.ReadFrom(object.Body)
	if err = errors.Join(err, object.Body.Close()); err != nil {
		o.t.Fatalf("get %s: %v", key, err)
	}
	o.write(key, body.Bytes())
}

// write makes a file below the oracle's directory and returns its path.
func (o *Oracle) write(name string, content []byte) string {
	o.t.Helper()
	path := filepath.Join(o.dir, filepath.FromSlash(name))
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, content, 0o600)); err != nil {
		o.t.Fatalf("write file for the oracle: %v", err)
	}
	return path
}

// Rows makes the table rows of the Parquet files below a directory.
func (o *Oracle) Rows(dir string) {
	o.Table("rows", allRows(dir))
}

// allRows selects the rows of all generations.
func allRows(dir string) string {
	return "SELECT * FROM read_parquet(" + quote(dir+"/**/*.parquet") + `, filename = true, union_by_name = true,
		hive_partitioning = true, hive_types = {'gen': INTEGER, 'dt': DATE, 'hour': INTEGER})`
}

// Table adds a table with what a query selects.
func (o *Oracle) Table(name, query string) {
	o.setup = append(o.setup, "CREATE TABLE "+name+" AS "+query)
}

// Acknowledged adds the table acked from an acknowledgement log: n, the number of the record from 1, key, its partition key, and
// shard_id and sequence_number.
func (o *Oracle) Acknowledged(path string) {
	o.Table("acked", `SELECT n, key, shard AS shard_id, lpad(seq, 56, '0') AS sequence_number
		FROM read_json(`+quote(path)+`, format = 'newline_delimited', columns = {n: 'BIGINT', key: 'VARCHAR', shard: 'VARCHAR', seq: 'VARCHAR'})`)
}

// EventFile adds the table input from a CSV event file, gzip or not: n, the number of the event from 1; id, the event_id that
// its record gets; and the columns of the file, ts_ms, session, event, item, category, brand and price.
func (o *Oracle) EventFile(path string) {
	o.Table("input", "SELECT n, "+quote(filepath.Base(path)+":")+" || (n + 1) AS id, * EXCLUDE n FROM (SELECT row_number() OVER () AS n, * FROM read_csv("+
		quote(path)+", header = true, all_varchar = true))")
}

// Put adds a table from values that marshal to JSON objects; columns are the names and types of DuckDB.
func (o *Oracle) Put(name, columns string, values []any) {
	o.t.Helper()
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	for _, v := range values {
		if err := encoder.Encode(v); err != nil {
			o.t.Fatalf("encode row of %s: %v", name, err)
		}
	}
	path := o.write(name+".jsonl", lines.Bytes())
	o.Table(name, "SELECT * FROM read_json("+quote(path)+", format = 'newline_delimited', columns = {"+columns+"})")
}

// Violations runs checks and returns what each that is violated has found, by name.
func (o *Oracle) Violations(ctx context.Context, checks ...Check) map[string]string {
	o.t.Helper()
	var questions []string
	for _, c := range checks {
		questions = append(questions, fmt.Sprintf(`SELECT %s AS name, count(*)::INTEGER AS wrong,
			left(coalesce(string_agg(to_json(v)::VARCHAR, ', ') FILTER (nth <= 3), ''), 2000) AS sample
			FROM (SELECT *, row_number() OVER () AS nth FROM (%s)) v`, quote(c.Name), c.SQL))
	}
	out, err := o.query(ctx, strings.Join(questions, "\nUNION ALL\n"))
	if err != nil {
		o.t.Fatalf("ask the oracle: %v", err)
	}
	var answers []struct {
		Name, Sample string
		Wrong        int
	}
	if err := json.Unmarshal(out, &answers); err != nil || len(answers) != len(checks) {
		o.t.Fatalf("the oracle answered %d of %d checks: %v\n%s", len(answers), len(checks), err, out)
	}
	violated := map[string]string{}
	for _, a := range answers {
		if a.Wrong > 0 {
			violated[a.Name] = fmt.Sprintf("%d, for instance %s", a.Wrong, a.Sample)
		}
	}
	return violated
}

// Verdict fails the test for every check that is violated. A mute oracle checks nothing.
func (o *Oracle) Verdict(ctx context.Context, checks ...Check) {
	o.t.Helper()
	if o.mute {
		return
	}
	for name, found := range o.Violations(ctx, checks...) {
		o.t.Errorf("%s: %s", name, found)
	}
}

// Numbers returns the numbers that queries select, in their order.
func (o *Oracle) Numbers(ctx context.Context, queries ...string) (numbers []int) {
	o.t.Helper()
	out, err := o.query(ctx, "SELECT [("+strings.Join(queries, "), (")+")]::INTEGER[]::JSON::VARCHAR AS numbers")
	var answer []struct{ Numbers string }
	if err == nil {
		err = json.Unmarshal(out, &answer)
	}
	if err == nil && len(answer) == 1 {
		err = json.Unmarshal([]byte(answer[0].Numbers), &numbers)
	}
	if err != nil || len(numbers) != len(queries) {
		o.t.Fatalf("ask the oracle for %d numbers: %v\n%s", len(queries), err, out)
	}
	return numbers
}

// query runs the setup and one query, and returns the rows of the query as a JSON array of objects.
func (o *Oracle) query(ctx context.Context, sql string) ([]byte, error) {
	command := exec.CommandContext(ctx, "node", "oracle.mjs")
	command.Stdin = strings.NewReader(strings.Join(append(o.setup, sql), ";\n"))
	out, err := command.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return out, fmt.Errorf("query DuckDB: %w: %s", err, exit.Stderr)
	}
	if err != nil {
		return out, fmt.Errorf("query DuckDB: %w", err)
	}
	return out, nil
}

// notInstalled is the exit code of oracle.mjs without DuckDB.
const notInstalled = 3

// quote makes a string literal of SQL.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
