package worker

import (
	"context"
	"errors"

	"github.com/streamrec/streamrec/worker/lease"
)

// Processor handles the records of one shard in one term of its lease. All methods are called by one goroutine, in the
// order Open, Process…, then Drain or End or neither, then Close. ctx ends with the term; context.Cause says why.
//
// Process may be called again, in another term, for records that were processed before: only what a Processor commits is
// exactly-once, by naming the term's Counter wherever it writes.
type Processor interface {
	// Open prepares the shard, restores its state, and returns where reading has to begin.
	Open(ctx context.Context) (lease.Position, error)
	// Process handles the next records, in order. It is called for empty pages too, about five times a second, so that
	// what depends on time can be done.
	Process(ctx context.Context, page Page) error
	// Idle reports whether everything that was processed has been committed.
	Idle() bool
	// Drain commits everything that was processed: the shard moves to another owner, or the worker leaves.
	Drain(ctx context.Context) error
	// End commits everything and finishes the shard: all its records have been processed, and children continue it.
	End(ctx context.Context, children []lease.Lease) error
	// Close frees what Open acquired. It is called once, also after errors.
	Close()
}

// Factory returns the Processor for a term. It returns at once; whatever takes time belongs into Open.
type Factory func(*lease.Term) Processor

// ErrRestart is returned by Process and Drain when the state has to be rebuilt from the log: the shard is opened again
// in the same term, with a new Processor.
var ErrRestart = errors.New("shard has to be opened again")

// ErrStop wraps errors after which nobody may take the shard until an operator has looked: going on could lose or repeat records.
var ErrStop = errors.New("shard stopped")
