package upstream

import (
	"maps"
	"time"
)

// Report sums up what a worker has seen.
type Report struct {
	// Newest is the arrival of the newest record; Rows to Formats are counts of the ten minutes before it.
	Newest   time.Time        `json:"newest,omitzero"`
	Rows     int64            `json:"rows"`
	Unknown  int64            `json:"unknown"`  // rows with fields without a column
	Failures map[string]int64 `json:"failures"` // rows that could not be decoded, by class
	Formats  map[string]int64 `json:"formats"`
	// Fields are those without a column, the new ones first; at most 32.
	Fields []Field `json:"fields"`
}

// Report sums up.
func (w *Watch) Report() Report {
	w.mu.Lock()
	defer w.mu.Unlock()
	total := w.minutes.sum(w.newest)
	total.Fields = w.names.list()
	return total
}

// Join adds up the reports of several workers.
func Join(reports []Report) Report {
	sum := Report{Failures: map[string]int64{}, Formats: map[string]int64{}, Fields: []Field{}}
	all := names{known: map[string]*Field{}}
	for _, r := range reports {
		if r.Newest.After(sum.Newest) {
			sum.Newest = r.Newest
		}
		sum.Rows += r.Rows
		sum.Unknown += r.Unknown
		join(sum.Failures, r.Failures)
		join(sum.Formats, r.Formats)
		for _, f := range r.Fields {
			all.join(f)
		}
	}
	all.newest = sum.Newest
	sum.Fields = all.list()
	return sum
}

func join(to, from map[string]int64) {
	for key, n := range from {
		to[key] += n
	}
}

// join merges what another worker knows of a field: new is what is new to all who know it.
func (n *names) join(f Field) {
	known := n.known[f.Name]
	if known == nil {
		n.known[f.Name] = &f
		return
	}
	known.Rows += f.Rows
	known.New = known.New && f.New
	if f.Since.Before(known.Since) {
		known.Since = f.Since
	}
}

// Totals are counts since the start of the worker.
type Totals struct {
	Unknown  int64 // rows with fields without a column
	Names    int64 // of such fields, distinct
	NewNames int64 // of those, the ones that appeared later than in the first ten minutes
	Failures map[string]int64
	Formats  map[string]int64
}

// Totals counts since the start.
func (w *Watch) Totals() Totals {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := Totals{Unknown: w.unknown, Names: int64(len(w.names.known)), NewNames: w.arisen, Failures: map[string]int64{}, Formats: map[string]int64{}}
	w.failures.addTo(t.Failures)
	w.formats.addTo(t.Formats)
	return t
}

// Silence tells, of a shard in a term of its lease, how long nothing has arrived at the time that reading has reached, and how many rows a second
// usually do, -1 when that is not known. Before the first row of a term silence counts from the first question.
func (w *Watch) Silence(shard string, term int64, reached time.Time) (silence time.Duration, usual float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.paces[shard]
	if p == nil {
		p = &pace{}
		w.paces[shard] = p
	}
	if p.term != term {
		if p.term != 0 || p.last.IsZero() { // the last that this worker saw in an older term is not the last that there was
			p.last, p.heard = reached, false
		}
		p.term = term
	}
	return max(reached.Sub(p.last), 0), p.usual()
}

// Heard reports whether a row of the shard has been seen in the term for which its silence was asked last: then the silence is that since the newest one.
func (w *Watch) Heard(shard string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.paces[shard]
	return p != nil && p.heard
}

// Forget drops the shards that are over.
func (w *Watch) Forget(over func(shard string) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	maps.DeleteFunc(w.paces, func(shard string, _ *pace) bool { return over(shard) })
}
