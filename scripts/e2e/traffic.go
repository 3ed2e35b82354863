package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// Traffic is a `streamrec produce` at work.
type Traffic struct {
	*Process
	AckLog string // the path of its acknowledgement log
}

// Produce starts to put an event file at a rate of records per second.
func (s *Stack) Produce(file string, rate int) *Traffic {
	s.t.Helper()
	acks := filepath.Join(s.t.TempDir(), "acks.jsonl")
	return &Traffic{AckLog: acks, Process: s.Run("produce", "produce", "--stream", Stream, "--file", file, "--format", "auto",
		"--rate", strconv.Itoa(rate), "--ack-log", acks)}
}

// Acknowledged counts the lines of the acknowledgement log so far.
func (tr *Traffic) Acknowledged() int {
	content, err := os.ReadFile(tr.AckLog)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		tr.t.Fatalf("read acknowledgement log: %v", err)
	}
	return bytes.Count(content, []byte("\n"))
}

// AwaitAcknowledged waits until n records are in the stream.
func (tr *Traffic) AwaitAcknowledged(ctx context.Context, n int) {
	tr.t.Helper()
	Until(ctx, tr.t, fmt.Sprintf("%d records are acknowledged", n), func() (bool, string) {
		have := tr.Acknowledged()
		if have < n && tr.Exited() {
			tr.t.Fatalf("the producer has ended after %d of %d records\n%s", have, n, tr.tail())
		}
		return have >= n, strconv.Itoa(have)
	})
}

// Finish asks the producer to stop, waits until it has, and returns how many records are in the stream.
func (tr *Traffic) Finish(ctx context.Context) int {
	tr.t.Helper()
	tr.Terminate()
	tr.Succeed(ctx)
	return tr.Acknowledged()
}

// EventFile writes n events of shoppers as a CSV event file and returns its path. Equal seeds give equal files. Sessions
// overlap, last for about eight events and are spread over all shards.
func EventFile(t *testing.T, n int, seed uint64) string {
	t.Helper()
	return eventsOf(t, n, seed, 50, 400)
}

// LongSessions does so with so many sessions that last for the whole file.
func LongSessions(t *testing.T, n int, seed uint64, sessions int) string {
	t.Helper()
	return eventsOf(t, n, seed, sessions, n)
}

// eventsOf lets so many sessions begin and end together, after so many events of all of them.
func eventsOf(t *testing.T, n int, seed uint64, sessions, events int) string {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 0))
	var b bytes.Buffer
	b.WriteString("ts_ms,session,event,item,category,brand,price\n")
	kinds := []string{"view", "view", "view", "view", "cart", "purchase"}
	for i := range n {
		session := i/events*sessions + random.IntN(sessions)
		item := random.IntN(300)
		fmt.Fprintf(&b, "%d,s-%d,%s,P%d,c%d,%s,%d.%02d\n", 1_600_000_000_000+int64(i)*10, session, kinds[random.IntN(len(kinds))], item, item%7,
			[]string{"", "acme", "brand-" + strconv.Itoa(item%11)}[item%3], item, item%100)
	}
	path := filepath.Join(t.TempDir(), "events.csv")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatalf("write event file: %v", err)
	}
	return path
}

// Truncated writes the first n events of a CSV event file into another file of the same name, from which events get their
// ids, and returns its path.
func Truncated(t *testing.T, file string, n int) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("read event file: %v", err)
	}
	lines := bytes.SplitAfterN(content, []byte("\n"), n+2)
	path := filepath.Join(t.TempDir(), filepath.Base(file))
	if err := os.WriteFile(path, bytes.Join(lines[:min(n+1, len(lines))], nil), 0o600); err != nil {
		t.Fatalf("write event file: %v", err)
	}
	return path
}
