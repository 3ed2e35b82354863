package telemetry

import (
	"flag"
	"io"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus/hooks/test"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/table"
	"github.com/streamrec/streamrec/processor/upstream"
)

var update = flag.Bool("update", false, "write infra/metrics.md")

// TestReferenceIsCurrent compares the document with the code.
func TestReferenceIsCurrent(t *testing.T) {
	const path = "../metrics.md"
	if *update {
		if err := os.WriteFile(path, []byte(Reference()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil || string(text) != Reference() {
		t.Errorf("%s is not what the code says (%v): go test ./infra/telemetry -run Reference -update", path, err)
	}
}

// scrape returns the lines of a scrape that begin with the prefix.
func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	log, _ := test.NewNullLogger()
	w := httptest.NewRecorder()
	m.Handler(log).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	body, err := io.ReadAll(w.Body)
	if err != nil || w.Code != 200 {
		t.Fatalf("%d, %v", w.Code, err)
	}
	return string(body)
}

func TestSeriesOfAShardVanishWithItsLease(t *testing.T) {
	state := State{Shards: []ShardState{{Shard: "s-1", Behind: 250, Records: 7, OpenVisits: 3, CheckpointAge: 1.5}, {Shard: "s-2", Behind: -1, OpenVisits: -1, CheckpointAge: -1}}}
	m := NewMetrics(func() State { return state })
	text := scrape(t, m)
	for _, want := range []string{
		`streamrec_millis_behind_latest{shard="s-1"} 250`, `streamrec_records_processed_total{shard="s-1"} 7`, `streamrec_open_visits{shard="s-1"} 3`,
		`streamrec_checkpoint_age_seconds{shard="s-1"} 1.5`, `streamrec_records_processed_total{shard="s-2"} 0`, "streamrec_current_leases 2",
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(text, `millis_behind_latest{shard="s-2"}`) {
		t.Error("a lag is told before the first read")
	}
	state.Shards = state.Shards[1:]
	if text := scrape(t, m); strings.Contains(text, `"s-1"`) || !strings.Contains(text, "streamrec_current_leases 1\n") {
		t.Error("the shard has gone, its series have not")
	}
}

func TestEverythingInTheTableIsServed(t *testing.T) {
	seen := upstream.Totals{Unknown: 5, Names: 2, Failures: map[string]int64{"invalid_json": 4}, Formats: map[string]int64{"segment": 9}}
	m := NewMetrics(func() State {
		return State{Shards: []ShardState{{Shard: "s", Silence: 2.5, UsualRate: -1}}, Throttled: map[string]int64{"s3": 6}, Upstream: seen}
	})
	code := "reason"
	m.Processed("s", &table.Row{Error: &code, Duplicate: true})
	m.Committed("s", chain.Batch{Body: make([]byte, 10), Rows: 3}, 40*time.Millisecond)
	m.Answered("live", time.Millisecond)
	m.observe("get_records_seconds", time.Millisecond)
	text := scrape(t, m)
	for _, name := range Names() {
		if !strings.Contains(text, "# HELP "+name+" ") && name != "streamrec_usual_rows_per_second" {
			t.Errorf("%s is not served", name)
		}
	}
	for _, want := range []string{
		"streamrec_rows_total 1", "streamrec_dead_letters_total 1", "streamrec_duplicates_total 1", "streamrec_object_bytes_total 10", "streamrec_committed_rows_total 3", "streamrec_commit_seconds_count 1", `streamrec_question_seconds_count{way="live"} 1`,
		`streamrec_decode_failures_total{class="invalid_json"} 4`, `streamrec_format_rows_total{format="segment"} 9`, "streamrec_unknown_field_rows_total 5",
		`streamrec_throttled_requests_total{service="s3"} 6`, "streamrec_unknown_field_names 2", `streamrec_source_silence_seconds{shard="s"} 2.5`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(text, "streamrec_usual_rows_per_second") {
		t.Error("a rate is told before it is known")
	}
	if names := Names(); len(slices.Compact(slices.Sorted(slices.Values(names)))) != len(names) {
		t.Error("a name is used twice")
	}
}
