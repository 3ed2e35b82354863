package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestSideReplay replays hours of the past beside live traffic. A bad fleet has recommended three products in them, while the stream was resharded; a good one goes on. The
// replay's first worker is killed (kill -9), two others bring it to its end; it is compared, published, undone, dropped, made again and published again.
// Readers have each record once all the time, and live traffic is not held up.
func TestSideReplay(t *testing.T) {
	needProcesses(t)
	oracle, ctx := NewOracle(t), Bounded(t, 150*time.Second)
	stack, passes := newAgedStack(ctx, t, 3*time.Hour)
	stack.CreateStream(ctx, 2)
	stack.CreateBucket(ctx)
	bad := NewFleet(stack, App, "--no-privacy", "--failover-time", "2s", "--flush-age", "300ms", "--recommendations", "3")
	worker := bad.Start("bad")
	bad.AwaitShare(ctx, worker)
	roots := stack.OpenShards(ctx)
	before := stack.Produce(LongSessions(t, 3000, 41, 80), 1000)
	progress := NewProgress(bad)
	progress.Await(ctx, 1000)
	heirs := stack.SplitAll(ctx, roots[0])
	before.Succeed(ctx)
	progress.Await(ctx, 3000)
	shards := append(slices.Clone(roots), heirs...)
	acked := acksOf(t, before, shards...)
	passes()
	bad.Terminate(ctx)

	good := NewFleet(stack, App, "--no-privacy", "--failover-time", "2s", "--flush-age", "300ms")
	good.Start("good")
	after := stack.Produce(LongSessions(t, 20_000, 42, 80), 200)
	NewProgress(good).Await(ctx, 200)
	hours := []string{"--from", time.Now().Add(-4 * time.Hour).Format(time.RFC3339), "--to", time.Now().Add(-2 * time.Hour).Truncate(time.Hour).Format(time.RFC3339)}
	r := sideReplay{good, "what-if", hours}
	r.refused(ctx, "not over", "start", "--from", hours[1], "--to", time.Now().Add(time.Hour).Format(time.RFC3339), "--execute")
	r.killed(ctx)
	r.finished(ctx, 3000)
	if n := good.visible(ctx); n < 3000 {
		t.Errorf("readers see %d records after the replay was published", n)
	}
	r.refused(ctx, "readers see it", "drop", "--execute")
	r.do(ctx, "publish", "--undo").Succeed(ctx)
	r.do(ctx, "drop", "--execute").Succeed(ctx)
	if keys := stack.Keys(ctx, App+"/gen=2/"); len(keys) > 0 {
		t.Errorf("a replay that was dropped has left %v", keys)
	}
	r.refused(ctx, "no replay what-if", "publish")
	r.do(ctx, append([]string{"start", "--rate", "0", "--execute"}, hours...)...).Succeed(ctx)
	r.do(ctx, "publish").Succeed(ctx)

	if got, want := r.recorded(ctx), []string{"start", "publish", "publish", "drop", "withdraw", "drop", "start", "publish"}; !slices.Equal(got, want) {
		t.Errorf("recorded are %v, want %v", got, want)
	}
	put := after.Finish(ctx)
	acked = append(acked, acksOf(t, after, shards...)...)
	Until(ctx, t, "readers see every record", func() (bool, string) {
		n := good.visible(ctx)
		return n >= len(acked), fmt.Sprintf("%d of %d", n, len(acked))
	})
	good.Terminate(ctx)
	t.Logf("%d records live", put)
	assertLogs(good, "info", "warning")
	stack.Run("audit", slices.Concat([]string{"audit"}, deployment(App))...).Succeed(ctx)
	oracle.Acknowledged(writeLines(t, acked))
	same := good.unchanged(oracle)
	oracle.Judge(ctx, good, same[0], same[2],
		Check{"rows of other generations than those that are published", `SELECT filename FROM rows WHERE gen = 2 OR gen = 1 AND arrival_time < now() - INTERVAL 2 HOUR OR gen = 3 AND arrival_time > now() - INTERVAL 2 HOUR`},
		Check{"hours with fewer rows than were replayed", `SELECT count(*) AS n FROM rows WHERE gen = 3 HAVING n < 3000`})
}

// sideReplay is a replay of some hours.
type sideReplay struct {
	fleet *Fleet
	name  string
	hours []string
}

// do begins to run one of the replay commands.
func (r *sideReplay) do(_ context.Context, command ...string) *Process {
	r.fleet.stack.t.Helper()
	return r.fleet.stack.Run("replay-"+command[0], slices.Concat([]string{"replay", command[0], "--name", r.name}, deployment(r.fleet.app), command[1:])...)
}

// refused wants a command to be refused, with these words.
func (r *sideReplay) refused(ctx context.Context, words string, command ...string) {
	r.fleet.stack.t.Helper()
	if p := r.do(ctx, command...); p.Wait(ctx) != 3 || !strings.Contains(p.Err.Text(), words) {
		r.fleet.stack.t.Errorf("streamrec replay %s is not refused with %q\n%s", strings.Join(command, " "), words, p.tail())
	}
}

// killed begins the replay, and kills its worker in the middle.
func (r *sideReplay) killed(ctx context.Context) {
	t := r.fleet.stack.t
	t.Helper()
	start := append([]string{"start", "--rate", "500", "--reason", "a test"}, r.hours...)
	if p := r.do(ctx, append(start, "-o", "json")...); p.Wait(ctx) != 0 || !strings.Contains(p.Out.Text(), `"records":3000,`) {
		t.Errorf("the plan is not about 3000 records\n%s", p.tail())
	}
	p := r.do(ctx, append(start, "--execute", "--worker-name", "doomed")...)
	r.fleet.awaitGeneration(ctx, 2)
	r.refused(ctx, "not finished", "publish")
	r.refused(ctx, "has a replay what-if already", append(start, "--execute")...)
	p.Kill()
	t.Logf("after the kill:\n%s", r.status(ctx))
}

// finished brings the replay to its end with two workers, compares it, and publishes it.
func (r *sideReplay) finished(ctx context.Context, records int) {
	t := r.fleet.stack.t
	t.Helper()
	began := time.Now()
	one, two := r.do(ctx, "run", "--worker-name", "one"), r.do(ctx, "run", "--worker-name", "two")
	one.Succeed(ctx)
	two.Succeed(ctx)
	t.Logf("the rest took %.1f s\n%s", time.Since(began).Seconds(), r.status(ctx))
	diff := r.do(ctx, "diff", "-o", "json")
	diff.Succeed(ctx)
	var report struct {
		MissingLinks int
		Total        struct {
			Rows, RowsChanged, Predictions int
			Then, Now                      struct{ HitRate float64 }
		}
	}
	if err := json.Unmarshal([]byte(diff.Out.Text()), &report); err != nil {
		t.Fatalf("diff printed no report: %v\n%s", err, diff.tail())
	}
	if n := report.Total; n.Rows != records || n.RowsChanged < records/2 || n.Predictions < 100 || n.Now.HitRate <= n.Then.HitRate || report.MissingLinks != 0 {
		t.Errorf("lists of 20 differ from lists of 3 like this: %s", diff.Out.Text())
	}
	t.Logf("diff: %s", diff.Out.Text())
	began = time.Now()
	r.do(ctx, "publish").Succeed(ctx)
	t.Logf("published in %.2f s", time.Since(began).Seconds())
}

// recorded are the actions of which the log keeps who wanted them, in their order. What was wanted too early is among them.
func (r *sideReplay) recorded(ctx context.Context) (actions []string) {
	r.fleet.stack.t.Helper()
	var names []string
	for _, key := range r.fleet.stack.Keys(ctx, r.fleet.app+"/_log/plans/replay-"+r.name+"-") {
		_, name, _ := strings.Cut(key, "/replay-"+r.name+"-")
		_, name, _ = strings.Cut(name, "-") // the generation
		names = append(names, name)
	}
	slices.Sort(names) // by time
	for _, name := range names {
		actions = append(actions, strings.Split(name, "-")[1])
	}
	return actions
}

func (r *sideReplay) status(ctx context.Context) string {
	r.fleet.stack.t.Helper()
	p := r.do(ctx, "status")
	p.Succeed(ctx)
	return p.Out.Text()
}
