package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/infra/dashboard"
	"github.com/streamrec/streamrec/processor/upstream"
	"github.com/streamrec/streamrec/worker/lease"
)

func TestUpstreamOfAFleet(t *testing.T) {
	at := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	rows := []lease.Lease{{Key: "a", Owner: "w1"}, {Key: "b", Owner: "w2"}}
	selves := []dashboard.Self{
		{Worker: "w1", Shards: []dashboard.SelfShard{{Shard: "a", SilentMs: 90_000, Usual: 2}, {Shard: "b", SilentMs: 1, Usual: 100}}, // not its shard any more
			Upstream: &upstream.Report{
				Newest: at, Rows: 300, Unknown: 30, Failures: map[string]int64{"invalid_json": 4, "erased": 2}, Formats: map[string]int64{"segment": 294},
				Fields: []upstream.Field{{Name: "colour", Rows: 3, Since: at, New: true}, {Name: "old", Rows: 9, Since: at.Add(-time.Hour), New: true}},
			}},
		{
			Worker: "w2", Shards: []dashboard.SelfShard{{Shard: "b", SilentMs: 60_000, Usual: -1}},
			Upstream: &upstream.Report{Newest: at, Rows: 100, Fields: []upstream.Field{{Name: "old", Rows: 1, Since: at.Add(-2 * time.Hour)}}},
		},
		{Worker: "older version"},
	}
	u := upstreamOf(selves, rows)
	if u.Workers != 2 || u.Rows != 400 || u.silent() != time.Minute || u.Usual != 2 || u.Missed != 120 {
		t.Fatalf("%+v", u)
	}
	want := "UPSTREAM  last record 1m0s ago (usually 2 rows/s)  last 10 min: 400 rows processed, segment 294, 1 % not decoded (invalid_json 4, erased 2), 7.5 % with fields without a column"
	if got := u.line(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	wanted := []string{"nothing has arrived for 1m0s, in which 120 rows usually do: look at the producers", "records have new fields, which have no column: colour"}
	if got := u.troubles(); !slices.Equal(got, wanted) {
		t.Errorf("troubles %q", got)
	}
	if text := strings.Join((&status{Upstream: u}).lines(), "\n"); !strings.Contains(text, want) || !strings.Contains(text, "! nothing has arrived") {
		t.Errorf("status does not show it:\n%s", text)
	}
	if u := upstreamOf(selves[2:], rows); u != nil {
		t.Errorf("something is known of nobody: %+v", u)
	}
}

// TestStreamThatNobodyHasFilled: a worker has read to the tip, and there was nothing.
func TestStreamThatNobodyHasFilled(t *testing.T) {
	selves := []dashboard.Self{{Worker: "w1", Shards: []dashboard.SelfShard{{Shard: "a", SilentMs: -1, Usual: -1}}, Upstream: &upstream.Report{}}}
	u := upstreamOf(selves, []lease.Lease{{Key: "a", Owner: "w1"}})
	if want := "UPSTREAM  no record yet since the workers started  last 10 min: 0 rows processed"; u.line() != want {
		t.Errorf("got  %s\nwant %s", u.line(), want)
	}
	text, err := json.Marshal(u)
	if err != nil || !strings.Contains(string(text), `"silentMillis":null`) || strings.Contains(string(text), "newest") {
		t.Errorf("%s, %v", text, err)
	}
}

func TestQuietShopIsNoTrouble(t *testing.T) {
	u := &upstreamStatus{SilentMillis: new(int64(600_000)), Usual: 0.01, Missed: 6}
	if lines := u.troubles(); len(lines) > 0 {
		t.Errorf("%q", lines)
	}
}
