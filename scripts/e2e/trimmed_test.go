package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/streamrec/streamrec/infra/local"
)

// TestTrimmedParents lets retention pass. A parent that was read to its end is not missed; one of which records are unread stops, loudly, and
// nobody reads its children, until an operator gives those records up; an application that begins later begins with what there is.
func TestTrimmedParents(t *testing.T) {
	needProcesses(t)
	oracle, ctx := NewOracle(t), Bounded(t, 100*time.Second)
	stack, passes := newAgedStack(ctx, t, 25*time.Hour)
	stack.CreateStream(ctx, 2)
	stack.CreateBucket(ctx)
	fleet := NewFleet(stack, App, "--no-privacy", "--failover-time", "2s", "--flush-age", "300ms")
	a := fleet.Start("a")
	fleet.AwaitShare(ctx, a)
	before := stack.Produce(EventFile(t, 200, 1), 1000)
	before.Succeed(ctx)
	progress := NewProgress(fleet)
	progress.Await(ctx, 200)
	roots := stack.OpenShards(ctx)
	read, unread := roots[0], roots[1]
	heirs := stack.SplitAll(ctx, read)
	a.Await(ctx, time.Time{}, logEnded, func(e Entry) bool { return e.Shard() == read })
	fleet.Terminate(ctx)
	stack.putInto(ctx, unread, 10)
	orphans := stack.SplitAll(ctx, unread)

	passes()
	if now := ids(stack.Shards(ctx)); !slices.Equal(now, slices.Concat(heirs, orphans)) {
		t.Fatalf("the stream has %v, want %v and %v alone", now, heirs, orphans)
	}
	stack.resharded = false
	file := EventFile(t, 300, 2)
	after := stack.Produce(file, 1000)
	after.Succeed(ctx)
	acked := slices.Concat(acksOf(t, before, roots...), acksOf(t, after, heirs...))
	fleet.Start("b")
	progress.Await(ctx, len(acked))
	fleet.awaitStop(ctx, unread, orphans)
	fleet.Terminate(ctx)
	oracle.Acknowledged(writeLines(t, acked))
	oracle.Judge(ctx, fleet)
	fleet.giveUp(ctx, slices.Concat(acked, acksOf(t, after, orphans...)))

	late := NewFleet(stack, "late", "--no-privacy", "--flush-age", "300ms")
	late.Start("c")
	late.Drain(ctx, 300)
	NewOracle(t).JudgeTraffic(ctx, late, after, file)
}

// newAgedStack is a Stack in this process, whose clock is late by d until passes is called.
func newAgedStack(ctx context.Context, t *testing.T, d time.Duration) (s *Stack, passes func()) {
	t.Helper()
	var late atomic.Int64
	late.Store(int64(d))
	services, err := local.New(local.Options{Now: func() time.Time { return time.Now().Add(-time.Duration(late.Load())) }})
	if err != nil {
		t.Fatalf("start services: %v", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- services.Serve(serving, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("services: %v", err)
		}
		_ = services.Close()
	})
	s = &Stack{t: t, secret: testSecret, Endpoint: "http://" + listener.Addr().String()}
	s.connect()
	return s, func() { late.Store(0) }
}

// putInto puts n records into a shard.
func (s *Stack) putInto(ctx context.Context, shard string, n int) {
	s.t.Helper()
	for _, sh := range s.Shards(ctx) {
		if *sh.ShardId != shard {
			continue
		}
		for i := range n {
			_, err := s.Kinesis.PutRecord(ctx, &kinesis.PutRecordInput{
				StreamName: aws.String(Stream), PartitionKey: aws.String("lost"), ExplicitHashKey: sh.HashKeyRange.StartingHashKey,
				Data: fmt.Appendf(nil, `{"session_id":"lost","browse_history":[{"product_code":"P%d"}]}`, i),
			})
			if err != nil {
				s.t.Fatalf("put record: %v", err)
			}
		}
	}
}

// awaitStop waits until a shard is stopped because of retention, and requires that its children wait for it, unread.
func (f *Fleet) awaitStop(ctx context.Context, stopped string, children []string) {
	t := f.stack.t
	t.Helper()
	type row struct {
		Shard, State, Stopped string
		WaitsFor              []string
	}
	rows := map[string]row{}
	Until(ctx, t, stopped+" is stopped", func() (bool, string) {
		p := f.stack.Run("status", "status", "--app", f.app, "--stream", Stream, "-o", "json")
		p.Succeed(ctx)
		var status struct{ Shards []row }
		if err := json.Unmarshal([]byte(p.Out.Text()), &status); err != nil {
			t.Fatalf("status printed: %v\n%s", err, p.tail())
		}
		for _, r := range status.Shards {
			rows[r.Shard] = r
		}
		return rows[stopped].State == "stopped", fmt.Sprint(rows)
	})
	if why := rows[stopped].Stopped; !strings.Contains(why, "past retention") {
		t.Errorf("%s is stopped: %s", stopped, why)
	}
	for _, c := range children {
		if r := rows[c]; r.State != "waiting" || !slices.Equal(r.WaitsFor, []string{stopped}) {
			t.Errorf("%s is %s and waits for %v, want %s", c, r.State, r.WaitsFor, stopped)
		}
	}
	if n := f.stack.LinksOf(ctx, f.app, children); n > 0 {
		t.Errorf("%v, whose parent has lost records, have %d links", children, n)
	}
}

// giveUp opens the shards again that are stopped, which is refused until the loss is accepted, and waits for what was acknowledged beside what is lost.
func (f *Fleet) giveUp(ctx context.Context, acked []string) {
	t := f.stack.t
	t.Helper()
	if p := f.reset("--resume", "--execute"); p.Wait(ctx) != 3 || !strings.Contains(p.Err.Text(), "--accept-gap") {
		t.Errorf("a shard that has lost records is opened again without a word\n%s", p.tail())
	}
	f.Start("d")
	f.reset("--resume", "--accept-gap", "--execute", "--failover-time", "2s").Succeed(ctx)
	Until(ctx, t, "what is not lost is committed", func() (bool, string) {
		n := f.visible(ctx)
		return n >= len(acked), fmt.Sprintf("%d of %d records; %s", n, len(acked), f)
	})
	f.Terminate(ctx)
	again := NewOracle(t)
	again.Acknowledged(writeLines(t, acked))
	again.Judge(ctx, f)
	p := f.stack.Run("audit", slices.Concat([]string{"audit", "-o", "json"}, deployment(f.app))...)
	p.Succeed(ctx)
	var report struct {
		AcceptedGaps []struct{ Shard, Next string }
	}
	if err := json.Unmarshal([]byte(p.Out.Text()), &report); err != nil || len(report.AcceptedGaps) != 1 || report.AcceptedGaps[0].Next != "end" {
		t.Errorf("the audit reports the gaps %+v, %v; want one to the end of a shard", report.AcceptedGaps, err)
	}
}

// acksOf returns the lines of an acknowledgement log about these shards.
func acksOf(t *testing.T, traffic *Traffic, shards ...string) (lines []string) {
	t.Helper()
	content, err := os.ReadFile(traffic.AckLog)
	if err != nil {
		t.Fatalf("read acknowledgement log: %v", err)
	}
	for line := range strings.Lines(string(content)) {
		if slices.ContainsFunc(shards, func(id string) bool { return strings.Contains(line, `"`+id+`"`) }) {
			lines = append(lines, line)
		}
	}
	return lines
}

func writeLines(t *testing.T, lines []string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "acks.jsonl")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatalf("write acknowledgements: %v", err)
	}
	return path
}
