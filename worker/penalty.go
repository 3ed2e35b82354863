package worker

import (
	"sync"
	"time"
)

// penalties are how long the shards wait that have failed lately, before they are tried again.
type penalties struct {
	mu       sync.Mutex
	failures map[string]int // consecutive, by shard
}

// of is the penalty of a shard: none, or twice as long as after one failure less, and 30 s at most.
func (p *penalties) of(shard string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.failures[shard]
	if n == 0 {
		return 0
	}
	return min(250*time.Millisecond<<min(n, 10), 30*time.Second)
}

// failed counts a failure of a shard.
func (p *penalties) failed(shard string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failures == nil {
		p.failures = map[string]int{}
	}
	p.failures[shard]++
}

// succeeded forgets the failures of a shard.
func (p *penalties) succeeded(shard string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.failures, shard)
}
