package processor

import (
	"context"
	"fmt"

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
const rowBytes = 32

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
	if err := p.writer.PutState(ctx, state); err != nil && ctx.Err() == nil {
		p.env.Trouble(err)
	}
}
