package lease

import (
	"context"
	"errors"
	"time"
)

// replace updates a row, and takes a row that already says what is wanted for its own success.
func replace(ctx context.Context, store Store, from, to *Lease) error {
	err := store.Update(ctx, from, to)
	if err == nil || errors.Is(err, ErrRefused) {
		return err
	}
	now, readErr := store.Lease(ctx, from.Key)
	switch {
	case readErr != nil && !errors.Is(readErr, ErrAbsent):
		return errors.Join(err, readErr)
	case readErr == nil && now.same(to):
		return nil
	case readErr == nil && now.same(from) && !errors.Is(err, ErrConflict):
		return err // unknown: to be tried again
	}
	return ErrConflict
}

// insist repeats a request with the coordinator's time limit: a quarter of T.
func (c *Coordinator) insist(ctx context.Context, request func(context.Context) error) error {
	return insist(ctx, c.env, c.cfg.Failover/4, request)
}

// insist repeats a request until its outcome is certain or ctx ends, backing off from 20 ms to 1 s with full jitter. Each attempt
// has a time limit.
func insist(ctx context.Context, env Env, limit time.Duration, request func(context.Context) error) error {
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		attempt, cancel := env.WithTimeout(ctx, limit, errTimeout)
		err := request(attempt)
		cancel()
		if err == nil || errors.Is(err, ErrConflict) || errors.Is(err, ErrAbsent) || errors.Is(err, ErrRefused) {
			return err
		}
		if ctx.Err() != nil {
			return errors.Join(context.Cause(ctx), err)
		}
		if stop := env.Sleep(ctx, time.Duration(env.Rand()*float64(wait))); stop != nil {
			return errors.Join(stop, err)
		}
	}
}
