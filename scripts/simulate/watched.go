package main

import (
	"context"
	"errors"
	"time"

	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// watched is a worker.Processor that checks who works on its shard.
type watched struct {
	worker.Processor
	node *node
	term *lease.Term
	at   int64  // the term's counter when it began
	last string // record that it has processed
	open bool
}

func (n *node) watch(t *lease.Term, p worker.Processor) worker.Processor {
	return &watched{Processor: p, node: n, term: t, at: t.Counter()}
}

// Unwrap implements worker.Wrapper.
func (p *watched) Unwrap() worker.Processor { return p.Processor }

// slack is how long a request that is under way may keep a worker from noticing that it has lost a lease.
const slack = 2 * time.Second

// Process implements worker.Processor.
func (p *watched) Process(ctx context.Context, page worker.Page) error {
	p.works()
	if n := len(page.Records); n > 0 {
		p.last = page.Records[n-1].SequenceNumber
	}
	defer p.node.withinBudget()
	return p.Processor.Process(ctx, page)
}

// works checks that the term has not been over for long.
func (p *watched) works() {
	p.node.alive()
	lost, ok := p.node.oracle.lostAt[p.term.Key()][p.at]
	if ok && p.node.now > max(lost+slack, p.node.resumed+slack, p.node.forgotten+2*failoverTime) {
		p.node.fail("%s works on %s under counter %d, which was over at %v", p.node.name, p.term.Key(), p.at, lost)
	}
}

// HasPast implements worker.Rereader.
func (p *watched) HasPast() bool { return p.Processor.(worker.Rereader).HasPast() }

// Reread implements worker.Rereader.
func (p *watched) Reread(ctx context.Context, settled func(context.Context) error) (worker.Reread, error) {
	p.works()
	defer p.node.withinBudget()
	p.node.rereads = true
	n, err := p.Processor.(worker.Rereader).Reread(ctx, settled)
	if n.Records > 0 {
		p.node.count(readBack, p.term.Key())
	}
	return n, err
}

// withinBudget checks that the processors of a node hold no more than they may: the limit, an eighth of it, a row or two for each, a link that is read
// back, and those that have been and are on their way.
func (n *node) withinBudget() {
	if n.budget == nil {
		return
	}
	limit := int64(2 * n.open * rowHeap)
	if n.open > 0 {
		limit += n.budget.Limit() + n.budget.Limit()/8
	}
	if n.rereads {
		limit += maxRows * (rowHeap + int64(n.open)*rowBytes)
	}
	if held := n.budget.Held(); held > limit {
		n.fail("%s: %d processors hold %d bytes, the budget is %d", n.name, n.open, held, n.budget.Limit())
	}
}

// Idle implements worker.Processor.
func (p *watched) Idle() bool {
	idle, shard := p.Processor.Idle(), p.term.Key()
	c := p.node.chainOf(shard, mapOf(p.term.Lease().Map))
	if at, ok := p.node.stream.byID[shard].position[p.last]; idle && ok && at >= c.next {
		p.node.fail("%s has nothing of %s to commit, it says, and record %d is not in the log", p.node.name, shard, at)
	}
	return idle
}

// Open implements worker.Processor.
func (p *watched) Open(ctx context.Context) (lease.Position, error) {
	p.node.opened[p.term.Key()] = p.node.now
	m := mapOf(p.term.Lease().Map)
	for _, parent := range p.node.stream.byID[p.term.Key()].lease.Parents {
		if !p.node.chainOf(parent, m).ended {
			p.node.fail("%s begins before the end of %s is in the log of %s", p.term.Key(), parent, m)
		}
	}
	p.node.open++
	p.open = true
	return p.Processor.Open(ctx)
}

// Drain implements worker.Processor.
func (p *watched) Drain(ctx context.Context) error {
	cause := context.Cause(p.term.Context())
	lost := errors.Is(cause, lease.ErrLeaseLost) && !errors.Is(cause, lease.ErrPassedOver) // which the gap behind it takes into account
	if lost || errors.Is(cause, lease.ErrProcessorFailed) {
		p.node.fail("%s commits what it has of %s although %v", p.node.name, p.term.Key(), cause)
	}
	if at, over := p.node.oracle.lostAt[p.term.Key()][p.at]; over && p.node.oracle.graceful && p.node.oracle.plans == 0 && !p.node.stream.byID[p.term.Key()].endedOnce() {
		p.node.fail("%s commits what it has of %s, which it has given away at %v", p.node.name, p.term.Key(), at)
	}
	return p.Processor.Drain(ctx)
}

// Close implements worker.Processor.
func (p *watched) Close() {
	p.node.alive()
	if cause := context.Cause(p.term.Context()); p.node.oracle.graceful && p.node.oracle.plans == 0 && errors.Is(cause, lease.ErrLeaseLost) {
		p.node.fail("%s loses %s although nothing has failed: %v", p.node.name, p.term.Key(), cause)
	}
	p.Processor.Close()
	if p.open {
		p.node.open--
	}
	if n := p.node.started[p.node.current]; n > 0 {
		p.node.fail("%s has closed %s and %d of its goroutines are left", p.node.name, p.term.Key(), n)
	}
}
