package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestReplay rewinds a fleet under traffic. Two operators make the same plan, and one is told that the other was faster; then both are gone. A worker is killed
// (kill -9), and the stream is resharded, while the shards read again. The workers bring the replay to its end by themselves. Then it is undone. Readers of the
// view have each record once, before, in between and at the end.
func TestReplay(t *testing.T) {
	needProcesses(t)
	oracle, ctx := NewOracle(t), Bounded(t, 100*time.Second)
	stack := NewStack(ctx, t, "--limits=off")
	stack.CreateStream(ctx, 2)
	stack.CreateBucket(ctx)
	fleet := NewFleet(stack, App, "--no-privacy", "--failover-time", "2s", "--flush-age", "1s")
	for _, name := range []string{"a", "b", "c"} {
		fleet.Start(name)
	}
	fleet.AwaitShare(ctx)
	file := LongSessions(t, 100_000, 11, 200)
	traffic := stack.Produce(file, 400)
	NewProgress(fleet).Await(ctx, 1200)

	made := fleet.race(ctx, fleet.plan(ctx, "--by-duration", "1s"))
	fleet.Busiest().Kill()
	resharding := stack.Reshard(ctx, 4)
	first := fleet.awaitGeneration(ctx, 2)
	finish := stack.Run("finish", slices.Concat([]string{"reset", "--finish"}, deployment(App))...)
	finish.Succeed(ctx)
	published := time.Now()
	resharding.Succeed(ctx)
	during := fleet.visible(ctx)

	undo := fleet.reset("--undo", "--execute", "--failover-time", "2s")
	undo.Succeed(ctx)
	after := fleet.visible(ctx)
	put := traffic.Finish(ctx)
	Until(ctx, t, "readers see every record", func() (bool, string) {
		n := fleet.visible(ctx)
		return n >= put, fmt.Sprintf("%d of %d", n, put)
	})
	fleet.Terminate(ctx)
	t.Logf("%d records; from the plan to the first link of the new generation %.1f s, to readers %.1f s; %d records seen after the replay, %d after the undo",
		put, first.Sub(made).Seconds(), published.Sub(made).Seconds(), during, after)
	if during < 1200 || after < during {
		t.Errorf("readers saw %d records after the replay and %d after the undo, they had seen 1200", during, after)
	}
	assertLogs(fleet, "info", "warning")
	oracle.JudgeTraffic(ctx, fleet, traffic, Truncated(t, file, put))
}

// reset begins to run the reset command.
func (f *Fleet) reset(flags ...string) *Process {
	f.stack.t.Helper()
	return f.stack.Run("reset", slices.Concat([]string{"reset", "--reason", "a test"}, deployment(f.app), flags)...)
}

// plan keeps what reset would do in a file, and returns its path.
func (f *Fleet) plan(ctx context.Context, flags ...string) string {
	f.stack.t.Helper()
	p := f.reset(append(flags, "-o", "json")...)
	p.Succeed(ctx)
	path := filepath.Join(f.stack.t.TempDir(), "plan.json")
	if err := os.WriteFile(path, []byte(p.Out.Text()), 0o600); err != nil {
		f.stack.t.Fatal(err)
	}
	return path
}

// race lets two operators make a plan at the same time, and fails the test unless one of them does and the other is refused.
func (f *Fleet) race(ctx context.Context, plan string) (made time.Time) {
	f.stack.t.Helper()
	made = time.Now()
	one := f.reset("--plan", plan, "--execute", "--detach", "--operator", "one")
	two := f.reset("--plan", plan, "--execute", "--detach", "--operator", "two")
	codes := []int{one.Wait(ctx), two.Wait(ctx)}
	if slices.Sort(codes); !slices.Equal(codes, []int{0, 3}) {
		f.stack.t.Fatalf("of two operators with the same plan, the exit codes are %v, want 0 and 3\n%s\n%s", codes, one.tail(), two.tail())
	}
	return made
}

// awaitGeneration waits for the first link of a generation.
func (f *Fleet) awaitGeneration(ctx context.Context, generation int) time.Time {
	f.stack.t.Helper()
	Until(ctx, f.stack.t, fmt.Sprintf("generation %d has links", generation), func() (bool, string) {
		keys := f.stack.Keys(ctx, f.app+"/gen="+strconv.Itoa(generation)+"/")
		return len(keys) > 0, f.String()
	})
	return time.Now()
}

// visible is how many records readers of the view have, as the audit says, which has to find nothing wrong.
func (f *Fleet) visible(ctx context.Context) int {
	f.stack.t.Helper()
	p := f.stack.Run("audit", slices.Concat([]string{"audit", "-o", "json", "--skip-rows", "--skip-stream"}, deployment(f.app))...)
	p.Succeed(ctx)
	var report AuditReport
	if err := json.Unmarshal([]byte(p.Out.Text()), &report); err != nil {
		f.stack.t.Fatalf("the audit printed no report: %v\n%s", err, p.tail())
	}
	return report.Totals.Records
}

// TestRunbookOfABadModel does, word for word, what the README says for a bad model version, with other names and times: workers recommend three products, where they
// should twenty, until that is found out.
func TestRunbookOfABadModel(t *testing.T) {
	needProcesses(t)
	oracle, ctx := NewOracle(t), Bounded(t, 100*time.Second)
	stack := NewStack(ctx, t, "--limits=off")
	stack.CreateStream(ctx, 2)
	stack.CreateBucket(ctx)
	bad := NewFleet(stack, App, "--no-privacy", "--failover-time", "2s", "--flush-age", "1s", "--recommendations", "3")
	began := time.Now()
	bad.Start("a")
	bad.Start("b")
	bad.AwaitShare(ctx)
	file := LongSessions(t, 3000, 12, 50)
	traffic := stack.Produce(file, 500)
	NewProgress(bad).Await(ctx, 800)

	good := NewFleet(stack, App, "--no-privacy", "--failover-time", "2s", "--flush-age", "1s")
	for _, w := range bad.working() {
		good.Start("good-" + w.Name)
		w.Terminate()
		w.Succeed(ctx)
	}
	put := traffic.Finish(ctx)
	for _, line := range runbook(t, "A bad model version ran from 14:05 to 15:20") {
		stack.follow(ctx, line, began)
	}
	Until(ctx, t, "readers see every record", func() (bool, string) {
		n := good.visible(ctx)
		return n >= put, fmt.Sprintf("%d of %d", n, put)
	})
	good.Terminate(ctx)
	oracle.JudgeTraffic(ctx, good, traffic, Truncated(t, file, put))
	oracle.Verdict(ctx, Check{"sessions that still have lists of the bad model", `
		SELECT session_id, max(len(recommendations)) AS longest FROM rows GROUP BY session_id HAVING longest <= 3`},
		Check{"rows that the bad generation has and the view still shows", `SELECT filename FROM rows WHERE gen = 1`})
}

// runbook returns the commands in the code block below a heading of the README.
func runbook(t *testing.T, heading string) (lines []string) {
	t.Helper()
	for line := range strings.Lines(block(t, heading, "```\n")) {
		if command, ok := strings.CutPrefix(strings.TrimSpace(line), "streamrec "); ok {
			lines = append(lines, command)
		}
	}
	if len(lines) < 3 {
		t.Fatalf("the runbook has %d commands: %q", len(lines), lines)
	}
	return lines
}

// follow runs a command of a runbook, with the names of the test, and the time at which the test began for that in the runbook.
func (s *Stack) follow(ctx context.Context, command string, began time.Time) {
	s.t.Helper()
	command, _, _ = strings.Cut(command, "#")
	command = strings.NewReplacer("--app shop", "--app "+App, "--stream clicks", "--stream "+Stream, "--bucket my-bucket", "--bucket "+Bucket+" --prefix "+App,
		"2026-11-26T14:05:00+01:00", began.Format(time.RFC3339)).Replace(command)
	p := s.Run("runbook", strings.Fields(command)...)
	p.Succeed(ctx)
}
