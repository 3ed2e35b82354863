package side

import (
	"context"
	"fmt"
	"time"

	"github.com/streamrec/streamrec/worker/lease"
)

// Progress is how far a side replay is.
type Progress struct {
	Shards    int
	Ended     int
	Stopped   map[string]string // by shard: why nobody goes on with it
	Startable int               // shards that are being worked on, or may be
	Workers   int               // that have a heartbeat row and do not leave
	Behind    time.Time         // beginning of the first hour that a shard has still to write; zero: none has
}

// Done reports whether everything is written.
func (p *Progress) Done() bool { return p.Shards > 0 && p.Ended == p.Shards }

// ProgressOf sums rows up.
func ProgressOf(r *Replay, rows []lease.Lease, workers []lease.Worker) Progress {
	p, startable := Progress{Shards: len(rows), Stopped: map[string]string{}}, lease.Startable(rows)
	for i := range rows {
		switch l := &rows[i]; {
		case l.Ended():
			p.Ended++
			continue
		case l.Stopped != "":
			p.Stopped[l.Key] = l.Stopped
		case startable(l):
			p.Startable++
		}
		at := max(int64(r.From), rows[i].Checkpoint.Hour)
		if from := time.Unix(at*3600, 0).UTC(); p.Behind.IsZero() || from.Before(p.Behind) {
			p.Behind = from
		}
	}
	for _, w := range workers {
		if !w.Leaving {
			p.Workers++
		}
	}
	return p
}

// Look reads how far a side replay is.
func Look(ctx context.Context, reg Registry, r *Replay) (Progress, error) {
	store := reg.Rows(r)
	rows, _, err := store.Leases(ctx)
	if err != nil {
		return Progress{}, fmt.Errorf("read leases of replay %s: %w", r.Name, err)
	}
	workers, err := store.Workers(ctx)
	if err != nil {
		return Progress{}, fmt.Errorf("read workers of replay %s: %w", r.Name, err)
	}
	return ProgressOf(r, rows, workers), nil
}
