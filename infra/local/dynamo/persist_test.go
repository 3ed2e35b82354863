package dynamo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/sirupsen/logrus/hooks/test"
)

// do runs one operation on a service; the request is written as JSON.
func do(t testing.TB, s *Service, operation, request string, args ...any) (any, error) {
	t.Helper()
	return s.call(targetPrefix+operation, fmt.Appendf(nil, request, args...))
}

func must(t testing.TB, s *Service, operation, request string, args ...any) any {
	t.Helper()
	result, err := do(t, s, operation, request, args...)
	if err != nil {
		t.Fatalf("%s: %v", operation, err)
	}
	return result
}

func openAt(t testing.TB, dir string) *Service {
	t.Helper()
	s, err := New(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func shut(t testing.TB, s *Service) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// state is everything that a service holds, as JSON records.
func state(t testing.TB, s *Service) string {
	t.Helper()
	var b bytes.Buffer
	for entry, err := range s.snapshot() {
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(entry, '\n'))
	}
	return b.String()
}

const makeLeases = `{"TableName":%q,"BillingMode":"PAY_PER_REQUEST",
	"KeySchema":[{"AttributeName":"h","KeyType":"HASH"},{"AttributeName":"r","KeyType":"RANGE"}],
	"AttributeDefinitions":[{"AttributeName":"h","AttributeType":"S"},{"AttributeName":"r","AttributeType":"N"}]}`

// randomWrite performs one random change, which may be refused.
func randomWrite(t testing.TB, s *Service, r *rand.Rand) {
	t.Helper()
	table := [...]string{"leases", "others"}[r.IntN(2)]
	key := fmt.Sprintf(`"h":{"S":"p%d"},"r":{"N":"%d"}`, r.IntN(4), r.IntN(20))
	filler := strings.Repeat("x", r.IntN(2000))
	var operation, request string
	switch r.IntN(9) {
	case 0:
		operation, request = "CreateTable", fmt.Sprintf(makeLeases, table)
	case 1:
		operation, request = "DeleteItem", fmt.Sprintf(`{"TableName":%q,"Key":{%s}}`, table, key)
	case 2:
		operation, request = "UpdateItem", fmt.Sprintf(`{"TableName":%q,"Key":{%s},"UpdateExpression":"ADD n :n REMOVE f",
			"ExpressionAttributeValues":{":n":{"N":"0.5"}}}`, table, key)
	case 3:
		operation, request = "BatchWriteItem", fmt.Sprintf(`{"RequestItems":{%q:[{"PutRequest":{"Item":{%s,"b":{"BOOL":true}}}},
			{"DeleteRequest":{"Key":{"h":{"S":"p0"},"r":{"N":"100"}}}}]}}`, table, key)
	case 4:
		operation, request = "TransactWriteItems", fmt.Sprintf(`{"ClientRequestToken":"t%d","TransactItems":[
			{"Put":{"TableName":%q,"Item":{%s,"t":{"SS":["x","y"]}}}},
			{"ConditionCheck":{"TableName":%q,"Key":{"h":{"S":"p0"},"r":{"N":"200"}},"ConditionExpression":"attribute_not_exists(h)"}}]}`,
			r.IntN(50), table, key, table)
	case 5:
		operation, request = "TagResource", fmt.Sprintf(`{"ResourceArn":%q,"Tags":[{"Key":"k%d","Value":"v"}]}`, s.arn(table), r.IntN(5))
	case 6:
		operation, request = "DeleteTable", fmt.Sprintf(`{"TableName":%q}`, table)
		if r.IntN(20) > 0 {
			operation, request = "UpdateTable", fmt.Sprintf(`{"TableName":%q,"DeletionProtectionEnabled":%v}`, table, r.IntN(2) == 0)
		}
	default:
		operation, request = "PutItem", fmt.Sprintf(`{"TableName":%q,"Item":{%s,"f":{"S":%q}}}`, table, key, filler)
	}
	if _, err := s.call(targetPrefix+operation, []byte(request)); err != nil && faultOf(err).status >= 500 {
		t.Fatalf("%s %s: %v", operation, request, err)
	}
}

// TestStateSurvives performs random changes and now and then looks at what another process would find: after a clean end, and
// after a death at that moment.
func TestStateSurvives(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	dir := t.TempDir()
	s := openAt(t, dir)
	for step := range 3000 {
		randomWrite(t, s, r)
		if step%500 == 7 {
			left := filepath.Join(t.TempDir(), "left")
			if err := os.CopyFS(left, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			survivor := openAt(t, left)
			if got, want := state(t, survivor), state(t, s); got != want {
				t.Fatalf("step %d: after a death: got\n%.2000s\nwant\n%.2000s", step, got, want)
			}
			shut(t, survivor)
		}
		if step%500 == 300 {
			want := state(t, s)
			shut(t, s)
			s = openAt(t, dir)
			if got := state(t, s); got != want {
				t.Fatalf("step %d: after a clean end: got\n%.2000s\nwant\n%.2000s", step, got, want)
			}
		}
	}
	if files, err := filepath.Glob(filepath.Join(dir, "snapshot-*")); err != nil || len(files) != 1 {
		t.Errorf("the journal was not compacted: %q, %v", files, err)
	}
	shut(t, s)
}

func TestSettingsSurvive(t *testing.T) {
	dir := t.TempDir()
	s := openAt(t, dir)
	must(t, s, "CreateTable", makeLeases, "leases")
	must(t, s, "UpdateTimeToLive", `{"TableName":"leases","TimeToLiveSpecification":{"AttributeName":"expires","Enabled":true}}`)
	must(t, s, "UpdateContinuousBackups", `{"TableName":"leases","PointInTimeRecoverySpecification":{"PointInTimeRecoveryEnabled":true,"RecoveryPeriodInDays":7}}`)
	must(t, s, "TagResource", `{"ResourceArn":%q,"Tags":[{"Key":"team","Value":"recs"}]}`, s.arn("leases"))
	must(t, s, "UpdateTable", `{"TableName":"leases","DeletionProtectionEnabled":true}`)
	must(t, s, "UpdateTable", `{"TableName":"leases","BillingMode":"PROVISIONED","ProvisionedThroughput":{"ReadCapacityUnits":2,"WriteCapacityUnits":3}}`)
	before := s.tables["leases"].settings
	shut(t, s)

	s = openAt(t, dir)
	after := s.tables["leases"].settings
	if !after.Created.Equal(before.Created) || !after.RecoverySince.Equal(before.RecoverySince) || after.TimeToLive != "expires" || after.RecoveryDays != 7 ||
		after.Tags["team"] != "recs" || !after.DeletionProtection || after.Throughput != (throughput{2, 3}) || after.ID != before.ID {
		t.Errorf("got %+v, want %+v", after, before)
	}
	shut(t, s)
}

func TestTornJournalIsCutAndLogged(t *testing.T) {
	dir := t.TempDir()
	s := openAt(t, dir)
	must(t, s, "CreateTable", makeLeases, "leases")
	want := state(t, s)
	must(t, s, "PutItem", `{"TableName":"leases","Item":{"h":{"S":"p"},"r":{"N":"1"}}}`)
	shut(t, s)
	journals, err := filepath.Glob(filepath.Join(dir, "journal-*"))
	if err != nil || len(journals) != 1 {
		t.Fatal(journals, err)
	}
	info, err := os.Stat(journals[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(journals[0], info.Size()-1); err != nil {
		t.Fatal(err)
	}
	log, hook := test.NewNullLogger()
	s, err = New(Options{Dir: dir, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	if got := state(t, s); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if e := hook.LastEntry(); e == nil || e.Level != logrus.WarnLevel || e.Data["bytes"] == int64(0) {
		t.Errorf("logged %v", e)
	}
	shut(t, s)
}

// TestFailedAppendChangesNothing takes the journal's file away under the service.
func TestFailedAppendChangesNothing(t *testing.T) {
	s := openAt(t, t.TempDir())
	must(t, s, "CreateTable", makeLeases, "leases")
	must(t, s, "PutItem", `{"TableName":"leases","Item":{"h":{"S":"p"},"r":{"N":"1"}}}`)
	want := state(t, s)
	if err := s.journal.Close(); err != nil {
		t.Fatal(err)
	}
	for operation, request := range map[string]string{
		"CreateTable":        fmt.Sprintf(makeLeases, "others"),
		"DeleteTable":        `{"TableName":"leases"}`,
		"UpdateTable":        `{"TableName":"leases","DeletionProtectionEnabled":true}`,
		"PutItem":            `{"TableName":"leases","Item":{"h":{"S":"p"},"r":{"N":"2"}}}`,
		"UpdateItem":         `{"TableName":"leases","Key":{"h":{"S":"p"},"r":{"N":"2"}}}`,
		"DeleteItem":         `{"TableName":"leases","Key":{"h":{"S":"p"},"r":{"N":"1"}}}`,
		"BatchWriteItem":     `{"RequestItems":{"leases":[{"DeleteRequest":{"Key":{"h":{"S":"p"},"r":{"N":"1"}}}}]}}`,
		"TransactWriteItems": `{"ClientRequestToken":"t","TransactItems":[{"Delete":{"TableName":"leases","Key":{"h":{"S":"p"},"r":{"N":"1"}}}}]}`,
		"TagResource":        fmt.Sprintf(`{"ResourceArn":%q,"Tags":[{"Key":"k","Value":"v"}]}`, s.arn("leases")),
	} {
		if result, err := do(t, s, operation, "%s", request); err == nil || faultOf(err).status != 500 {
			t.Errorf("%s: got %v, %v", operation, result, err)
		}
	}
	if got := state(t, s); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	// What changes nothing needs no journal.
	must(t, s, "DeleteItem", `{"TableName":"leases","Key":{"h":{"S":"p"},"r":{"N":"100"}}}`)
	must(t, s, "TransactWriteItems", `{"TransactItems":[{"ConditionCheck":{"TableName":"leases","Key":{"h":{"S":"p"},"r":{"N":"1"}},
		"ConditionExpression":"attribute_exists(h)"}}]}`)
}

func TestDirectoryIsUsedOnce(t *testing.T) {
	dir := t.TempDir()
	s := openAt(t, dir)
	if second, err := New(Options{Dir: dir}); err == nil || second != nil {
		t.Errorf("got %v, %v", second, err)
	}
	shut(t, s)
	shut(t, s) // twice does nothing
	shut(t, openAt(t, dir))
}

func TestReplayRefusesWhatNeverWasWritten(t *testing.T) {
	for record, part := range map[string]string{
		`{`:                      "decode record",
		`{"Table":{"Name":"x"}}`: "no usable key",
		`{"Table":{"Name":"x","Keys":[{"AttributeName":"a","KeyType":"HASH"}],"Attributes":[{"AttributeName":"a","AttributeType":"M"}]}}`:      "no usable key",
		`{"Table":{"Name":"x","Keys":[{"AttributeName":"a","KeyType":"RANGE"}],"Attributes":[{"AttributeName":"a","AttributeType":"S"}]}}`:     "no usable key",
		`{"Table":{"Name":"leases","Keys":[{"AttributeName":"a","KeyType":"HASH"}],"Attributes":[{"AttributeName":"a","AttributeType":"S"}]}}`: "changes its key",
		`{"Writes":[{"Table":"x","Put":{"a":{"S":"b"}}}]}`:       "unknown table",
		`{"Writes":[{"Table":"leases","Put":{"h":{"S":"b"}}}]}`:  "Missing the key r",
		`{"Writes":[{"Table":"leases","Gone":{"h":{"S":"b"}}}]}`: "does not match the schema",
		`{"Writes":[{"Table":"leases"}]}`:                        "Missing the key h",
	} {
		s, err := New(Options{})
		if err != nil {
			t.Fatal(err)
		}
		must(t, s, "CreateTable", makeLeases, "leases")
		if err := s.replay([]byte(record)); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: got %v, want %q", record, err, part)
		}
	}
}

// FuzzReplay applies arbitrary records to a service with a table. What it accepts it must be able to write again.
func FuzzReplay(f *testing.F) {
	f.Add([]byte(`{"Writes":[{"Table":"leases","Put":{"h":{"S":"p"},"r":{"N":"1"},"x":{"L":[]}}},{"Table":"leases","Gone":{"h":{"S":"p"},"r":{"N":"1"}}}]}`))
	f.Add([]byte(`{"Drop":"leases"}`))
	f.Add([]byte(`{"Table":{"Name":"leases","Keys":[{"AttributeName":"a","KeyType":"HASH"}],"Attributes":[{"AttributeName":"a","AttributeType":"B"}]}}`))
	f.Add([]byte(`{"Token":{"Token":"t","Digest":"d","At":"2020-01-01T00:00:00Z"}}`))
	f.Fuzz(func(t *testing.T, record []byte) {
		s, err := New(Options{})
		if err != nil {
			t.Fatal(err)
		}
		must(t, s, "CreateTable", makeLeases, "leases")
		if s.replay(record) != nil {
			return
		}
		again, err := New(Options{})
		if err != nil {
			t.Fatal(err)
		}
		want := state(t, s)
		for line := range strings.Lines(want) {
			if err := again.replay([]byte(line)); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
		}
		if got := state(t, again); got != want {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
	})
}

func TestTokensSurviveAndEnd(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	reopened := func() *Service {
		s, err := New(Options{Dir: dir, Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	add := func(s *Service) {
		must(t, s, "TransactWriteItems", `{"ClientRequestToken":"token","TransactItems":[{"Update":{"TableName":"leases",
			"Key":{"h":{"S":"p"},"r":{"N":"1"}},"UpdateExpression":"ADD n :n","ExpressionAttributeValues":{":n":{"N":"1"}}}}]}`)
	}
	n := func(s *Service) string {
		b, err := json.Marshal(must(t, s, "GetItem", `{"TableName":"leases","Key":{"h":{"S":"p"},"r":{"N":"1"}},"ProjectionExpression":"n"}`))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	s := reopened()
	must(t, s, "CreateTable", makeLeases, "leases")
	add(s)
	shut(t, s)
	s = reopened()
	now = now.Add(tokenLife - time.Nanosecond)
	add(s)
	if got := n(s); got != `{"Item":{"n":{"N":"1"}}}` {
		t.Errorf("before the token ends: %s", got)
	}
	now = now.Add(time.Nanosecond)
	add(s)
	if got := n(s); got != `{"Item":{"n":{"N":"2"}}}` {
		t.Errorf("after the token ended: %s", got)
	}
	if tokens := slices.Collect(maps.Keys(s.tokens)); len(tokens) != 1 {
		t.Errorf("tokens: %v", tokens)
	}
	shut(t, s)
}
