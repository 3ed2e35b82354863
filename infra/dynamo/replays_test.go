package dynamo_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/lease/leasetest"
	"github.com/streamrec/streamrec/worker/replay/side"
)

// TestReplays: the rows of side replays lie beside those of the application, and touch neither these nor each other's.
func TestReplays(t *testing.T) {
	live := table(t, dynamodb.NewFromConfig(newLocal(t).Config("test")), "app")
	reg, ctx := live.Replays(), t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := reg.Replay(ctx, "a"); !errors.Is(err, lease.ErrAbsent) {
		t.Errorf("a replay that is not there: %v", err)
	}
	a := side.Replay{
		Name: "a", State: side.Preparing, Generation: 7, From: 500_000, To: 500_002, Source: chain.Map{{Generation: 1}, {From: 500_001, Generation: 3}}, Rate: 5,
		Settings: `{"k":1}`, At: 6, Operator: "me", Reason: "why",
	}
	b := side.Replay{Name: "b", State: side.Running, Generation: 8, From: 1, To: 2, Source: chain.Map{{Generation: 1}}}
	must(reg.Create(ctx, &a))
	must(reg.Create(ctx, &b))
	if err := reg.Create(ctx, &a); !errors.Is(err, lease.ErrConflict) {
		t.Errorf("the same again: %v", err)
	}
	if all, err := reg.Replays(ctx); err != nil || !reflect.DeepEqual(all, []side.Replay{a, b}) {
		t.Errorf("replays %+v, %v", all, err)
	}
	must(reg.Move(ctx, &a, side.Running))
	if err := reg.Move(ctx, &a, side.Dropping); !errors.Is(err, lease.ErrConflict) {
		t.Errorf("from a state that it has no more: %v", err)
	}

	row := lease.Lease{Key: "shard", Checkpoint: lease.After("5", 3)}
	stores := map[string]lease.Store{"app": live, "a": reg.Rows(&a), "b": reg.Rows(&b), "another a": reg.Rows(&side.Replay{Name: "a", Generation: 9})}
	for name, s := range stores {
		row.Owner = name
		must(s.Create(ctx, row))
		must(s.Register(ctx, lease.Worker{ID: "w-" + name, Counter: 1}))
		must(s.WritePlan(ctx, &lease.Plan{}, &lease.Plan{Number: 1, State: lease.PlanFenced, ID: name}))
		_, err := s.Begin(ctx, lease.Genesis{Position: lease.Position{Type: lease.TrimHorizon}})
		must(err)
	}
	must(reg.Clear(ctx, &a))
	for name, s := range stores {
		leases, plan, err := s.Leases(ctx)
		must(err)
		workers, err := s.Workers(ctx)
		must(err)
		if name == "a" {
			if len(leases)+len(workers) > 0 || !plan.None() {
				t.Errorf("left %v, %v, %v", leases, workers, plan)
			}
			continue
		}
		if len(leases) != 1 || leases[0].Owner != name || len(workers) != 1 || workers[0].ID != "w-"+name || plan.ID != name {
			t.Errorf("%s has %v, %v, %v", name, leases, workers, plan)
		}
	}
	must(reg.Remove(ctx, &a)) // which is in another state
	if _, err := reg.Replay(ctx, "a"); err != nil {
		t.Errorf("a row is removed that has changed: %v", err)
	}
	a.State = side.Running
	must(reg.Remove(ctx, &a))
	must(reg.Remove(ctx, &a))
	if all, err := reg.Replays(ctx); err != nil || len(all) != 1 {
		t.Errorf("replays %+v, %v", all, err)
	}
}

// TestSideStore: the rows of a side replay are a table like any other.
func TestSideStore(t *testing.T) {
	live := table(t, dynamodb.NewFromConfig(newLocal(t).Config("test")), "app")
	leasetest.Conformance(t, live.Replays().Rows(&side.Replay{Name: "what-if", Generation: 2}))
}
