package leasetest

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/streamrec/streamrec/worker/lease"
)

// Table is the memory that several Stores share.
type Table struct {
	mu      sync.Mutex
	workers map[string]lease.Worker
	leases  map[string]lease.Lease
	plan    lease.Plan
	starts  map[string]map[string]lease.Position // by plan id and key
	genesis *lease.Genesis
	late    []func()
	writes  int
}

// NewTable returns an empty table.
func NewTable() *Table {
	return &Table{workers: map[string]lease.Worker{}, leases: map[string]lease.Lease{}}
}

// Plan returns the plan row.
func (t *Table) Plan() lease.Plan {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.plan
}

// Settle lets late writes take effect, as far as their conditions hold.
func (t *Table) Settle() {
	t.mu.Lock()
	late := t.late
	t.late = nil
	t.mu.Unlock()
	for _, do := range late {
		do()
	}
}

// Writes returns how many writes have reached the table.
func (t *Table) Writes() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.writes
}

// Leases returns the lease rows, in order of their keys.
func (t *Table) Leases() []lease.Lease {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.SortedFunc(maps.Values(t.leases), func(a, b lease.Lease) int { return strings.Compare(a.Key, b.Key) })
}

// Set replaces a lease row, as an operator would.
func (t *Table) Set(l lease.Lease) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.leases[l.Key] = l
}

// Workers returns the heartbeat rows, in order of their ids.
func (t *Table) Workers() []lease.Worker {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.SortedFunc(maps.Values(t.workers), func(a, b lease.Worker) int { return strings.Compare(a.ID, b.ID) })
}

// DeleteWorker deletes a heartbeat row.
func (t *Table) DeleteWorker(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.workers, id)
}
