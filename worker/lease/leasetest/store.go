package leasetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/streamrec/streamrec/worker/lease"
)

// Fault is what happens to one request.
type Fault int

// Faults. A late write takes effect when Settle is called.
const (
	None Fault = iota
	Fail       // no effect, and no answer
	Lose       // takes effect, but the answer is lost
	Late       // takes effect much later, and the answer is lost
)

// ErrLost is what a caller sees of a request without answer.
var ErrLost = errors.New("connection reset")

// Store is one client's view of a Table.
type Store struct {
	Table  *Table
	decide atomic.Pointer[Decide]
	delay  atomic.Pointer[func(op string)]
}

// Decide says what happens to a request. It may block until ctx ends, like a hung connection.
type Decide func(ctx context.Context, op string) Fault

// Inject makes d decide on all requests from now on.
func (s *Store) Inject(d Decide) { s.decide.Store(&d) }

// Delay calls f with the operation between what a read has found and its answer, from now on.
func (s *Store) Delay(f func(op string)) { s.delay.Store(&f) }

var _ lease.Store = (*Store)(nil)

func (s *Store) fate(ctx context.Context, op string) (Fault, error) {
	f := None
	if d := s.decide.Load(); d != nil {
		f = (*d)(ctx, op)
	}
	return f, context.Cause(ctx)
}

func read[R any](ctx context.Context, s *Store, op string, get func(*Table) (R, error)) (r R, err error) {
	f, err := s.fate(ctx, op)
	if err != nil {
		return r, err
	}
	if f != None {
		return r, fmt.Errorf("%s: %w", op, ErrLost)
	}
	s.Table.mu.Lock()
	r, err = get(s.Table)
	s.Table.mu.Unlock()
	if f := s.delay.Load(); f != nil {
		(*f)(op)
	}
	return r, cmp.Or(context.Cause(ctx), err)
}

func (s *Store) write(ctx context.Context, op string, do func(*Table) error) error {
	f, err := s.fate(ctx, op)
	if err != nil {
		return err
	}
	apply := func() error {
		s.Table.mu.Lock()
		defer s.Table.mu.Unlock()
		s.Table.writes++
		return do(s.Table)
	}
	switch f {
	case Fail:
	case Lose:
		_ = apply()
	case Late:
		s.Table.mu.Lock()
		s.Table.late = append(s.Table.late, func() { _ = apply() })
		s.Table.mu.Unlock()
	default:
		return apply()
	}
	return fmt.Errorf("%s: %w", op, ErrLost)
}

// Workers implements lease.Store.
func (s *Store) Workers(ctx context.Context) ([]lease.Worker, error) {
	return read(ctx, s, "workers", func(t *Table) ([]lease.Worker, error) {
		return slices.SortedFunc(maps.Values(t.workers), func(a, b lease.Worker) int { return strings.Compare(a.ID, b.ID) }), nil
	})
}

// Leases implements lease.Store.
func (s *Store) Leases(ctx context.Context) ([]lease.Lease, lease.Plan, error) {
	var plan lease.Plan
	rows, err := read(ctx, s, "leases", func(t *Table) ([]lease.Lease, error) {
		plan = t.plan
		return slices.SortedFunc(maps.Values(t.leases), func(a, b lease.Lease) int { return strings.Compare(a.Key, b.Key) }), nil
	})
	return rows, plan, err
}

// Lease implements lease.Store.
func (s *Store) Lease(ctx context.Context, key string) (lease.Lease, error) {
	return read(ctx, s, "lease", func(t *Table) (lease.Lease, error) {
		l, ok := t.leases[key]
		if !ok {
			return l, lease.ErrAbsent
		}
		return l, nil
	})
}

// Register implements lease.Store.
func (s *Store) Register(ctx context.Context, w lease.Worker) error {
	return s.write(ctx, "register", func(t *Table) error {
		w.Inbox = nil
		if _, ok := t.workers[w.ID]; !ok {
			t.workers[w.ID] = w
		}
		return nil
	})
}

// Heartbeat implements lease.Store.
func (s *Store) Heartbeat(ctx context.Context, w lease.Worker) (map[string]string, lease.Plan, error) {
	w.Inbox = nil
	var old lease.Worker
	var plan lease.Plan
	err := s.write(ctx, "heartbeat", func(t *Table) error {
		row, ok := t.workers[w.ID]
		if !ok {
			return lease.ErrAbsent
		}
		old, plan = row, t.plan
		t.workers[w.ID] = w
		return nil
	})
	if err != nil {
		return nil, lease.Plan{}, err // and not what a late write may still set
	}
	return old.Inbox, plan, nil
}

// Deregister implements lease.Store.
func (s *Store) Deregister(ctx context.Context, worker string) error {
	return s.write(ctx, "deregister", func(t *Table) error {
		delete(t.workers, worker)
		return nil
	})
}

// Bury implements lease.Store.
func (s *Store) Bury(ctx context.Context, w lease.Worker) error {
	return s.write(ctx, "bury", func(t *Table) error {
		if old, ok := t.workers[w.ID]; !ok || old.Counter != w.Counter {
			return lease.ErrConflict
		}
		delete(t.workers, w.ID)
		return nil
	})
}

// Request implements lease.Store.
func (s *Store) Request(ctx context.Context, worker, key, receiver string) error {
	return s.write(ctx, "request", func(t *Table) error {
		w, ok := t.workers[worker]
		if !ok {
			return lease.ErrAbsent
		}
		w.Inbox = maps.Clone(w.Inbox)
		if w.Inbox == nil {
			w.Inbox = map[string]string{}
		}
		w.Inbox[key] = receiver
		t.workers[worker] = w
		return nil
	})
}

// Create implements lease.Store.
func (s *Store) Create(ctx context.Context, l lease.Lease) error {
	return s.write(ctx, "create", func(t *Table) error {
		if _, ok := t.leases[l.Key]; !ok {
			t.leases[l.Key] = l
		}
		return nil
	})
}

// Begin implements lease.Store.
func (s *Store) Begin(ctx context.Context, g lease.Genesis) (lease.Genesis, error) {
	var found lease.Genesis
	err := s.write(ctx, "begin", func(t *Table) error {
		if t.genesis == nil {
			t.genesis = &g
		}
		found = *t.genesis
		return nil
	})
	if err != nil {
		return lease.Genesis{}, err
	}
	return found, nil
}

// Update implements lease.Store.
func (s *Store) Update(ctx context.Context, from, to *lease.Lease) error {
	before, after := *from, *to
	return s.write(ctx, "update", func(t *Table) error {
		now, ok := t.leases[after.Key]
		if !ok || now.Owner != before.Owner || now.Counter != before.Counter || now.Checkpoint != before.Checkpoint || now.Plan != before.Plan {
			return lease.ErrConflict
		}
		t.leases[after.Key] = after
		return nil
	})
}

// WritePlan implements lease.Store.
func (s *Store) WritePlan(ctx context.Context, from, to *lease.Plan) error {
	before, after := *from, *to
	return s.write(ctx, "write plan", func(t *Table) error {
		if !t.plan.Same(&before) {
			return lease.ErrConflict
		}
		t.plan = after
		return nil
	})
}

// PutPositions implements lease.Store.
func (s *Store) PutPositions(ctx context.Context, id string, positions map[string]lease.Position) error {
	positions = maps.Clone(positions)
	return s.write(ctx, "put positions", func(t *Table) error {
		if t.starts == nil {
			t.starts = map[string]map[string]lease.Position{}
		}
		t.starts[id] = positions
		return nil
	})
}

// Position implements lease.Store.
func (s *Store) Position(ctx context.Context, id, key string) (lease.Position, error) {
	return read(ctx, s, "position", func(t *Table) (lease.Position, error) {
		at, ok := t.starts[id][key]
		if !ok {
			return at, lease.ErrAbsent
		}
		return at, nil
	})
}

// DropPositions implements lease.Store.
func (s *Store) DropPositions(ctx context.Context, id string) error {
	return s.write(ctx, "drop positions", func(t *Table) error {
		delete(t.starts, id)
		return nil
	})
}
