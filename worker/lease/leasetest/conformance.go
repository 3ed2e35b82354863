package leasetest

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/streamrec/streamrec/worker/lease"
)

// Conformance checks a lease.Store on an empty table.
func Conformance(t *testing.T, s lease.Store) {
	t.Helper()
	t.Run("workers", func(t *testing.T) { workers(t, s) })
	t.Run("leases", func(t *testing.T) { leases(t, s) })
	t.Run("update names what it replaces", func(t *testing.T) { conditions(t, s) })
	t.Run("one of many takes", func(t *testing.T) { race(t, s) })
	t.Run("genesis is once", func(t *testing.T) { genesis(t, s) })
	t.Run("plans follow each other", func(t *testing.T) { plans(t, s) })
	t.Run("positions of a plan", func(t *testing.T) { positions(t, s) })
	t.Run("many rows", func(t *testing.T) { manyRows(t, s) })
}

func workers(t *testing.T, s lease.Store) {
	ctx := t.Context()
	if _, _, err := s.Heartbeat(ctx, lease.Worker{ID: "w1", Counter: 2}); !errors.Is(err, lease.ErrAbsent) {
		t.Fatalf("heartbeat of an absent worker: %v", err)
	}
	if err := s.Request(ctx, "w1", "s1", "w2"); !errors.Is(err, lease.ErrAbsent) {
		t.Fatalf("request to an absent worker: %v", err)
	}
	must(t, s.Register(ctx, lease.Worker{ID: "w1", Counter: 1, Address: "127.0.0.1:80"}))
	must(t, s.Request(ctx, "w1", "s1", "w2"))
	must(t, s.Request(ctx, "w1", "s1", "w2")) // repeated
	must(t, s.Request(ctx, "w1", "s2", "w3"))
	want := lease.Worker{ID: "w1", Counter: 2, Address: "127.0.0.1:81", Leaving: true, Rate: 1.5, At: 4, Acked: 3, Failover: 7 * time.Second}
	inbox, plan, err := s.Heartbeat(ctx, want)
	if err != nil || plan.Number != 0 || !reflect.DeepEqual(inbox, map[string]string{"s1": "w2", "s2": "w3"}) {
		t.Fatalf("heartbeat: inbox %v, plan %v, %v", inbox, plan, err)
	}
	if inbox, _, err = s.Heartbeat(ctx, want); err != nil || len(inbox) != 0 {
		t.Fatalf("the inbox is not emptied: %v, %v", inbox, err)
	}
	rows, err := s.Workers(ctx)
	if err != nil || len(rows) != 1 {
		t.Fatalf("workers: %v, %v", rows, err)
	}
	rows[0].Inbox = nil
	if !reflect.DeepEqual(rows[0], want) {
		t.Fatalf("worker %+v, want %+v", rows[0], want)
	}
	must(t, s.Register(ctx, lease.Worker{ID: "w1", Counter: 1}))
	if rows, err := s.Workers(ctx); err != nil || len(rows) != 1 || rows[0].Counter != want.Counter {
		t.Fatalf("a late registration changes the row: %+v, %v", rows, err)
	}
	if err := s.Bury(ctx, lease.Worker{ID: "w1", Counter: 1}); !errors.Is(err, lease.ErrConflict) {
		t.Fatalf("bury with an old counter: %v", err)
	}
	must(t, s.Bury(ctx, want))
	if rows, err := s.Workers(ctx); err != nil || len(rows) != 0 {
		t.Fatalf("workers after the burial: %v, %v", rows, err)
	}
	must(t, s.Register(ctx, want))
	must(t, s.Deregister(ctx, "w1"))
	must(t, s.Deregister(ctx, "w1"))
	if rows, err := s.Workers(ctx); err != nil || len(rows) != 0 {
		t.Fatalf("workers after deregister: %v, %v", rows, err)
	}
}

func leases(t *testing.T, s lease.Store) {
	ctx := t.Context()
	if _, err := s.Lease(ctx, "none"); !errors.Is(err, lease.ErrAbsent) {
		t.Fatalf("absent row: %v", err)
	}
	l := lease.Lease{
		Key: "shard-1", Owner: "w", Counter: 4, Checkpoint: lease.After("49001", 7), CheckpointAt: 6, Parents: []string{"a", "b"}, Children: []string{"c"},
		StartingHashKey: "0", EndingHashKey: "170141183460469231731687303715884105727", Plan: 2, Rate: 3.25, Tip: 5, Stopped: "why",
		Map: "1<2026-11-23T14;2", Source: "1", TipPlan: 2,
	}
	must(t, s.Create(ctx, l))
	must(t, s.Create(ctx, lease.Lease{Key: "shard-1", Checkpoint: lease.Position{Type: lease.TrimHorizon}})) // leaves it as it is
	got, err := s.Lease(ctx, "shard-1")
	if err != nil || !reflect.DeepEqual(got, l) {
		t.Fatalf("row %+v, %v; want %+v", got, err, l)
	}
	bare := lease.Lease{Key: "shard-0", Checkpoint: lease.Position{Type: lease.TrimHorizon}}
	must(t, s.Create(ctx, bare))
	rows, _, err := s.Leases(ctx)
	if err != nil || len(rows) != 2 || !reflect.DeepEqual(rows[0], bare) || !reflect.DeepEqual(rows[1], l) {
		t.Fatalf("rows %+v, %v", rows, err)
	}
}

func conditions(t *testing.T, s lease.Store) {
	ctx := t.Context()
	now := lease.Lease{Key: "cond", Checkpoint: lease.Position{Type: lease.TrimHorizon}}
	must(t, s.Create(ctx, now))
	step := func(change func(l *lease.Lease)) {
		t.Helper()
		next := now
		change(&next)
		for name, wrong := range map[string]func(l *lease.Lease){
			"owner":      func(l *lease.Lease) { l.Owner += "x" },
			"counter":    func(l *lease.Lease) { l.Counter-- },
			"checkpoint": func(l *lease.Lease) { l.Checkpoint.Hour++ },
			"plan":       func(l *lease.Lease) { l.Plan++ },
		} {
			from := now
			wrong(&from)
			if err := s.Update(ctx, &from, &next); !errors.Is(err, lease.ErrConflict) {
				t.Fatalf("update with a wrong %s: %v", name, err)
			}
		}
		must(t, s.Update(ctx, &now, &next))
		if got, err := s.Lease(ctx, "cond"); err != nil || !reflect.DeepEqual(got, next) {
			t.Fatalf("row %+v, %v; want %+v", got, err, next)
		}
		now = next
	}
	step(func(l *lease.Lease) { l.Owner, l.Counter = "w1", 1 })
	step(func(l *lease.Lease) {
		l.Checkpoint, l.CheckpointAt, l.Rate = lease.After("12", 3), 1_700_000_000_000, 10
	})
	step(func(l *lease.Lease) { l.Owner, l.Counter, l.Stopped = "", 2, "broken" })
	step(func(l *lease.Lease) { l.Counter, l.Stopped, l.Plan = 3, "", 1 })
	step(func(l *lease.Lease) {
		l.Checkpoint, l.Children = lease.Position{Type: lease.ShardEnd}, []string{"x", "y"}
	})
	gone := lease.Lease{Key: "never created", Checkpoint: lease.Position{Type: lease.TrimHorizon}}
	if err := s.Update(ctx, &gone, &gone); !errors.Is(err, lease.ErrConflict) {
		t.Fatalf("update of an absent row: %v", err)
	}
}

func race(t *testing.T, s lease.Store) {
	ctx := t.Context()
	now := lease.Lease{Key: "race", Checkpoint: lease.Position{Type: lease.TrimHorizon}}
	must(t, s.Create(ctx, now))
	for round := range 10 {
		var won atomic.Int32
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				next := now
				next.Owner, next.Counter = fmt.Sprint("w", i), now.Counter+1
				err := s.Update(ctx, &now, &next)
				if err == nil {
					won.Add(1)
				} else if !errors.Is(err, lease.ErrConflict) {
					t.Errorf("round %d: %v", round, err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Fatalf("round %d: %d workers have taken the lease", round, won.Load())
		}
		var err error
		if now, err = s.Lease(ctx, "race"); err != nil {
			t.Fatal(err)
		}
	}
}

func genesis(t *testing.T, s lease.Store) {
	ctx := t.Context()
	first := lease.Genesis{Position: lease.At(1234), Shards: []string{"a", "b"}}
	if got, err := s.Begin(ctx, first); err != nil || !reflect.DeepEqual(got, first) {
		t.Fatalf("genesis %+v, %v", got, err)
	}
	if got, err := s.Begin(ctx, lease.Genesis{Position: lease.At(9), Shards: []string{"c"}}); err != nil || !reflect.DeepEqual(got, first) {
		t.Fatalf("second genesis %+v, %v", got, err)
	}
}

func plans(t *testing.T, s lease.Store) {
	ctx := t.Context()
	read := func() lease.Plan {
		t.Helper()
		_, plan, err := s.Leases(ctx)
		must(t, err)
		return plan
	}
	now := read()
	if now != (lease.Plan{}) {
		t.Fatalf("plan %+v before there is any", now)
	}
	all := lease.Plan{
		Number: 1, State: lease.PlanMade, ID: "a", Map: "1<2026-11-23T14;2", Hour: 7, Published: "1", By: 3, Previous: "2", Source: "1", AcceptGaps: true, SkipTo: 8, At: 5, Operator: "me", Reason: "a bad model",
	}
	for name, next := range map[string]lease.Plan{"made": all, "other": {Number: 2, State: lease.PlanMade, ID: "b"}} {
		wrong := lease.Plan{Number: 9, State: lease.PlanMade, ID: "x"}
		if err := s.WritePlan(ctx, &wrong, &next); !errors.Is(err, lease.ErrConflict) {
			t.Fatalf("%s: a plan in the place of one that is not there: %v", name, err)
		}
	}
	step := func(next lease.Plan) {
		t.Helper()
		must(t, s.WritePlan(ctx, &now, &next))
		if got := read(); got != next {
			t.Fatalf("plan %+v, want %+v", got, next)
		}
		if err := s.WritePlan(ctx, &now, &next); !errors.Is(err, lease.ErrConflict) {
			t.Fatalf("the same write once more: %v", err)
		}
		now = next
	}
	step(all)
	all.State = lease.PlanFenced
	step(all)
	other := all
	other.ID = "other"
	if err := s.WritePlan(ctx, &other, &all); !errors.Is(err, lease.ErrConflict) {
		t.Fatalf("a plan of the same number and state by somebody else: %v", err)
	}
	step(lease.Plan{Number: 2, State: lease.PlanMade, ID: "b", Map: "1"})
	must(t, s.Register(ctx, lease.Worker{ID: "reads plans", Counter: 1}))
	if _, got, err := s.Heartbeat(ctx, lease.Worker{ID: "reads plans", Counter: 2}); err != nil || got != now {
		t.Fatalf("a heartbeat shows the plan %+v, %v", got, err)
	}
	must(t, s.Deregister(ctx, "reads plans"))
}

func positions(t *testing.T, s lease.Store) {
	ctx := t.Context()
	want := map[string]lease.Position{}
	for i := range 200 {
		want[fmt.Sprintf("shardId-%012d", i)] = lease.After(strings.Repeat("4", 56), int64(i))
	}
	must(t, s.PutPositions(ctx, "id", want))
	must(t, s.PutPositions(ctx, "other", map[string]lease.Position{"x": {Type: lease.ShardEnd}}))
	for key, at := range want {
		if got, err := s.Position(ctx, "id", key); err != nil || got != at {
			t.Fatalf("position of %s: %v, %v; want %v", key, got, err, at)
		}
	}
	for _, absent := range [][2]string{{"id", "x"}, {"other", "y"}, {"third", "x"}} {
		if got, err := s.Position(ctx, absent[0], absent[1]); !errors.Is(err, lease.ErrAbsent) {
			t.Fatalf("position of %s under %s: %v, %v", absent[1], absent[0], got, err)
		}
	}
	must(t, s.DropPositions(ctx, "id"))
	if _, err := s.Position(ctx, "id", "shardId-000000000000"); !errors.Is(err, lease.ErrAbsent) {
		t.Fatalf("a position that has been dropped: %v", err)
	}
	if got, err := s.Position(ctx, "other", "x"); err != nil || got.Type != lease.ShardEnd {
		t.Fatalf("position of another plan: %v, %v", got, err)
	}
}

func manyRows(t *testing.T, s lease.Store) {
	ctx := t.Context()
	before, _, err := s.Leases(ctx)
	must(t, err)
	const n = 300
	long := make([]byte, 5000) // 300 rows of 5 kB are two pages of DynamoDB
	for i := range long {
		long[i] = 'x'
	}
	for i := range n {
		must(t, s.Create(ctx, lease.Lease{Key: fmt.Sprintf("row-%04d", i), Checkpoint: lease.Position{Type: lease.TrimHorizon}, Stopped: string(long)}))
	}
	after, _, err := s.Leases(ctx)
	if err != nil || len(after) != len(before)+n {
		t.Fatalf("%d rows, %v; want %d", len(after), err, len(before)+n)
	}
	for i := 1; i < len(after); i++ {
		if after[i-1].Key >= after[i].Key {
			t.Fatalf("rows out of order: %s, %s", after[i-1].Key, after[i].Key)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
