package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/scripts/reshard"
	"github.com/streamrec/streamrec/worker/lease"
)

// TestWaitingGivesASignOfLife: news at once, and what is no news every ten seconds.
func TestWaitingGivesASignOfLife(t *testing.T) {
	var w waiting
	began := time.Now()
	for _, c := range []struct {
		line  string
		after time.Duration
		want  bool
	}{{"a", 0, true}, {"a", 9 * time.Second, false}, {"a", 10 * time.Second, true}, {"a", 19 * time.Second, false}, {"b", 19 * time.Second, true}, {"b", 28 * time.Second, false}} {
		if got := w.tells(c.line, began.Add(c.after)); got != c.want {
			t.Errorf("%q after %s: %v", c.line, c.after, got)
		}
	}
}

// quitter is where a command says things to somebody who interrupts it when they read a text.
type quitter struct {
	bytes.Buffer
	at   string
	quit func()
}

func (q *quitter) Write(p []byte) (int, error) {
	n, err := q.Buffer.Write(p)
	if strings.Contains(q.String(), q.at) {
		q.quit()
	}
	return n, err
}

// interrupted runs a command until it says a text.
func interrupted(t *testing.T, at string, args ...string) (code int, out, errs string) {
	t.Helper()
	ctx, quit := context.WithCancelCause(t.Context())
	defer quit(nil)
	var o bytes.Buffer
	e := quitter{at: at, quit: func() { quit(errors.New("interrupt signal received")) }}
	code = run(ctx, args, streams{strings.NewReader(""), &o, &e})
	return code, o.String(), e.String()
}

// TestReshardNamesWhatItWaitsFor: the shards and their state; it ends where one is stopped, and when it is interrupted says what has been done.
func TestReshardNamesWhatItWaitsFor(t *testing.T) {
	serveLocal(t)
	createStream(t, 2)
	store := shopTable(t)
	must(t, store.Register(t.Context(), lease.Worker{ID: "w", Counter: 1}))
	row := lease.Lease{Key: "shardId-000000000000", Checkpoint: lease.Position{Type: lease.TrimHorizon}, StartingHashKey: "0", EndingHashKey: "1"}
	must(t, store.Create(t.Context(), row))
	args := []string{"reshard", "--stream", "clicks", "--app", "shop", "--shards", "2", "--execute"}
	const waits = "waiting for shardId-000000000000 (no owner), shardId-000000000001 (no worker has seen it yet)"
	code, out, errs := interrupted(t, waits, args...)
	if code != exitFailed || out != "" || !strings.Contains(errs, waits) || !strings.Contains(errs, "only the waiting") || strings.Contains(errs, "lease table") {
		t.Errorf("interrupted: exit code %d\n%s%s", code, out, errs)
	}
	now := row
	now.Counter, now.Stopped = 1, "past\nretention"
	must(t, store.Update(t.Context(), &row, &now))
	code, out, errs = command(t, args...)
	if code != exitFailed || out != "" || !strings.Contains(errs, "shardId-000000000000 (past retention)") || !strings.Contains(errs, "reset --resume --app shop --stream clicks") {
		t.Errorf("with a shard that is stopped: exit code %d\n%s%s", code, out, errs)
	}
}

// TestFollowedShards: open ones are to have an owner, and others with a row are to end.
func TestFollowedShards(t *testing.T) {
	shards := reshard.Topology{{ID: "ended"}, {ID: "gone"}, {ID: "parent"}, {ID: "owned", Open: true}, {ID: "free", Open: true}, {ID: "new", Open: true}}
	f := followed(shards, []lease.Lease{
		{Key: "ended", Checkpoint: lease.Position{Type: lease.ShardEnd}}, {Key: "parent", Owner: "w"}, {Key: "owned", Owner: "w"}, {Key: "free", Stopped: "why"},
	})
	want := "workers: 1 of 3 shards have an owner, 1 parents have records left: waiting for parent (read by w), free (stopped), new (no worker has seen it yet)"
	if f.String() != want || len(f.stopped) != 1 || f.stopped[0].Key != "free" {
		t.Errorf("%s; stopped %v", f.String(), f.stopped)
	}
}

// TestResetSaysThatNobodyWorks, and its JSON is all that is on stdout.
func TestResetSaysThatNobodyWorks(t *testing.T) {
	serveLocal(t)
	createStream(t, 1)
	store := shopTable(t)
	if code, out, _ := reset(t, "--finish", "-o", "json"); code != exitDone || out != "{\"plan\":0}\n" {
		t.Errorf("without a plan: exit code %d\n%s", code, out)
	}
	const key, nobody = "shardId-000000000000", "0 of 1 shards have caught up: waiting for shardId-000000000000; no worker is running"
	must(t, store.Create(t.Context(), lease.Lease{Key: key, Checkpoint: lease.Position{Type: lease.TrimHorizon}, StartingHashKey: "0", EndingHashKey: "1"}))
	for _, way := range [][]string{{"--by-duration", "1h", "--execute"}, {"--finish"}} {
		code, out, errs := interrupted(t, nobody, append([]string{"reset", "--app", "shop", "--stream", "clicks", "--bucket", testBucket, "--failover-time", "100ms"}, way...)...)
		if code != exitFailed || out != "" || !strings.Contains(errs, nobody) {
			t.Errorf("%v: exit code %d\n%s%s", way, code, out, errs)
		}
	}
	rows, _, err := store.Leases(t.Context())
	must(t, err)
	tip := rows[0]
	tip.Counter, tip.TipPlan = tip.Counter+1, 1
	must(t, store.Update(t.Context(), &rows[0], &tip))
	code, out, errs := reset(t, "--finish", "-o", "json")
	var done map[string]any
	if err := json.Unmarshal([]byte(out), &done); err != nil || code != exitDone || done["plan"] != 1.0 || done["state"] != "published" || done["generations"] == "" {
		t.Errorf("exit code %d, %v\n%s%s", code, err, out, errs)
	}
}
