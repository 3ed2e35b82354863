package audit

import (
	"cmp"
	"errors"
	"iter"
	"sync"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
)

// Options say what is audited, and against what. Env, Bucket and Layout are required.
type Options struct {
	Env    chain.Env
	Bucket chain.Bucket
	Layout chain.Layout

	// Checkpoints are the bookmarks in the lease rows, by shard, nil when there is no lease table at hand. On a live log they
	// have to be read before Run is called: a chain grows, a checkpoint that was read later seems to lead.
	Checkpoints map[string]Checkpoint
	// Stream is the source, nil when it is not at hand.
	Stream Stream
	// Began is since when the application has processed the stream: records that arrived then or later belong to the log. It is
	// used with Stream. The zero time means that it is not known; then records before a chain's beginning are counted, and are
	// an anomaly only in a shard whose parent is in the log.
	Began time.Time
	// Acks are the records that were acknowledged to producers, nil when there is no such log. See ReadAckLog.
	Acks iter.Seq2[Ack, error]

	// SkipRows leaves the Parquet objects unread and believes their metadata.
	SkipRows bool
	// Concurrency is how many requests are under way at a time. Defaults to 16.
	Concurrency int
	// Pace is the least time between two reads of one shard of the stream, which it shares with the workers. Defaults to 1 s.
	Pace time.Duration
	// Progress, if not nil, is called after each step, by one goroutine at a time. A step is a link's metadata, a link's rows or
	// a shard of the stream; total grows while links are listed.
	Progress func(done, total int64)
}

func (o Options) withDefaults() (Options, error) {
	if o.Env == nil || o.Bucket == nil {
		return o, errors.New("audit log: no environment or no bucket")
	}
	if o.Concurrency < 0 || o.Pace < 0 {
		return o, errors.New("audit log: negative concurrency or pace")
	}
	o.Concurrency = cmp.Or(o.Concurrency, 16)
	o.Pace = cmp.Or(o.Pace, defaultPace)
	return o, nil
}

// progress counts steps. It may be used by several goroutines.
type progress struct {
	mu          sync.Mutex
	done, total int64
	report      func(done, total int64)
}

func (p *progress) expect(n int64) { p.change(0, n) }

func (p *progress) step(n int64) { p.change(n, 0) }

func (p *progress) change(done, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done, p.total = p.done+done, p.total+total
	if p.report != nil && done > 0 {
		p.report(p.done, p.total)
	}
}
