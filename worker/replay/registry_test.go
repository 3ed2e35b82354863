package replay_test

import (
	"context"

	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/lease/leasetest"
	"github.com/streamrec/streamrec/worker/replay/side"
)

// registry is a side.Registry in memory.
type registry struct {
	replays map[string]side.Replay
	tables  map[string]*leasetest.Table
	before  func(op string) error // each request; nil: none fails
}

func newRegistry() *registry {
	return &registry{replays: map[string]side.Replay{}, tables: map[string]*leasetest.Table{}}
}

func (r *registry) ask(op string) error {
	if r.before == nil {
		return nil
	}
	return r.before(op)
}

// Create implements side.Registry.
func (r *registry) Create(_ context.Context, p *side.Replay) error {
	if err := r.ask("create"); err != nil {
		return err
	}
	if _, ok := r.replays[p.Name]; ok {
		return lease.ErrConflict
	}
	r.replays[p.Name], r.tables[p.Name] = *p, leasetest.NewTable()
	return nil
}

// Replay implements side.Registry.
func (r *registry) Replay(_ context.Context, name string) (side.Replay, error) {
	if err := r.ask("replay"); err != nil {
		return side.Replay{}, err
	}
	p, ok := r.replays[name]
	if !ok {
		return p, lease.ErrAbsent
	}
	return p, nil
}

// Replays implements side.Registry.
func (r *registry) Replays(context.Context) (all []side.Replay, err error) {
	for _, p := range r.replays {
		all = append(all, p)
	}
	return all, nil
}

// Move implements side.Registry.
func (r *registry) Move(_ context.Context, p *side.Replay, to side.State) error {
	if err := r.ask("move"); err != nil {
		return err
	}
	now, ok := r.replays[p.Name]
	if !ok || now.State != p.State || now.Generation != p.Generation {
		return lease.ErrConflict
	}
	now.State = to
	r.replays[p.Name] = now
	return nil
}

// Remove implements side.Registry.
func (r *registry) Remove(_ context.Context, p *side.Replay) error {
	if now := r.replays[p.Name]; now.State == p.State && now.Generation == p.Generation {
		delete(r.replays, p.Name)
	}
	return nil
}

// Rows implements side.Registry.
func (r *registry) Rows(p *side.Replay) lease.Store {
	s := &leasetest.Store{Table: r.tables[p.Name]}
	s.Inject(func(_ context.Context, op string) leasetest.Fault {
		if r.ask(op) != nil {
			return leasetest.Fail
		}
		return leasetest.None
	})
	return s
}

// Clear implements side.Registry.
func (r *registry) Clear(_ context.Context, p *side.Replay) error {
	delete(r.tables, p.Name)
	return nil
}

// finish marks the shards of the replay as done.
func (r *registry) finish(name string) {
	for _, l := range r.tables[name].Leases() {
		l.Checkpoint = ended
		r.tables[name].Set(l)
	}
}
