package processor

import (
	"context"
	"fmt"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
)

// states says when the state of the shard is worth keeping, so that a takeover need not read the log from far back: with the first link of each
// hour, and when many rows have come since. Keeping costs time in proportion to the state, so a large state is kept less often.
type states struct {
	hour  chain.Hour // of the last one
	rows  int64      // since the last one
	bytes int        // of the last one
}

// rowBytes is how many bytes of a state a row pays for: encoding as much takes less time than processing a row does.
const rowBytes = 128

// due reports whether the state is worth keeping behind a link.
func (s *states) due(hour chain.Hour, rows, enough int64) bool {
	s.rows += rows
	return hour > s.hour || s.rows >= max(enough, int64(s.bytes/rowBytes))
}

// keep encodes the state behind a sealed link when it is due.
func (p *Processor) keep(link *chain.Batch) ([]byte, error) {
	if !p.states.due(p.end.Hour, link.Rows, p.cfg.StateRows) {
		return nil, nil
	}
	state, err := p.contents.State()
	if err == nil {
		p.states = states{hour: p.end.Hour, bytes: len(state)}
	}
	return state, err
}

// keepLast keeps the state at the end of the shard, from which its children go on.
func (p *Processor) keepLast(ctx context.Context) error {
	if p.states.rows == 0 {
		return nil
	}
	state, err := p.contents.State()
	if err != nil {
		return fmt.Errorf("encode state: %w", err)
	}
	p.putState(ctx, state)
	return nil
}

// putState puts the state behind the link that has just been put. Whoever takes over without it reads more of the log.
func (p *Processor) putState(ctx context.Context, state []byte) {
	if len(state) == 0 {
		return
	}
	err := p.writer.PutState(ctx, state)
	if err == nil {
		end := p.writer.End()
		err = p.tidy(ctx, chain.Bookmark{Last: end.Last, Hour: end.Hour})
	}
	if err != nil && ctx.Err() == nil {
		p.env.Trouble(err)
	}
}

// tidy removes states that nobody needs now that there is a new one: the last of each hour stays, for replays, and the last but one, which somebody may be
// about to read; and with the first of an hour go those of an hour that is long past.
func (p *Processor) tidy(ctx context.Context, now chain.Bookmark) error {
	if p.cfg.Remove == nil {
		return nil
	}
	before := p.latest
	p.latest = [2]chain.Bookmark{before[1], now}
	if before[0].Last != "" && before[0].Hour == before[1].Hour {
		key, err := p.cfg.Layout.StateKey(p.shard.ID, before[0])
		if err != nil {
			return err
		}
		if err := p.cfg.Remove(ctx, key); err != nil {
			return fmt.Errorf("remove state: %w", err)
		}
	}
	if before[1].Hour == now.Hour {
		return nil
	}
	return p.removeHour(ctx, now.Hour-chain.Hour(p.cfg.Keep/time.Hour))
}

func (p *Processor) removeHour(ctx context.Context, hour chain.Hour) error {
	states, err := chain.States(ctx, p.env, p.bucket, p.cfg.Layout, p.shard.ID, hour)
	for _, s := range states {
		if err := p.cfg.Remove(ctx, s.Key); err != nil {
			return fmt.Errorf("remove old state: %w", err)
		}
	}
	return err
}
