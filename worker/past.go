package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/streamrec/streamrec/worker/lease"
)

// Rereader is a Processor that has kept the input of the past, and can process it again before the stream is read.
type Rereader interface {
	// HasPast reports whether there is anything to be processed again. It is known when Open has returned.
	HasPast() bool
	// Reread processes the next part of it. settled returns when nothing is left of what was before the term's plan, or with an error.
	Reread(ctx context.Context, settled func(context.Context) error) (Reread, error)
}

// Reread is what has been processed again.
type Reread struct {
	Records int
	Reached time.Time // when the last of them arrived
	Over    bool      // nothing is left: reading goes on in the stream, as follows

	At       lease.Position
	Whole    bool          // nothing is missing that had been committed in the past
	Ended    bool          // the shard has ended, and the stream need not be asked
	Children []lease.Lease // that continue it
}

// rereadSpell is for how long a shard processes its past before its consumer may look about.
const rereadSpell = time.Second

// reread processes some of the past, and begins to read the stream when that is over.
func (s *shard) reread(ctx context.Context) error {
	for began := s.worker.env.Now(); s.worker.env.Now().Sub(began) < rereadSpell; {
		n, err := s.past.Reread(ctx, s.settled)
		s.alive()
		if errors.Is(err, ErrRestart) {
			return s.restart(ctx)
		}
		if err != nil {
			return fmt.Errorf("process the past: %w", err)
		}
		if s.note(&n); n.Over {
			return s.proceed(ctx, &n)
		}
	}
	return nil
}

// note takes note of how far the shard is.
func (s *shard) note(n *Reread) {
	if n.Records == 0 {
		return
	}
	s.records.Add(int64(n.Records))
	s.rate.add(s.worker.env.Now(), n.Records)
	s.reached.Store(n.Reached.UnixMilli())
	s.behind.Store(max(s.worker.env.Wall().Sub(n.Reached).Milliseconds(), 1))
	s.worker.penalties.succeeded(s.term.Key())
}

// proceed goes on behind the past.
func (s *shard) proceed(ctx context.Context, n *Reread) error {
	s.past = nil
	if s.reader.at = n.At; n.Whole {
		s.reader.tip = s.term.Lease().Tip
	}
	if n.Ended {
		s.reader.finish(n.Children)
		return nil
	}
	return s.begin(ctx)
}

// settled waits until the plan of the term is fenced.
func (s *shard) settled(ctx context.Context) error {
	for {
		plan, mine := s.worker.coord.Plan(), s.term.Lease().Plan
		switch {
		case plan.Number > mine:
			return fmt.Errorf("wait for the fence: another plan has been made: %w", ErrRestart)
		case plan.Fenced(mine):
			return nil
		}
		s.alive()
		if err := s.worker.env.Sleep(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}
