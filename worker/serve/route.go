package serve

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/worker/lease"
)

// Fleet is what is known here about all workers: worker.Worker is it. Its methods return at once.
type Fleet interface {
	// ID returns the id under which this worker holds leases now.
	ID() string
	// Leases returns all lease rows as they were last read, and the time of day at which that was.
	Leases() ([]lease.Lease, time.Time)
	// Workers returns the heartbeat rows as they were last read.
	Workers() []lease.Worker
	// Ready says why this worker's own leases are not to be trusted, or nil.
	Ready() error
}

// Table reads one row of the lease table: lease.Store is it.
type Table interface {
	// Lease returns the row of a shard as it is now. lease.ErrAbsent: there is none.
	Lease(ctx context.Context, key string) (lease.Lease, error)
}

const (
	lookAgain    = 200 * time.Millisecond // between two reads of the same row
	lookTimeout  = 250 * time.Millisecond
	rowsRemember = 30 * time.Second // for which a row that was read here is better than one of the table as a whole, if its counter is higher
)

// router knows which worker owns a hash key. The rows of the table are a few seconds old; where they have proved wrong, a row is read again.
type router struct {
	fleet Fleet
	table Table

	mu     sync.Mutex
	seen   []lease.Lease // that routes was made from
	routes []route
	newer  map[string]lookup // rows that were read again, by shard
}

type route struct {
	row    lease.Lease
	hashes event.HashRange
	waits  bool // for a parent
}

type lookup struct {
	row lease.Lease
	at  time.Time
}

func newRouter(fleet Fleet, table Table) *router {
	return &router{fleet: fleet, table: table, newer: map[string]lookup{}}
}

// owner returns the row of the open shard that a hash key belongs to; ok is false when none is known.
func (r *router) owner(key event.HashKey) (row lease.Lease, ok bool) {
	rows, _ := r.fleet.Leases()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.update(rows)
	waiting := -1
	for i := range r.routes {
		switch c := &r.routes[i]; {
		case !c.hashes.Contains(key):
		case !c.waits:
			return c.row, true
		case waiting < 0:
			waiting = i
		}
	}
	if waiting >= 0 {
		return r.routes[waiting].row, true
	}
	return lease.Lease{}, false
}

// update needs the lock. It makes the routes anew when the rows are others than last time.
func (r *router) update(rows []lease.Lease) {
	if r.routes != nil && len(rows) == len(r.seen) && (len(rows) == 0 || &rows[0] == &r.seen[0]) {
		return
	}
	r.seen = rows
	r.rebuild()
}

func (r *router) rebuild() {
	open := map[string]bool{}
	rows := make([]lease.Lease, 0, len(r.seen))
	for _, row := range r.seen {
		rows = append(rows, r.newest(row))
	}
	for shard, l := range r.newer { // children of a shard that has ended meanwhile
		if !slices.ContainsFunc(rows, func(row lease.Lease) bool { return row.Key == shard }) {
			rows = append(rows, l.row)
		}
	}
	for i := range rows {
		open[rows[i].Key] = !rows[i].Ended()
	}
	r.routes = make([]route, 0, len(rows))
	for _, row := range rows {
		hashes, err := event.ParseHashRange(row.StartingHashKey, row.EndingHashKey)
		if err != nil || row.Ended() {
			continue // a parent that was past retention when it was found has no range
		}
		waits := slices.ContainsFunc(row.Parents, func(p string) bool { return open[p] })
		r.routes = append(r.routes, route{row, hashes, waits})
	}
}

// newest returns the row that was read again, if it is newer.
func (r *router) newest(row lease.Lease) lease.Lease {
	l, ok := r.newer[row.Key]
	switch {
	case !ok:
	case l.row.Counter > row.Counter:
		return l.row
	case time.Since(l.at) > rowsRemember:
		delete(r.newer, row.Key)
	}
	return row
}

// again reads a row again that has proved wrong, and those of its children when the shard has ended. It reports whether that was done: it is
// not when it was done a moment ago.
func (r *router) again(ctx context.Context, shard string) bool {
	r.mu.Lock()
	if time.Since(r.newer[shard].at) < lookAgain {
		r.mu.Unlock()
		return false
	}
	l := r.newer[shard]
	l.at = time.Now()
	r.newer[shard] = l
	r.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	row, err := r.table.Lease(ctx, shard)
	if err != nil {
		return false // whoever asks next tries again
	}
	read := []lease.Lease{row}
	for _, child := range row.Children {
		if c, err := r.table.Lease(ctx, child); err == nil {
			read = append(read, c)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, row := range read {
		r.newer[row.Key] = lookup{row, time.Now()}
	}
	r.rebuild()
	return true
}

// address returns where a worker is reached; empty when it is not known.
func (r *router) address(worker string) string {
	for _, w := range r.fleet.Workers() {
		if w.ID == worker {
			return w.Address
		}
	}
	return ""
}
