package worker

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
)

// ledger is what the processors of a fleet have committed: the log, in one variable.
type ledger struct {
	mu        sync.Mutex
	committed map[string][]string // by shard
	payloads  map[string][][]byte // by shard, of all that was delivered
	order     []string            // shards, in the order of commits
	ended     []string
	gaps      map[string]string        // by shard: the record with which it goes on after its last gap
	children  map[string][]lease.Lease // of those that have ended
	fail      func(shard, seq string) error
}

func newLedger() *ledger {
	return &ledger{committed: map[string][]string{}, payloads: map[string][][]byte{}, children: map[string][]lease.Lease{}, gaps: map[string]string{}}
}

func (g *ledger) count(shard string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.committed[shard])
}

// delivered returns the payloads that processors have been given.
func (g *ledger) delivered(shard string) [][]byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.payloads[shard])
}

// commitProcessor commits at every page, or when it is drained.
type commitProcessor struct {
	ledger *ledger
	term   *lease.Term
	open   []string
	lazy   bool
}

func (p *commitProcessor) Open(context.Context) (lease.Position, error) {
	p.ledger.mu.Lock()
	defer p.ledger.mu.Unlock()
	done := p.ledger.committed[p.term.Key()]
	switch next := p.ledger.gaps[p.term.Key()]; {
	case next == "" || next != chain.GapToEnd && len(done) > 0 && chain.Compare(done[len(done)-1], next) >= 0:
	case next == chain.GapToEnd:
		return lease.Position{Type: lease.Latest}, nil
	default:
		return lease.Position{Type: lease.AtSequenceNumber, Value: next}, nil
	}
	if len(done) > 0 {
		return lease.After(done[len(done)-1], 0), nil
	}
	return p.term.Lease().Checkpoint, nil
}

func (p *commitProcessor) Process(ctx context.Context, page Page) error {
	p.note(page.Records)
	for _, r := range page.Records {
		if p.ledger.fail != nil {
			if err := p.ledger.fail(p.term.Key(), r.SequenceNumber); err != nil {
				return err
			}
		}
		if err := context.Cause(ctx); err != nil { // what fences a real log
			return err
		}
		p.open = append(p.open, r.SequenceNumber)
	}
	if p.lazy {
		return nil
	}
	return p.Drain(ctx)
}

func (p *commitProcessor) note(records []Record) {
	p.ledger.mu.Lock()
	defer p.ledger.mu.Unlock()
	for _, r := range records {
		p.ledger.payloads[p.term.Key()] = append(p.ledger.payloads[p.term.Key()], r.Data)
	}
}

// AcceptGap implements Skipper.
func (p *commitProcessor) AcceptGap(_ context.Context, next string, _ chain.Hour) error {
	p.ledger.mu.Lock()
	defer p.ledger.mu.Unlock()
	if len(p.open) > 0 {
		return fmt.Errorf("%w: %d records are open", ErrStop, len(p.open))
	}
	p.ledger.gaps[p.term.Key()] = next
	return nil
}

func (p *commitProcessor) Idle() bool { return len(p.open) == 0 }

// Flush implements Processor.
func (p *commitProcessor) Flush(ctx context.Context) error { return p.Drain(ctx) }

func (p *commitProcessor) Drain(ctx context.Context) error {
	if len(p.open) == 0 {
		return nil
	}
	p.ledger.mu.Lock()
	p.ledger.committed[p.term.Key()] = append(p.ledger.committed[p.term.Key()], p.open...)
	p.ledger.order = append(p.ledger.order, p.term.Key())
	last := p.open[len(p.open)-1]
	p.open = nil
	p.ledger.mu.Unlock()
	return p.term.Checkpoint(ctx, lease.After(last, 0))
}

func (p *commitProcessor) Finished(context.Context) ([]lease.Lease, bool, error) {
	p.ledger.mu.Lock()
	defer p.ledger.mu.Unlock()
	children, ok := p.ledger.children[p.term.Key()]
	return children, ok, nil
}

func (p *commitProcessor) End(ctx context.Context, children []lease.Lease) error {
	err := p.Drain(ctx)
	p.ledger.mu.Lock()
	p.ledger.ended = append(p.ledger.ended, p.term.Key())
	p.ledger.children[p.term.Key()] = children
	p.ledger.mu.Unlock()
	return err
}

func (p *commitProcessor) Close() {}
