package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"syscall"
	"testing"
	"time"

	infradynamo "github.com/streamrec/streamrec/infra/dynamo"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/replay/side"
)

func replayCommand(t *testing.T, command string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	flags := []string{"replay", command, "--app", "shop", "--stream", "clicks", "--bucket", testBucket}
	code = run(t.Context(), append(flags, args...), streams{strings.NewReader(""), &o, &e})
	return code, o.String(), e.String()
}

// TestReplayRefuses says what a user has done wrong, and what to do.
func TestReplayRefuses(t *testing.T) {
	serveLocal(t)
	hour := func(ago int) string { return time.Now().Add(-time.Duration(ago) * time.Hour).Format(time.RFC3339) }
	for text, c := range map[string][]string{
		"missing --name":                            {"start"},
		"name of a replay: want up to 40":           {"start", "--name", "What if", "--from", hour(3), "--to", hour(1)},
		"--from: want a time with zone":             {"start", "--name", "a", "--to", hour(1)},
		"--to: want a time with zone":               {"start", "--name", "a", "--from", hour(3), "--to", "2026-11-26T14:05:00"},
		"--from must be before --to":                {"start", "--name", "a", "--from", hour(1), "--to", hour(3)},
		"400 days apart":                            {"start", "--name", "a", "--from", hour(24 * 500), "--to", hour(3)},
		"--rate: must not be negative":              {"start", "--name", "a", "--from", hour(3), "--to", hour(1), "--rate", "-1"},
		`there is no parameter "Magic"`:             {"start", "--name", "a", "--from", hour(3), "--to", hour(1), "--params", "Magic=1"},
		"--recommendations: must be from 1 to 1000": {"start", "--name", "a", "--from", hour(3), "--to", hour(1), "--recommendations", "1001"},
		"--memory-budget: must be at least":         {"run", "--name", "a", "--memory-budget", "1"},
		"--top: must be between":                    {"diff", "--name", "a", "-k", "0"},
		`unexpected argument "now"`:                 {"publish", "--name", "a", "now"},
		"must be table or json":                     {"status", "-o", "xml"},
	} {
		if code, out, errs := replayCommand(t, c[0], c[1:]...); code != exitUsage || out != "" || !strings.Contains(errs, text) {
			t.Errorf("%v: exit code %d, want %q\n%s%s", c, code, text, out, errs)
		}
	}
	createStream(t, 1)
	store := shopTable(t)
	if code, _, errs := replayCommand(t, "start", "--name", "a", "--from", hour(3), "--to", hour(1)); code != exitRefused || !strings.Contains(errs, "has no shards yet") {
		t.Errorf("before there is a worker: exit code %d\n%s", code, errs)
	}
	must(t, store.Create(t.Context(), lease.Lease{Key: "shardId-000000000000", Checkpoint: lease.Position{Type: lease.TrimHorizon}, StartingHashKey: "0", EndingHashKey: "1"}))
	if code, _, errs := replayCommand(t, "start", "--name", "a", "--from", hour(3), "--to", hour(1), "--execute"); code != exitRefused || !strings.Contains(errs, "the log has nothing in the hours") {
		t.Errorf("without a log: exit code %d\n%s", code, errs)
	}
	for _, command := range [][]string{{"run"}, {"diff"}, {"publish"}, {"drop", "--execute"}, {"status"}} {
		if code, _, errs := replayCommand(t, command[0], append(command[1:], "--name", "b")...); code != exitRefused || !strings.Contains(errs, "has no replay b") {
			t.Errorf("%v of a replay that is not there: exit code %d\n%s", command, code, errs)
		}
	}
	if code, out, errs := replayCommand(t, "status"); code != exitDone || out != "" || !strings.Contains(errs, "has no replays") {
		t.Errorf("status: exit code %d\n%s%s", code, out, errs)
	}
}

// TestNameOfAWorkerIsNoReplay: an environment that is made for workers names them, and not a replay.
func TestNameOfAWorkerIsNoReplay(t *testing.T) {
	serveLocal(t)
	t.Setenv("STREAMREC_NAME", "pod-1")
	if code, _, errs := replayCommand(t, "drop", "--execute"); code != exitUsage || !strings.Contains(errs, "missing --name") {
		t.Errorf("the worker's name is taken: exit code %d\n%s", code, errs)
	}
	t.Setenv("STREAMREC_REPLAY_NAME", "What if")
	if code, _, errs := replayCommand(t, "drop", "--execute"); code != exitUsage || !strings.Contains(errs, `not "What if"`) {
		t.Errorf("the twin is not taken: exit code %d\n%s", code, errs)
	}
}

// full is a disk that has no room left.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// TestReplayThatCannotSayWhatItDid does not end as if what it found had been read by somebody.
func TestReplayThatCannotSayWhatItDid(t *testing.T) {
	serveLocal(t)
	createStream(t, 1)
	store := shopTable(t)
	must(t, store.Create(t.Context(), lease.Lease{Key: "shardId-000000000000", Checkpoint: lease.Position{Type: lease.TrimHorizon}, StartingHashKey: "0", EndingHashKey: "1"}))
	source, err := chain.ParseMap("1")
	must(t, err)
	must(t, store.Replays().Create(t.Context(), &side.Replay{Name: "a", State: side.Running, Generation: 2, From: 500_000, To: 500_001, Source: source}))
	for _, how := range [][]string{nil, {"--execute"}} {
		var errs bytes.Buffer
		args := append([]string{"replay", "drop", "--app", "shop", "--stream", "clicks", "--bucket", testBucket, "--name", "a"}, how...)
		if code := run(t.Context(), args, streams{strings.NewReader(""), full{}, &errs}); code != exitFailed || !strings.Contains(errs.String(), "no space left") {
			t.Errorf("%v: exit code %d\n%s", how, code, &errs)
		}
	}
}

// sideReplay is one of which a shard is done and another is not, and on which nobody works.
func sideReplay(t *testing.T) *side.Replay {
	t.Helper()
	serveLocal(t)
	createStream(t, 1)
	store := shopTable(t)
	source, err := chain.ParseMap("1")
	must(t, err)
	r := &side.Replay{Name: "a", State: side.Running, Generation: 2, From: 500_000, To: 500_002, Source: source}
	must(t, store.Replays().Create(t.Context(), r))
	rows := store.Replays().Rows(r)
	must(t, rows.Create(t.Context(), lease.Lease{Key: "done", Checkpoint: lease.Position{Type: lease.ShardEnd}}))
	must(t, rows.Create(t.Context(), lease.Lease{Key: "open", Checkpoint: lease.Position{Type: lease.TrimHorizon}, StartingHashKey: "0", EndingHashKey: "1"}))
	return r
}

// TestReplayWithoutWorkersWaits, and is not called running.
func TestReplayWithoutWorkersWaits(t *testing.T) {
	r := sideReplay(t)
	c, err := loadClients(t.Context())
	must(t, err)
	state := func() string {
		code, out, errs := replayCommand(t, "status", "-o", "json")
		var l replayStatusLine
		if err := json.Unmarshal([]byte(out), &l); err != nil || code != exitDone {
			t.Fatalf("exit code %d, %v\n%s%s", code, err, out, errs)
		}
		return l.State
	}
	if s := state(); s != "waiting" {
		t.Errorf("without a worker it is %s", s)
	}
	must(t, infradynamo.NewStore(c.dynamodb, "shop").Replays().Rows(r).Register(t.Context(), lease.Worker{ID: "w", Counter: 1}))
	if s := state(); s != "running" {
		t.Errorf("with a worker it is %s", s)
	}
}

// TestReplayDropPrintsJSON, also of what it would do.
func TestReplayDropPrintsJSON(t *testing.T) {
	sideReplay(t)
	for _, how := range [][]string{nil, {"--execute"}} {
		code, out, errs := replayCommand(t, "drop", append([]string{"--name", "a", "-o", "json"}, how...)...)
		var d droppedReplay
		if err := json.Unmarshal([]byte(out), &d); err != nil || code != exitDone || d.Name != "a" || d.Generation != 2 || d.Dropped != (how != nil) {
			t.Errorf("%v: exit code %d, %v\n%s%s", how, code, err, out, errs)
		}
	}
}

// TestReplayShowsHowFarItIsWithoutATerminal, once and not every second.
func TestReplayShowsHowFarItIsWithoutATerminal(t *testing.T) {
	var errs bytes.Buffer
	w := &replayWorker{tool: &replayTool{std: streams{err: &errs}}}
	show := w.shower(time.Now())
	show() // nothing is known yet
	w.done = side.Progress{Shards: 2, Ended: 1}
	w.records.Store(1234)
	show()
	show()
	if out := errs.String(); strings.Count(out, "\n") != 1 || !strings.Contains(out, "1 of 2 shards are done; this worker has processed 1,234 records") {
		t.Errorf("it says %q", out)
	}
}
