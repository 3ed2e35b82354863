package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// TestReplayFromTheLog replays what the stream has no more. A fleet has recommended three products; then the stream is resharded, and retention passes: the first
// shards are gone, and most records with them. The replay reads them back from the log, while a worker is killed (kill -9), and new records come. Readers of the
// view then have each record once: what came in as it was, and longer lists.
func TestReplayFromTheLog(t *testing.T) {
	needProcesses(t)
	oracle, ctx := NewOracle(t), Bounded(t, 100*time.Second)
	stack, passes := newAgedStack(ctx, t, 25*time.Hour)
	stack.CreateStream(ctx, 2)
	stack.CreateBucket(ctx)
	began := time.Now().Add(-25 * time.Hour)
	bad := NewFleet(stack, App, "--no-privacy", "--failover-time", "2s", "--flush-age", "300ms", "--recommendations", "3")
	worker := bad.Start("bad")
	bad.AwaitShare(ctx, worker)
	before := stack.Produce(LongSessions(t, 1500, 21, 60), 1000)
	before.Succeed(ctx)
	odd := stack.putOdd(ctx)
	progress := NewProgress(bad)
	progress.Await(ctx, 1500+len(odd))
	roots := stack.OpenShards(ctx)
	heirs := stack.SplitAll(ctx, roots[0])
	worker.Await(ctx, time.Time{}, logEnded, func(e Entry) bool { return e.Shard() == roots[0] })
	passes()
	bad.Terminate(ctx)
	if now := ids(stack.Shards(ctx)); !slices.Equal(now, append([]string{roots[1]}, heirs...)) {
		t.Fatalf("the stream has %v, want %v and %v alone", now, roots[1], heirs)
	}

	good := NewFleet(stack, App, "--no-privacy", "--failover-time", "2s", "--flush-age", "300ms")
	doomed := good.Start("a")
	good.Start("b")
	after := stack.Produce(LongSessions(t, 600, 22, 60), 100)
	progress.Await(ctx, 1600+len(odd))
	acked := func(file *Traffic) []string { return acksOf(t, file, append(slices.Clone(roots), heirs...)...) }
	good.replayPast(ctx, began, 1500+len(odd), doomed)
	after.Succeed(ctx)
	all := slices.Concat(acked(before), odd, acked(after))
	Until(ctx, t, "readers see every record", func() (bool, string) {
		n := good.visible(ctx)
		return n >= len(all), fmt.Sprintf("%d of %d", n, len(all))
	})
	good.Terminate(ctx)
	assertLogs(good, "info", "warning")
	stack.Run("audit", slices.Concat([]string{"audit"}, deployment(App))...).Succeed(ctx)
	oracle.Acknowledged(writeLines(t, all))
	oracle.Judge(ctx, good, good.unchanged(oracle)...)
}

// replayPast replays everything since a time, past retention, and kills a worker meanwhile.
func (f *Fleet) replayPast(ctx context.Context, since time.Time, least int, doomed *Worker) {
	t := f.stack.t
	t.Helper()
	to := []string{"--to-timestamp", since.Format(time.RFC3339), "--failover-time", "2s"}
	if p := f.reset(append(to, "--execute")...); p.Wait(ctx) != 3 || !strings.Contains(p.Err.Text(), "--from-log") {
		t.Errorf("what is past retention is replayed from the stream\n%s", p.tail())
	}
	dry := f.reset(append(to, "--from-log", "-o", "json")...)
	dry.Succeed(ctx)
	var plan struct{ ReadBack int }
	if err := json.Unmarshal([]byte(dry.Out.Text()), &plan); err != nil || plan.ReadBack < least {
		t.Errorf("%d records are to be read back from the log, want %d: %v", plan.ReadBack, least, err)
	}
	began := time.Now()
	replay := f.reset(append(to, "--from-log", "--execute")...)
	first := f.awaitGeneration(ctx, 2)
	doomed.Kill()
	replay.Succeed(ctx)
	t.Logf("from the plan to the first link of the new generation %.1f s, to readers %.1f s", first.Sub(began).Seconds(), time.Since(began).Seconds())
}

// unchanged says what must not be after a replay from the log: that rows of the first generation are missing or have got another input.
func (f *Fleet) unchanged(o *Oracle) []Check {
	const input = `shard_id, sequence_number, sub_sequence, line, partition_key, explicit_hash_key, arrival_time, event_time, event_id, session_id, customer_id, key_id,
		city, country, credit_limit, duplicate, extra, error, raw, [{'p': h.product_code, 'q': h.quantity, 'c': h.in_shopping_cart, 'e': h.event, 'k': h.category,
		'b': h.brand, 'm': h.price, 'u': h.currency, 'x': h.extra} FOR h IN browse_history] AS history, dt, hour`
	o.Table("old", `SELECT * FROM (`+allRows(filepath.Join(o.dir, f.app))+`) WHERE gen = 1`)
	return []Check{
		{"rows of the first generation that are not there, or have another input", `SELECT ` + input + ` FROM old EXCEPT SELECT ` + input + ` FROM rows`},
		{"rows of the first generation that readers still see", `SELECT filename FROM rows WHERE gen = 1`},
		{"sessions of the past with lists of the old length", `SELECT session_id, max(len(recommendations)) AS longest FROM rows WHERE session_id IN
			(SELECT session_id FROM old) GROUP BY session_id HAVING longest <= 3`},
		{"nothing to compare", `SELECT count(*) AS n FROM old HAVING n < 1500`},
	}
}

// putOdd puts records that are no single event, and returns their lines of an acknowledgement log.
func (s *Stack) putOdd(ctx context.Context) (acked []string) {
	s.t.Helper()
	lines := `{"session_id":"s-1","customer_number":7,"extra":[1],"browse_history":[{"product_code":"P1","quantity":"2"},{}]}` + "\n{bad\n" + `{"session_id":"s-1","credit_limit":1.5}`
	for i, data := range []string{"", "{", "null", lines, `{"session_id":"s-1","event_id":"twice"}`, `{"session_id":"s-1","event_id":"twice"}`} {
		out, err := s.Kinesis.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: aws.String(Stream), PartitionKey: aws.String("s-1"), Data: []byte(data + " ")})
		if err != nil {
			s.t.Fatalf("put record: %v", err)
		}
		acked = append(acked, fmt.Sprintf(`{"n":%d,"key":"s-1","shard":%q,"seq":%q}`+"\n", 900_000+i, *out.ShardId, *out.SequenceNumber))
	}
	return acked
}

// TestSkipToTheLatest gives up what came while no worker was there: marks in the log say so, and the audit counts it.
func TestSkipToTheLatest(t *testing.T) {
	needProcesses(t)
	oracle, ctx := NewOracle(t), Bounded(t, 80*time.Second)
	stack := NewStack(ctx, t, "--limits=off")
	stack.CreateStream(ctx, 2)
	stack.CreateBucket(ctx)
	fleet := NewFleet(stack, App, "--no-privacy", "--failover-time", "2s", "--flush-age", "300ms")
	fleet.Start("a")
	fleet.AwaitShare(ctx)
	put := func(n int, seed uint64) *Traffic {
		p := stack.Produce(EventFile(t, n, seed), 2000)
		p.Succeed(ctx)
		return p
	}
	before := put(200, 31)
	progress := NewProgress(fleet)
	progress.Await(ctx, 200)
	fleet.Terminate(ctx)
	skipped := put(300, 32) // what is given up, but for the first record of each shard
	if p := fleet.reset("--to-latest", "--execute"); p.Wait(ctx) != 2 || !strings.Contains(p.Err.Text(), "--accept-gap") {
		t.Errorf("records are given up without a word\n%s", p.tail())
	}
	dry := fleet.reset("--to-latest", "--accept-gap")
	dry.Succeed(ctx)
	if text := dry.Out.Text(); strings.Count(text, "GIVEN UP") != 2 || !strings.Contains(text, "nothing was done") {
		t.Errorf("the plan says\n%s", text)
	}
	fleet.reset("--to-latest", "--accept-gap", "--execute", "--detach").Succeed(ctx)
	fleet.Start("b")
	after := put(400, 33)
	shards := stack.OpenShards(ctx)
	acked := slices.Concat(acksOf(t, before, shards...), acksOf(t, after, shards...))
	for _, id := range shards {
		acked = append(acked, slices.MinFunc(acksOf(t, skipped, id), bySequence(t)))
	}
	Until(ctx, t, "what came later is committed", func() (bool, string) {
		n := fleet.visible(ctx)
		return n >= len(acked), fmt.Sprintf("%d of %d; %s", n, len(acked), fleet)
	})
	fleet.reset("--finish").Succeed(ctx)
	fleet.Terminate(ctx)
	oracle.Acknowledged(writeLines(t, acked))
	oracle.Judge(ctx, fleet)
	p := stack.Run("audit", slices.Concat([]string{"audit", "-o", "json"}, deployment(App))...)
	p.Succeed(ctx)
	var report struct{ AcceptedGaps []struct{ InStream int } }
	if err := json.Unmarshal([]byte(p.Out.Text()), &report); err != nil || len(report.AcceptedGaps) != 2 || report.AcceptedGaps[0].InStream+report.AcceptedGaps[1].InStream != 298 {
		t.Errorf("the audit reports the gaps %+v, %v; want two with 298 records: one of each shard is kept", report.AcceptedGaps, err)
	}
}

// bySequence compares lines of an acknowledgement log by the sequence numbers of their records, which have as many digits each.
func bySequence(t *testing.T) func(a, b string) int {
	sequence := func(line string) string {
		var ack struct {
			Seq string `json:"seq"`
		}
		if err := json.Unmarshal([]byte(line), &ack); err != nil || ack.Seq == "" {
			t.Fatalf("acknowledgement %q: %v", line, err)
		}
		return ack.Seq
	}
	return func(a, b string) int { return strings.Compare(sequence(a), sequence(b)) }
}
