package e2e

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// TestBadInput puts everything that is no event among good ones. Nothing may stop, every record becomes rows, and what cannot be
// decoded is kept byte for byte; with a privacy key nobody can read it without the key.
func TestBadInput(t *testing.T) {
	needProcesses(t)
	needDuckDB(t)
	clear, sealed, ctx := NewOracle(t), NewOracle(t), Bounded(t, 100*time.Second)
	stack := NewStack(ctx, t, "--limits=off")
	stack.CreateStream(ctx, 2)
	stack.CreateBucket(ctx)
	stack.raiseRecordSize(ctx, 10*mebibyte)
	open := NewFleet(stack, App, "--no-privacy", "--failover-time", "2s", "--flush-age", "500ms")
	closed := NewFleet(stack, "sealed", "--privacy-key-file", privacyKey(t), "--failover-time", "2s", "--flush-age", "500ms")
	open.AwaitShare(ctx, open.Start("a"), open.Start("b"))
	closed.AwaitShare(ctx, closed.Start("c"))

	put := stack.putMixed(ctx, slices.Concat(malformedPayloads(), oddPayloads(), wrappedPayloads()))
	for _, fleet := range []*Fleet{open, closed} {
		NewProgress(fleet).Await(ctx, len(put))
		assertUnstopped(ctx, fleet)
	}
	for _, fleet := range []*Fleet{open, closed} {
		fleet.Terminate(ctx)
		assertLogs(fleet, "info")
	}
	put.acquaint(clear)
	clear.Judge(ctx, open, slices.Concat(asPut(), inClear())...)
	clear.JudgeAudit(ctx, open)
	put.acquaint(sealed)
	sealed.Judge(ctx, closed, slices.Concat(asPut(), unreadable())...)
	sealed.JudgeAudit(ctx, closed)
}

func (s *Stack) raiseRecordSize(ctx context.Context, bytes int) {
	s.t.Helper()
	stream, err := s.Kinesis.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: aws.String(Stream)})
	if err != nil {
		s.t.Fatalf("describe stream: %v", err)
	}
	_, err = s.Kinesis.UpdateMaxRecordSize(ctx, &kinesis.UpdateMaxRecordSizeInput{
		StreamARN: stream.StreamDescriptionSummary.StreamARN, MaxRecordSizeInKiB: aws.Int32(int32(bytes >> 10)),
	})
	if err != nil {
		s.t.Fatalf("raise record size: %v", err)
	}
}

// putLog has, for each record that was put, the rows that it has to become.
type putLog [][]expectation

// expectation is a row of the oracle's table expected.
type expectation struct {
	Name     string  `json:"name"`
	Shard    string  `json:"shard_id"`
	Sequence string  `json:"sequence_number"`
	Sub      int     `json:"sub_sequence"`
	Line     int     `json:"line"`
	Session  *string `json:"session"`
	Extra    *string `json:"extra_md5"`
	History  *string `json:"history"`
	Class    *string `json:"class"`
	Raw      *string `json:"raw_md5"`
}

// acquaint tells the oracle what was put.
func (l putLog) acquaint(o *Oracle) {
	o.t.Helper()
	var rows []any
	for _, e := range slices.Concat(l...) {
		rows = append(rows, e)
	}
	o.Put("expected", `name: 'VARCHAR', shard_id: 'VARCHAR', sequence_number: 'VARCHAR', sub_sequence: 'INTEGER', line: 'INTEGER',
		session: 'VARCHAR', extra_md5: 'VARCHAR', history: 'VARCHAR', class: 'VARCHAR', raw_md5: 'VARCHAR'`, rows)
	o.Table("acked", "SELECT DISTINCT shard_id, sequence_number FROM expected")
}

// putMixed puts the payloads one after the other, each between two good events of the same partition key.
func (s *Stack) putMixed(ctx context.Context, payloads []payload) (log putLog) {
	s.t.Helper()
	for i, p := range payloads {
		key := fmt.Sprintf("key-%d", i)
		for _, next := range []payload{neighbour(key + " before"), p, neighbour(key + " after")} {
			log = append(log, s.put(ctx, key, p.hashKey, next))
		}
	}
	return log
}

// neighbour is a good event beside a bad one.
func neighbour(session string) payload {
	data, row := event(session)
	return payload{name: session, data: data, want: []wanted{row}}
}

func (s *Stack) put(ctx context.Context, key, hashKey string, p payload) (rows []expectation) {
	s.t.Helper()
	in := &kinesis.PutRecordInput{StreamName: aws.String(Stream), PartitionKey: &key, Data: p.data}
	if hashKey != "" {
		in.ExplicitHashKey = &hashKey
	}
	out, err := s.Kinesis.PutRecord(ctx, in)
	if err != nil {
		s.t.Fatalf("put %s: %v", p.name, err)
	}
	for _, w := range p.want {
		e := w.expectation(s.t)
		e.Name, e.Shard, e.Sequence = p.name, aws.ToString(out.ShardId), padded(aws.ToString(out.SequenceNumber))
		rows = append(rows, e)
	}
	return rows
}

func (w wanted) expectation(t *testing.T) expectation {
	t.Helper()
	e := expectation{Sub: w.sub, Line: w.line}
	if w.class != "" {
		e.Class, e.Raw = &w.class, digest(w.raw)
		return e
	}
	e.Session = &w.session
	if w.extra != "" {
		e.Extra = digest([]byte(w.extra))
	}
	if w.history != nil {
		history, err := json.Marshal(w.history)
		if err != nil {
			t.Fatalf("encode history: %v", err)
		}
		e.History = new(string(history))
	}
	return e
}

// padded is a sequence number with the 56 digits that it has in the table.
func padded(sequence string) string {
	return strings.Repeat("0", max(0, 56-len(sequence))) + sequence
}

func digest(b []byte) *string {
	sum := md5.Sum(b)
	return new(hex.EncodeToString(sum[:]))
}

// asPut compares rows with the table expected in everything that does not depend on privacy.
func asPut() []Check {
	const same = "USING (shard_id, sequence_number, sub_sequence, line)"
	return []Check{
		{"user records without a row", "SELECT * FROM expected ANTI JOIN rows " + same},
		{"rows without a user record", "SELECT shard_id, sequence_number, sub_sequence, line, error FROM rows ANTI JOIN expected " + same},
		{"records decoded that could not be, or the other way round, or with another class of error", `
			SELECT e.name, e.class, r.error FROM expected e JOIN rows r ` + same + `
			WHERE split_part(r.error, ':', 1) IS DISTINCT FROM e.class`},
		{"undecoded rows with fields, or decoded ones with bytes", `
			SELECT e.name FROM expected e JOIN rows r ` + same + ` WHERE (e.class IS NULL) <> (r.raw IS NULL)
			OR e.class IS NOT NULL AND (r.session_id IS NOT NULL OR r.customer_id IS NOT NULL OR r.browse_history IS NOT NULL OR r.extra IS NOT NULL)`},
		{"sessions that differ", `SELECT e.name, e.session, r.session_id FROM expected e JOIN rows r ` + same + ` WHERE e.session IS DISTINCT FROM r.session_id`},
		{"profiles that differ", `SELECT e.name, r.city, r.country, r.credit_limit FROM expected e JOIN rows r ` + same + `
			WHERE e.history IS NOT NULL AND r.customer_id IS NOT NULL AND (r.city, r.country, r.credit_limit) IS DISTINCT FROM ('Luleå', 'Sweden', 500)`},
	}
}

// history shows browse_history as the step type marshals.
const history = `to_json([{'p': h.product_code, 'q': h.quantity, 'c': h.in_shopping_cart, 'e': h.event, 'x': h.extra} FOR h IN r.browse_history])::VARCHAR`

// inClear compares what a fleet without privacy keeps as it came.
func inClear() []Check {
	const same = "USING (shard_id, sequence_number, sub_sequence, line)"
	return []Check{
		{"undecoded rows whose bytes differ from what was put", `
			SELECT e.name, octet_length(r.raw) AS bytes FROM expected e JOIN rows r ` + same + ` WHERE md5(r.raw) IS DISTINCT FROM e.raw_md5`},
		{"unknown fields that differ", `
			SELECT e.name, left(r.extra, 100) AS extra FROM expected e JOIN rows r ` + same + ` WHERE md5(r.extra) IS DISTINCT FROM e.extra_md5`},
		{"histories that differ", `
			SELECT e.name, e.history, ` + history + ` AS stored FROM expected e JOIN rows r ` + same + ` WHERE stored IS DISTINCT FROM e.history`},
		{"customers that differ", fmt.Sprintf(`SELECT customer_id FROM rows WHERE customer_id <> '%d'`, customer)},
	}
}

// unreadable says that nothing personal can be read without the key, and that customers can still be told apart.
func unreadable() []Check {
	return []Check{
		{"rows that show a secret", fmt.Sprintf(`
			SELECT shard_id, sequence_number FROM rows
			WHERE contains(to_json(rows)::VARCHAR, '%[1]s') OR contains(to_json(rows)::VARCHAR, '%[2]d') OR contains(hex(raw), hex('%[1]s'))`, secret, customer)},
		{"rows without the name of the key", `SELECT shard_id, sequence_number FROM rows WHERE key_id IS NULL`},
		{"customers that are no pseudonym", `SELECT customer_id FROM rows WHERE NOT regexp_full_match(customer_id, '[0-9a-f]{32}')`},
		{"more pseudonyms than customers", `SELECT count(DISTINCT customer_id) AS pseudonyms FROM rows HAVING pseudonyms <> 1`},
	}
}

// assertUnstopped asks the status command: no shard may have been given up.
func assertUnstopped(ctx context.Context, f *Fleet) {
	t := f.stack.t
	t.Helper()
	p := f.stack.Run("status", "status", "--app", f.app, "--stream", Stream, "-o", "json")
	p.Succeed(ctx)
	var status struct {
		Shards []struct{ Shard, State, Stopped string }
	}
	if err := json.Unmarshal([]byte(p.Out.Text()), &status); err != nil || len(status.Shards) != f.stack.shards {
		t.Fatalf("the status names %d shards: %v\n%s", len(status.Shards), err, p.tail())
	}
	for _, shard := range status.Shards {
		if shard.State != "owned" || shard.Stopped != "" {
			t.Errorf("%s is %s %s", shard.Shard, shard.State, shard.Stopped)
		}
	}
}

// assertLogs fails the test when a worker logged something that is no JSON, of a level that is not among these, or of a payload.
func assertLogs(f *Fleet, levels ...string) {
	t := f.stack.t
	t.Helper()
	for _, w := range f.workers {
		for _, e := range slices.Concat(w.Out.All(), w.Err.All()) {
			if !slices.Contains(levels, e.Text("level")) {
				t.Errorf("%s: %s", w, e.Line)
			}
			if strings.Contains(e.Line, secret) || strings.Contains(e.Line, fmt.Sprint(customer)) {
				t.Errorf("%s logs what is in a payload: %s", w, e.Line)
			}
		}
	}
}

// privacyKey makes a key file.
func privacyKey(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "privacy.key")
	if err := os.WriteFile(path, []byte(strings.Repeat("5e", 32)+"\n"), 0o600); err != nil {
		t.Fatalf("write key: %v", err)
	}
	return path
}
