package side

import (
	"context"
	"sync"
	"time"

	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// Pace keeps the shards of one worker of a side replay together, and below a rate.
type Pace struct {
	env  worker.Env
	rate func() float64 // records/s of this worker; 0: no limit
	from time.Time

	mu      sync.Mutex
	free    time.Time            // when the next records may be processed
	reached map[string]time.Time // by shard: arrival of the last record processed
}

// ahead is how far a shard may be ahead of the slowest one of its worker, in the time of arrival: what the shards learn from each other is then about as old
// as it is in live traffic.
const ahead = 2 * time.Minute

// wait is how long a shard that has to wait does so at most at a time, and then gives its worker a sign of life.
const wait = 200 * time.Millisecond

// NewPace returns the Pace of a worker. from is where the replay begins; rate is asked again and again.
func NewPace(env worker.Env, from time.Time, rate func() float64) *Pace {
	return &Pace{env: env, rate: rate, from: from, reached: map[string]time.Time{}}
}

// Wrap returns the factory of processors that keep to the pace.
func (p *Pace) Wrap(f worker.Factory) worker.Factory {
	return func(t *lease.Term) worker.Processor { return &paced{f(t), p, t.Key()} }
}

// paced is a Processor that keeps to a pace.
type paced struct {
	worker.Processor
	pace  *Pace
	shard string
}

var (
	_ worker.Rereader = (*paced)(nil)
	_ worker.Wrapper  = (*paced)(nil)
)

// Unwrap implements worker.Wrapper.
func (p *paced) Unwrap() worker.Processor { return p.Processor }

// Open implements worker.Processor.
func (p *paced) Open(ctx context.Context) (lease.Position, error) {
	at, err := p.Processor.Open(ctx)
	if err == nil {
		p.pace.note(p.shard, p.pace.from)
	}
	return at, err
}

// HasPast implements worker.Rereader.
func (p *paced) HasPast() bool { return p.Processor.(worker.Rereader).HasPast() }

// Reread implements worker.Rereader: it does nothing when it is not time.
func (p *paced) Reread(ctx context.Context, settled func(context.Context) error) (worker.Reread, error) {
	if in := p.pace.due(p.shard); in > 0 {
		return worker.Reread{}, p.pace.env.Sleep(ctx, in)
	}
	n, err := p.Processor.(worker.Rereader).Reread(ctx, settled)
	if n.Records > 0 {
		p.pace.note(p.shard, n.Reached)
		p.pace.pay(n.Records)
	}
	if n.Over {
		p.pace.leave(p.shard)
	}
	return n, err
}

// Close implements worker.Processor.
func (p *paced) Close() {
	p.pace.leave(p.shard)
	p.Processor.Close()
}

// due returns for how long a shard has to wait before it asks again; 0: it may process what comes next.
func (p *Pace) due(shard string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if in := p.free.Sub(p.env.Now()); in > 0 {
		return min(in, wait)
	}
	latest := p.reached[shard].Add(-ahead)
	for _, at := range p.reached {
		if at.Before(latest) {
			return wait
		}
	}
	return 0
}

func (p *Pace) note(shard string, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reached[shard] = at
}

func (p *Pace) leave(shard string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.reached, shard)
}

// pay puts the next records off by the time that these were worth.
func (p *Pace) pay(records int) {
	rate := p.rate()
	if rate <= 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := p.env.Now(); p.free.Before(now) {
		p.free = now
	}
	p.free = p.free.Add(time.Duration(float64(records) / rate * float64(time.Second)))
}
