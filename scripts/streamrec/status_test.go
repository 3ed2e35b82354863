package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamrec/streamrec/infra/dashboard"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

var update = flag.Bool("update", false, "write the golden files anew")

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestStatusShowsEveryState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		town := newTown(t)
		s, err := town.lookout().look(t.Context())
		must(t, err)
		states := map[string]int{}
		for _, sh := range s.Shards {
			states[sh.State]++
		}
		for _, w := range s.Workers {
			states[w.State]++
		}
		for _, h := range s.HandOffs {
			states["hand-off "+h.Cause]++
		}
		for _, want := range []string{
			"new", "unowned", "abandoned", "waiting", "ended", "stopped", "leaving", "silent", "hand-off requested", "hand-off leaving",
		} {
			if states[want] != 1 {
				t.Errorf("%q is shown %d times, want once", want, states[want])
			}
		}
		golden(t, town, s, outputJSON, "testdata/status.json")
		golden(t, town, s, outputTable, "testdata/status.txt")
	})
}

// golden compares what is written with a file, but for the sequence number.
func golden(t *testing.T, town *town, s *status, format output, path string) {
	t.Helper()
	var out bytes.Buffer
	must(t, s.write(&out, format))
	got := out.Bytes()
	if format == outputJSON {
		if n := bytes.Count(got, []byte("\n")); n != 1 {
			t.Errorf("%d lines of JSON, want 1", n)
		}
		var indented bytes.Buffer
		must(t, json.Indent(&indented, got, "", "  "))
		got = indented.Bytes()
	}
	got = bytes.ReplaceAll(got, []byte(town.first), []byte("SEQUENCE"))
	if *update {
		must(t, os.WriteFile(path, got, 0o600))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (go test -update writes it anew):\n%s", path, got)
	}
}

func TestHoleIsShown(t *testing.T) {
	s := (&sighting{listed: []lease.Lease{{Key: "a", StartingHashKey: "0", EndingHashKey: "9"}}}).status()
	if s.Coverage.Complete || s.Coverage.Hole == nil || s.Coverage.Hole.From != "10" {
		t.Fatalf("coverage %+v", s.Coverage)
	}
	text := strings.Join(s.lines(), "\n")
	if !strings.Contains(text, "NOT covered by 1 open shards") || !strings.Contains(text, "! no open shard covers the hash keys 10..") {
		t.Errorf("the hole is not shown:\n%s", text)
	}
}

// countedStream counts the reads of each shard, and how many are under way.
type countedStream struct {
	worker.Stream
	mu       sync.Mutex
	reads    map[string]int
	now, max int
}

func (s *countedStream) Iterator(_ context.Context, shard string, _ lease.Position) (string, error) {
	return shard, nil
}

func (s *countedStream) Read(_ context.Context, shard string, _ int32) (worker.Page, error) {
	s.mu.Lock()
	s.reads[shard]++
	s.now++
	s.max = max(s.max, s.now)
	s.mu.Unlock()
	time.Sleep(10 * time.Millisecond)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now--
	if shard == "broken" {
		return worker.Page{}, errors.New("throttled")
	}
	return worker.Page{MillisBehindLatest: 42}, nil
}

// TestLagReadsAreRare counts reads: at most one for each open shard in each interval, a few at a time, none again after a failure.
func TestLagReadsAreRare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leases := []lease.Lease{{Key: "ended", Checkpoint: lease.Position{Type: lease.ShardEnd}}, {Key: "broken"}}
		for i := range 40 {
			leases = append(leases, lease.Lease{Key: string('A' + rune(i))})
		}
		stream := &countedStream{reads: map[string]int{}}
		gauge := newLagGauge(stream, 10*time.Second)
		for range 8 { // looks, two seconds apart: reads are due at the first, and at the sixth
			lags := gauge.measure(t.Context(), leases)
			if _, known := lags["broken"]; known || len(lags) != 40 || lags["A"].behind != 42*time.Millisecond {
				t.Fatalf("lags %v", lags)
			}
			time.Sleep(2 * time.Second)
		}
		for _, l := range leases {
			want := 2
			if l.Ended() {
				want = 0
			}
			if n := stream.reads[l.Key]; n != want {
				t.Errorf("%s has been read %d times, want %d", l.Key, n, want)
			}
		}
		if stream.max != lagReaders {
			t.Errorf("%d reads at a time, want %d", stream.max, lagReaders)
		}
	})
}

func TestNoLagReadsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		town := newTown(t)
		o := town.lookout().statusOptions
		o.noLag = true
		s, err := newLookout(town.clients, o).look(t.Context())
		must(t, err)
		if slices.ContainsFunc(s.Shards, func(sh shardStatus) bool { return sh.LagMillis != nil }) {
			t.Errorf("a lag is shown: %+v", s.Shards)
		}
	})
}

// TestStatusSaysWhatAReplayWaitsFor shows a plan that has been applied to some rows, then the same when it is published.
func TestStatusSaysWhatAReplayWaitsFor(t *testing.T) {
	plan := lease.Plan{
		Number: 3, State: lease.PlanFenced, Map: "1<2026-11-26T13;4", Hour: 498_925, At: 1_796_130_000_000, Operator: "me@desk", Reason: "bad model",
	}
	rows := []lease.Lease{
		{Key: "caught-up", Plan: 3, TipPlan: 3, Checkpoint: lease.After("1", 1)},
		{Key: "ended", Plan: 3, Checkpoint: lease.Position{Type: lease.ShardEnd}},
		{Key: "ended-before", Plan: 2, Checkpoint: lease.Position{Type: lease.ShardEnd}},
		{Key: "on-its-way", Plan: 3, TipPlan: 2, Checkpoint: lease.After("1", 1)},
		{Key: "unlisted"},
	}
	line := (&status{Replay: lastReplay(plan, rows)}).lines()[1]
	want := "REPLAY 3  fenced  from 2026-12-01T13 into generations 1<2026-11-26T13;4  by me@desk, 2026-12-01T13:00:00Z: bad model: waiting for ended-before, on-its-way"
	if line != want {
		t.Errorf("got  %s\nwant %s", line, want)
	}
	plan.State = lease.PlanPublished
	if r := lastReplay(plan, rows); len(r.Behind) > 0 {
		t.Errorf("a published replay waits for %v", r.Behind)
	}
	if r := lastReplay(lease.Plan{}, rows); r != nil {
		t.Errorf("there is a replay that nobody has made: %+v", r)
	}
}

// TestRatesAreThoseOfNow: what rows say is as old as the checkpoint, and of shards that nobody reads it is nothing.
func TestRatesAreThoseOfNow(t *testing.T) {
	at := time.Now()
	now := at.UnixMilli()
	row := func(key, owner string) lease.Lease {
		return lease.Lease{Key: key, Owner: owner, Counter: 2, Checkpoint: lease.After("1", 0), Rate: 33.8}
	}
	stopped := row("stopped", "")
	stopped.Stopped = "past retention"
	seen := sighting{
		at: at, silence: 10 * time.Second, leases: []lease.Lease{row("asked", "w"), row("dead", "silent"), row("free", ""), row("mute", "w"), stopped},
		workers: []lease.Worker{{ID: "bereft", At: now, Rate: 54.6}, {ID: "silent", At: now - 60_000, Rate: 453}, {ID: "w", At: now, Rate: 140}},
		said: saidOf([]dashboard.Self{{Worker: "w", Shards: []dashboard.SelfShard{
			{Shard: "asked", Counter: 2, Rate: 106.2}, {Shard: "mute", Counter: 1, Rate: 4762}, // of a term that is over
		}}}),
	}
	s := seen.status()
	got := map[string]string{}
	for _, w := range s.Workers {
		got[w.Worker] = perSecond(w.Rate)
	}
	for _, sh := range s.Shards {
		got[sh.Shard] = perSecond(sh.Rate)
	}
	want := map[string]string{"bereft": "0.0", "silent": "-", "w": "140.0", "asked": "106.2", "dead": "-", "free": "-", "mute": "33.8", "stopped": "-"}
	if !maps.Equal(got, want) {
		t.Errorf("rates %v, want %v", got, want)
	}
}

func TestStatusTellsOfDifferentFailoverTimes(t *testing.T) {
	now := time.Now()
	workers := []lease.Worker{{ID: "a", Failover: 5 * time.Second}, {ID: "b", Failover: 5 * time.Second}, {ID: "old version"}, {ID: "slow", Failover: 30 * time.Second}}
	for i := range workers {
		workers[i].At = now.UnixMilli()
	}
	text := strings.Join((&sighting{at: now, workers: workers}).status().lines(), "\n")
	if want := "! workers have different failover times, so that some lose their leases while they live (5s: a, b; 30s: slow): start all"; !strings.Contains(text, want) {
		t.Errorf("no %q in\n%s", want, text)
	}
	if text := (&sighting{workers: workers[:3], at: now}).status().failovers(); text != "" {
		t.Errorf("workers that agree: %s", text)
	}
}
