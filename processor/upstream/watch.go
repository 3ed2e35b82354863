package upstream

import (
	"strings"
	"sync"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/table"
)

// Watch watches the events of one worker. Its methods may be called by any goroutine.
type Watch struct {
	appeared func(field string)

	mu       sync.Mutex
	minutes  minutes
	names    names
	newest   time.Time
	paces    map[string]*pace
	unknown  int64
	failures tally
	formats  tally
	arisen   int64
}

// New returns a Watch that has seen nothing. appeared is told the names of new fields, of no more than are kept; nil is nobody.
func New(appeared func(field string)) *Watch {
	if appeared == nil {
		appeared = func(string) {}
	}
	return &Watch{appeared: appeared, names: names{known: map[string]*Field{}}, paces: map[string]*pace{}}
}

// Saw implements event.Scout.
func (w *Watch) Saw(format string, arrival time.Time, unknown []string) {
	var appeared []string
	w.mu.Lock()
	w.reach(arrival)
	slot := w.minutes.at(arrival)
	w.formats.count(format)
	if slot != nil {
		slot.formats.count(format)
	}
	if len(unknown) > 0 {
		w.unknown++
		if slot != nil {
			slot.unknown++
		}
	}
	for _, name := range unknown {
		if w.names.add(name, arrival) {
			w.arisen++
			appeared = append(appeared, strings.Clone(name))
		}
	}
	w.mu.Unlock()
	for _, name := range appeared {
		w.appeared(name)
	}
}

// reach needs the lock.
func (w *Watch) reach(arrival time.Time) {
	if w.newest.IsZero() {
		w.names.first = arrival
	}
	if arrival.After(w.newest) {
		w.newest, w.names.newest = arrival, arrival
	}
}

// Processed implements processor.Observer.
func (w *Watch) Processed(shard string, row *table.Row) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reach(row.ArrivalTime)
	p := w.paces[shard]
	if p == nil {
		p = &pace{}
		w.paces[shard] = p
	}
	p.arrive(row.ArrivalTime)
	slot := w.minutes.at(row.ArrivalTime)
	if slot != nil {
		slot.rows++
	}
	if row.Error == nil {
		return
	}
	class, _, _ := strings.Cut(*row.Error, ":")
	w.failures.count(class)
	if slot != nil {
		slot.failures.count(class)
	}
}

// Committed implements processor.Observer.
func (w *Watch) Committed(string, chain.Batch, time.Duration) {}
