package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	infradynamo "github.com/streamrec/streamrec/infra/dynamo"
	infras3 "github.com/streamrec/streamrec/infra/s3"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/replay"
)

func reset(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	flags := []string{"reset", "--app", "shop", "--stream", "clicks", "--bucket", testBucket}
	code = run(t.Context(), append(flags, args...), streams{strings.NewReader(""), &o, &e})
	return code, o.String(), e.String()
}

// TestResetRefuses says what a user has done wrong, in one sentence, and what to do.
func TestResetRefuses(t *testing.T) {
	serveLocal(t)
	for text, args := range map[string][]string{
		"say where to":                 {},
		"say where to: one of":         {"--undo", "--by-duration", "1h"},
		"a time with zone":             {"--to-timestamp", "2026-11-26T14:05:00"},
		"--by-duration: must be":       {"--by-duration", "-1h"},
		"must be positive, it is how":  {"--by-duration", "0s"},
		"--rate must be positive":      {"--undo", "--rate", "0"},
		"--rate must be positive, at":  {"--undo", "--rate", "NaN"},
		"positive, at most 2147483647": {"--undo", "--rate", "Inf"},
		"--to-latest: gives up":        {"--to-latest"},
		"--from-log: goes with":        {"--resume", "--from-log"},
		`invalid argument "soon"`:      {"--by-duration", "soon"},
		"--failover-time at least":     {"--undo", "--failover-time", "1ms"},
		"unexpected argument \"now\"":  {"--undo", "now"},
	} {
		if code, out, errs := reset(t, args...); code != exitUsage || out != "" || !strings.Contains(errs, text) {
			t.Errorf("%v: exit code %d\n%s%s", args, code, out, errs)
		}
	}
	if code, _, errs := reset(t, "--undo"); code != exitRefused || !strings.Contains(errs, "clicks") {
		t.Errorf("without a stream: exit code %d\n%s", code, errs)
	}
	createStream(t, 1)
	if code, _, errs := reset(t, "--undo"); code != exitRefused || !strings.Contains(errs, "let a worker create it") {
		t.Errorf("without a table: exit code %d\n%s", code, errs)
	}
}

// shopTable creates the lease table of an application that has begun and has no rows yet.
func shopTable(t *testing.T) *infradynamo.Store {
	t.Helper()
	c, err := loadClients(t.Context())
	must(t, err)
	must(t, infradynamo.Create(t.Context(), c.dynamodb, "shop"))
	store := infradynamo.NewStore(c.dynamodb, "shop")
	_, err = store.Begin(t.Context(), lease.Genesis{Position: lease.Position{Type: lease.TrimHorizon}})
	must(t, err)
	return store
}

// TestResetOfAFleetThatIsAway makes a plan, which takes the place of another one, with nobody there to obey it; then it is undone. The tool does all of it.
func TestResetOfAFleetThatIsAway(t *testing.T) {
	serveLocal(t)
	createStream(t, 2)
	shards := []string{"shardId-000000000000", "shardId-000000000001"}
	store := shopTable(t)
	if code, _, errs := reset(t, "--by-duration", "1h"); code != exitRefused || !strings.Contains(errs, "has no shards yet") {
		t.Errorf("before there is a worker: exit code %d\n%s", code, errs)
	}
	for _, key := range shards {
		must(t, store.Create(t.Context(), lease.Lease{Key: key, Checkpoint: lease.Position{Type: lease.TrimHorizon}, StartingHashKey: "0", EndingHashKey: "1"}))
	}
	for text, args := range map[string][]string{
		"streamrec: there is nothing to undo": {"--undo"},
		"has no records":                      {"--to-trim-horizon"},
		"has not come yet":                    {"--to-timestamp", time.Now().Add(time.Hour).Format(time.RFC3339)},
		"the log has no record":               {"--to-sequence-number", shards[0] + "=7"},
	} {
		if code, out, errs := reset(t, args...); code != exitRefused || out != "" || !strings.Contains(errs, text) {
			t.Errorf("%v: exit code %d\n%s%s", args, code, out, errs)
		}
	}
	plan := func(want int, args ...string) (p resetPlan) {
		t.Helper()
		code, out, errs := reset(t, append(args, "-o", "json")...)
		if code != want {
			t.Fatalf("%v: exit code %d, want %d\n%s%s", args, code, want, out, errs)
		}
		if want == exitDone {
			must(t, json.Unmarshal([]byte(out), &p))
		}
		return p
	}
	dry := plan(exitDone, "--by-duration", "1h")
	if dry.Number != 1 || dry.Before != "1" || !strings.HasSuffix(dry.After, ";new") || dry.Result != nil || len(dry.Shards) != 2 {
		t.Errorf("plan %+v", dry)
	}
	file := filepath.Join(t.TempDir(), "plan.json")
	body, err := json.Marshal(dry)
	must(t, err)
	must(t, os.WriteFile(file, body, 0o600))
	first := plan(exitDone, "--by-duration", "3h", "--execute", "--detach", "--failover-time", "100ms")
	if first.Result == nil || first.Result.State != lease.PlanMade {
		t.Errorf("made %+v", first.Result)
	}
	plan(exitRefused, "--plan", file, "--execute") // drawn up before the other one was made
	second := plan(exitDone, "--by-duration", "1h")
	if second.Number != 2 || second.Instead != 1 || second.Before != "1" {
		t.Errorf("the second plan %+v", second)
	}
	undone := plan(exitDone, "--undo", "--execute", "--detach", "--failover-time", "100ms")
	if undone.Before != "1" || undone.After != "1" || undone.Instead != 1 {
		t.Errorf("undo of a plan that nobody has seen %+v", undone)
	}
	c, err := loadClients(t.Context())
	must(t, err)
	var kept []string
	for o, err := range bucketOf(c).List(t.Context(), "events/_log/plans/") {
		must(t, err)
		kept = append(kept, o.Key)
	}
	if len(kept) != 2 || !slices.IsSorted(kept) {
		t.Errorf("records of what was made: %v", kept)
	}
}

// TestToLatestGoesByTheServicesClock: by that of a laptop that is three hours fast, a fleet would give up what comes in the next three hours.
func TestToLatestGoesByTheServicesClock(t *testing.T) {
	serveLocal(t)
	createStream(t, 1)
	shopTable(t)
	c, err := loadClients(t.Context())
	must(t, err)
	r, err := newReplayer(t.Context(), c, deployment{app: "shop", stream: "clicks", bucket: testBucket, layout: layoutOf("events")}, time.Second)
	must(t, err)
	tool, fast := &resetTool{replayer: r}, time.Now().Add(3*time.Hour)
	for _, latest := range []bool{false, true} {
		now, err := tool.now(t.Context(), &replay.Draft{Wanted: replay.Request{Latest: latest}}, fast)
		must(t, err)
		if latest == now.Equal(fast) || latest && time.Until(now).Abs() > time.Minute {
			t.Errorf("gives up what has not been read: %v; a plan of %v", latest, now)
		}
	}
	here := time.Now()
	if now, err := tool.now(t.Context(), &replay.Draft{Wanted: replay.Request{Latest: true}}, here); err != nil || here.Sub(now).Abs() > time.Second {
		t.Errorf("where the clock is right a plan of %v, %v; it is %v", now, err, here)
	}
}

func bucketOf(c clients) *infras3.Bucket { return infras3.NewBucket(c.s3, testBucket) }

// TestTrimHorizonLeavesWhatIsAboutToExpire chooses hours that shards can still read when they come to it.
func TestTrimHorizonLeavesWhatIsAboutToExpire(t *testing.T) {
	at := func(text string) time.Time {
		v, err := time.Parse("2006-01-02 15:04", "2026-11-"+text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct{ now, oldest, want string }{
		{"26 12:05", "25 12:05", "25 13:00"}, // the hour is cut off already
		{"26 12:50", "25 12:50", "25 14:00"}, // and this one begins to be in ten minutes
		{"26 12:45", "25 12:45", "25 13:00"},
		{"26 12:05", "25 12:21", "25 12:00"}, // the stream has nothing from before
		{"26 12:05", "26 09:30", "26 09:00"},
	} {
		if got := firstLasting(at(c.oldest), at(c.now), 24*time.Hour); got != chain.HourOf(at(c.want)) {
			t.Errorf("at %s, oldest record %s: hour %v, want %s", c.now, c.oldest, got, c.want)
		}
	}
}

// TestUndoSaysWhatTheModelKnows: where nothing is read again, nothing is learnt again.
func TestUndoSaysWhatTheModelKnows(t *testing.T) {
	for want, p := range map[string]resetPlan{
		"learns it again":                    {Records: 7},
		"under generations 1":                {Undo: true, After: "1"},
		"; it learns what is read again":     {Undo: true, After: "1", Records: 7},
		"forgets what it has learnt from 19": {},
	} {
		if text := p.model(); !strings.Contains(text, want) || p.Undo == strings.Contains(text, "forgets") {
			t.Errorf("%+v: %s", p, text)
		}
	}
}
