package processor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
)

// restore folds what the shard and its ancestors have committed, as far back as the window goes, in the order in which it was
// committed: the order is the state. It begins with the newest state that can be used; one that turns out to be no good is left out.
func (p *Processor) restore(ctx context.Context) error {
	without := map[string]bool{}
	for {
		var err error
		if p.contents, err = p.cfg.Contents(p.cfg, p.shard, p.observer); err != nil {
			return err
		}
		err = p.fold(ctx, without)
		key := p.spoilt(err)
		if key == "" {
			return err
		}
		p.env.Trouble(fmt.Errorf("restore without %s: %w", key, err))
		without[key] = true
	}
}

// spoiltStates is how many states may turn out to be no good before none is tried any more.
const spoiltStates = 3

func (p *Processor) fold(ctx context.Context, without map[string]bool) error {
	since := p.writer.End().Hour - chain.Hour((p.cfg.RestoreWindow+time.Hour-1)/time.Hour)
	objects, err := p.writer.Lineage(ctx, since, func(key, shard, last string) bool {
		return len(without) < spoiltStates && !without[key] && p.contents.Covers(shard, last)
	})
	if err != nil {
		return err
	}
	p.states = states{}
	err = chain.Fold(ctx, p.env, p.bucket, objects, func(o chain.Object, body []byte) error {
		if p.cfg.Layout.IsState(o.Key) {
			return p.load(o.Key, body)
		}
		if err := p.contents.Restore(ctx, body); err != nil {
			return fmt.Errorf("read %s: %w", o.Key, err)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	return nil
}

func (p *Processor) load(key string, state []byte) error {
	if err := p.contents.Load(state); err != nil {
		return &stateError{key, err}
	}
	p.states.bytes += len(state)
	return nil
}

// stateError says which state cannot be used.
type stateError struct {
	key string
	err error
}

func (e *stateError) Error() string { return "load " + e.key + ": " + e.err.Error() }

func (e *stateError) Unwrap() error { return e.err }

// spoilt returns the key of the state because of which restoring has failed, or nothing.
func (p *Processor) spoilt(err error) string {
	if s, ok := errors.AsType[*stateError](err); ok {
		return s.key
	}
	if g, ok := errors.AsType[*chain.GetError](err); ok && p.cfg.Layout.IsState(g.Key) && errors.Is(g.Err, chain.ErrNotFound) {
		return g.Key // somebody has removed it
	}
	return ""
}
