package main

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"
)

// look is what `streamrec status -o json` says, as far as it is wanted here.
type look struct {
	Time    time.Time `json:"time"`
	Error   string    `json:"error"`
	Workers []struct {
		State string `json:"state"`
	} `json:"workers"`
	Shards []struct {
		Shard     string `json:"shard"`
		State     string `json:"state"`
		LagMillis *int64 `json:"lagMillis"`
		Stopped   string `json:"stopped"`
	} `json:"shards"`
	Replay *struct {
		Plan  int64  `json:"plan"`
		State string `json:"state"`
	} `json:"replay"`
}

// lag is how long the record has been waiting that has been waiting longest, and whether that is known of every shard.
func (l *look) lag() (lag time.Duration, known bool) {
	known = len(l.Shards) > 0
	for _, sh := range l.Shards {
		switch {
		case sh.State == "ended":
		case sh.LagMillis == nil:
			known = false
		default:
			lag = max(lag, time.Duration(*sh.LagMillis)*time.Millisecond)
		}
	}
	return lag, known
}

// open is how many shards have not been read to their ends.
func (l *look) open() (n int) {
	for _, sh := range l.Shards {
		if sh.State != "ended" {
			n++
		}
	}
	return n
}

// stopped names a shard that was given up, and why.
func (l *look) stopped() string {
	for _, sh := range l.Shards {
		if sh.Stopped != "" {
			return sh.Shard + " is stopped: " + strings.ReplaceAll(sh.Stopped, "\n", " ")
		}
	}
	return ""
}

// done reports whether all that was put is committed, and seen by readers.
func (l *look) done() bool {
	lag, known := l.lag()
	return known && lag == 0 && (l.Replay == nil || l.Replay.State == "published")
}

// replaying reports whether a replay has not come to its end.
func (l *look) replaying() bool { return l.Replay != nil && l.Replay.State != "published" }

// watcher keeps the last look of a `streamrec status --watch`. It is an io.Writer of the JSON lines.
type watcher struct {
	stack    *stack
	failover time.Duration
	seen     func(look)

	mu   sync.Mutex
	rest []byte
	last look
}

// lookEvery is the time between two looks: each reads every open shard once, of the five reads a second that it has.
const lookEvery = 5 * time.Second

// run looks until ctx ends. The command ends by itself as long as there is no table, or when it does not reach the services; then it is started again.
func (w *watcher) run(ctx context.Context) {
	for every := lookEvery.String(); ctx.Err() == nil; {
		p, err := w.stack.start("status", "reader", w, nil, "status", "--app", appName, "--stream", streamName, "--watch", "--interval", every, "--lag-interval", every,
			"--no-upstream", "--failover-time", w.failover.String(), "-o", "json")
		if err == nil {
			_, _ = p.Wait(ctx) // it ends when it will
			_, _ = p.Kill()
		}
		_ = sleep(ctx, time.Second)
	}
}

// Write implements io.Writer.
func (w *watcher) Write(b []byte) (int, error) {
	w.mu.Lock()
	w.rest = append(w.rest, b...)
	var looks []look
	for {
		line, rest, complete := bytes.Cut(w.rest, []byte("\n"))
		if !complete {
			break
		}
		var l look
		if json.Unmarshal(line, &l) == nil && l.Error == "" { // a look that failed is followed by another one
			w.last = l
			looks = append(looks, l)
		}
		w.rest = bytes.Clone(rest)
	}
	w.mu.Unlock()
	for _, l := range looks {
		w.seen(l)
	}
	return len(b), nil
}

func (w *watcher) look() look {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}
