package side

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
)

// State is how far the row of a side replay is. Whether its work is done, its lease rows say; whether readers see it, the published map does.
type State string

// The states, in their order.
const (
	Preparing State = "preparing" // its lease rows are being made
	Running   State = "running"   // workers may take them
	Dropping  State = "dropping"  // it is being removed: workers stop
)

// Replay is the row of a side replay. But for State, nothing of it ever changes.
type Replay struct {
	Name       string
	State      State
	Generation int        // where its output goes, which nobody else has ever used
	From, To   chain.Hour // the hours that it writes anew: those from From on and before To
	Source     chain.Map  // what readers saw when it was made; from there the hours are read
	Rate       int64      // records/s of all its workers together; 0: as fast as they can
	Settings   string     // for whoever runs it: this package only hands it on
	At         int64      // Unix ms at which it was made; for people, like the next two
	Operator   string
	Reason     string
}

// Map is which generation each hour belongs to for those who work on the replay: nothing that comes after it is there for them.
func (r *Replay) Map() chain.Map { return r.Source.Replace(r.From, 0, r.Generation) }

// same reports whether two rows are about the same work.
func (r *Replay) same(o *Replay) bool {
	return r.From == o.From && r.To == o.To && r.Source.String() == o.Source.String() && r.Rate == o.Rate && r.Settings == o.Settings
}

// Longest is how many hours a replay may have: they are looked at one by one.
const Longest = 400 * 24

// Check says what is wrong with the row, nil when nothing is.
func (r *Replay) Check() error {
	switch {
	case r.Generation < 1 || r.Generation >= nowhere:
		return fmt.Errorf("generation %d", r.Generation)
	case r.From < 0 || r.From >= r.To || r.To-r.From > Longest:
		return fmt.Errorf("hours %d to %d", r.From, r.To)
	case len(r.Source) == 0 || slices.Contains(r.Source.Generations(), r.Generation):
		return errors.New("nothing that it could be read from")
	}
	return CheckName(r.Name)
}

var name = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// CheckName says what is wrong with the name of a side replay, nil when nothing is.
func CheckName(s string) error {
	if !name.MatchString(s) {
		return fmt.Errorf("name of a replay: want up to 40 of a-z, 0-9 and -, like what-if-2, not %q", s)
	}
	return nil
}

// Registry has the rows of all side replays of an application, in its lease table. Reads are consistent.
type Registry interface {
	// Create creates a row. lease.ErrConflict: there is one of this name.
	Create(ctx context.Context, r *Replay) error
	// Replay returns a row, or lease.ErrAbsent.
	Replay(ctx context.Context, name string) (Replay, error)
	// Replays returns all rows, in the order of their names.
	Replays(ctx context.Context) ([]Replay, error)
	// Move brings a row to another state, on condition that its state and generation are those of r; else lease.ErrConflict.
	Move(ctx context.Context, r *Replay, to State) error
	// Remove deletes a row on the same condition, and leaves one that is another's or not there alone.
	Remove(ctx context.Context, r *Replay) error
	// Rows returns where the lease rows, the heartbeats and the plan of a replay are: no other one of the same name has the same.
	Rows(r *Replay) lease.Store
	// Clear deletes these.
	Clear(ctx context.Context, r *Replay) error
}

// ErrExists says that there is another side replay of this name.
var ErrExists = errors.New("there is another replay of this name")
