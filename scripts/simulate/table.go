package main

import (
	"context"
	"maps"
	"slices"

	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/lease/leasetest"
)

// table is a node's lease.Store: the rows are in memory, the requests go through call. What is written is checked.
type table struct {
	*node
	rows   *leasetest.Store
	beside bool // the rows are those of a side replay
}

var _ lease.Store = table{}

// ask makes a request that returns something. It is not looked at unless the answer has come.
func ask[R any](ctx context.Context, n *node, s service, op string, get func() (R, error)) (R, error) {
	var answer, none R
	err := n.call(ctx, s, op, func() (err error) {
		answer, err = get()
		return err
	})
	if err != nil {
		return none, err
	}
	return answer, nil
}

// background is the context of what services do among themselves.
var background = context.Background()

// Workers implements lease.Store.
func (t table) Workers(ctx context.Context) ([]lease.Worker, error) {
	return ask(ctx, t.node, dynamo, "Query workers", func() ([]lease.Worker, error) { return t.rows.Workers(background) })
}

// Leases implements lease.Store.
func (t table) Leases(ctx context.Context) ([]lease.Lease, lease.Plan, error) {
	type all struct {
		leases []lease.Lease
		plan   lease.Plan
	}
	a, err := ask(ctx, t.node, dynamo, "Query leases", func() (a all, err error) {
		a.leases, a.plan, err = t.rows.Leases(background)
		return a, err
	})
	return a.leases, a.plan, err
}

// Lease implements lease.Store.
func (t table) Lease(ctx context.Context, key string) (lease.Lease, error) {
	return ask(ctx, t.node, dynamo, "GetItem "+key, func() (lease.Lease, error) { return t.rows.Lease(background, key) })
}

// Register implements lease.Store.
func (t table) Register(ctx context.Context, w lease.Worker) error {
	return t.call(ctx, dynamo, "PutItem "+w.ID, func() error {
		t.oracle.unanswered[w.ID] = t.silent
		return t.rows.Register(background, w)
	})
}

// Heartbeat implements lease.Store.
func (t table) Heartbeat(ctx context.Context, w lease.Worker) (map[string]string, lease.Plan, error) {
	type answer struct {
		inbox map[string]string
		plan  lease.Plan
	}
	a, err := ask(ctx, t.node, dynamo, "UpdateItem heartbeat", func() (a answer, err error) {
		if t.dead { // a late heartbeat of the dead would put off its death for as long as it was late, which proves nothing
			return a, errNoAnswer
		}
		a.inbox, a.plan, err = t.rows.Heartbeat(background, w)
		t.oracle.unanswered[w.ID] = t.silent
		return a, err
	})
	return a.inbox, a.plan, err
}

// Deregister implements lease.Store.
func (t table) Deregister(ctx context.Context, worker string) error {
	return t.call(ctx, dynamo, "DeleteItem "+worker, func() error { return t.rows.Deregister(background, worker) })
}

// Bury implements lease.Store.
func (t table) Bury(ctx context.Context, w lease.Worker) error {
	return t.call(ctx, dynamo, "DeleteItem "+w.ID, func() error { return t.rows.Bury(background, w) })
}

// Request implements lease.Store.
func (t table) Request(ctx context.Context, worker, key, receiver string) error {
	return t.call(ctx, dynamo, "UpdateItem inbox of "+worker+" "+key, func() error { return t.rows.Request(background, worker, key, receiver) })
}

// Create implements lease.Store.
func (t table) Create(ctx context.Context, l lease.Lease) error {
	return t.call(ctx, dynamo, "PutItem "+l.Key, func() error { return t.rows.Create(background, l) })
}

// Begin implements lease.Store.
func (t table) Begin(ctx context.Context, g lease.Genesis) (lease.Genesis, error) {
	g.Shards = slices.Clone(g.Shards)
	return ask(ctx, t.node, dynamo, "PutItem genesis", func() (lease.Genesis, error) { return t.rows.Begin(background, g) })
}

// Update implements lease.Store.
func (t table) Update(ctx context.Context, from, to *lease.Lease) error {
	before, after := *from, *to
	return t.call(ctx, dynamo, "UpdateItem "+after.Key, func() error {
		old, _ := t.rows.Lease(background, after.Key)
		if err := t.rows.Update(background, &before, &after); err != nil {
			return err
		}
		if !t.beside {
			t.rowWritten(&old, &after)
		}
		return nil
	})
}

// WritePlan implements lease.Store.
func (t table) WritePlan(ctx context.Context, from, to *lease.Plan) error {
	before, after := *from, *to
	return t.call(ctx, dynamo, "UpdateItem plan", func() error {
		if err := t.rows.WritePlan(background, &before, &after); err != nil {
			return err
		}
		if !t.beside {
			t.planWritten(&before, &after)
		}
		return nil
	})
}

// PutPositions implements lease.Store.
func (t table) PutPositions(ctx context.Context, id string, positions map[string]lease.Position) error {
	positions = maps.Clone(positions)
	return t.call(ctx, dynamo, "PutItem positions", func() error { return t.rows.PutPositions(background, id, positions) })
}

// Position implements lease.Store.
func (t table) Position(ctx context.Context, id, key string) (lease.Position, error) {
	return ask(ctx, t.node, dynamo, "GetItem position of "+key, func() (lease.Position, error) { return t.rows.Position(background, id, key) })
}

// DropPositions implements lease.Store.
func (t table) DropPositions(ctx context.Context, id string) error {
	return t.call(ctx, dynamo, "DeleteItem positions", func() error { return t.rows.DropPositions(background, id) })
}

// leases returns the rows as they are, by key.
func (w *world) leases() map[string]lease.Lease {
	rows := map[string]lease.Lease{}
	for _, l := range w.rows.Table.Leases() {
		rows[l.Key] = l
	}
	return rows
}
