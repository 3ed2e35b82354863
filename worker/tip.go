package worker

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// catchUp records that the shard has reached the tip of the stream in a reading that began after the fence of its plan: readers may see what it has written
// since the plan was made, instead of what others wrote before.
func (s *shard) catchUp(ctx context.Context) error {
	if l := s.term.Lease(); !s.fenced || l.Plan == 0 || l.TipPlan == l.Plan {
		return nil
	}
	err := s.proc.Flush(ctx)
	if errors.Is(err, ErrRestart) {
		return s.restart(ctx)
	}
	if err != nil {
		return fmt.Errorf("commit at the tip: %w", err)
	}
	if err := s.term.NoteCaughtUp(ctx); err != nil {
		return fmt.Errorf("note that the tip is reached: %w", err)
	}
	s.log.WithField("plan", s.term.Lease().Plan).Info("shard has caught up after a replay")
	return nil
}

// noteTip records, now and then, that everything that arrived so far has been committed: an idle shard whose last record is past
// retention can then be told from one that has lost records.
func (s *shard) noteTip(ctx context.Context, now time.Time) {
	if now.Sub(s.tipAt) < s.worker.cfg.Retention/48 {
		return
	}
	s.tipAt = now
	if err := s.term.NoteTip(ctx, s.reader.tip); err != nil && ctx.Err() == nil {
		s.log.WithError(err).Warn("tip was not noted")
	}
}
