package worker

import (
	"context"
	"errors"

	"github.com/streamrec/streamrec/worker/lease"
)

// Processor handles the records of one shard in one term of its lease. All methods are called by one goroutine, in the
// order Open, Process and Flush…, then Drain or End or neither, then Close. Eager has all of them but Process.
//
// # The end of a term
//
// The context of Open, Process and End is the term's. It ends when the term has to, and context.Cause says why:
//
//	lease.ErrShutdownRequested  the worker leaves                     Drain is called, with a context of its own
//	lease.ErrHandOff            another worker is to have the shard   Drain is called, with a context of its own
//	lease.ErrPassedOver         a plan gives up what is not committed Drain is called, with a context of its own; the row is not this term's any more
//	lease.ErrLeaseLost          another worker may have it already    commit nothing: Close is all that is called; ErrReplanned is one of them
//	lease.ErrProcessorFailed    wraps the error that was returned     commit nothing: Close is all that is called
//
// lease.MayCommit tells the first three from the last two.
//
// # Errors and panics
//
// An error or a panic of Open, Process, Flush or End ends the term. The lease is released, and somebody takes it again after a pause that
// grows to 30 s. ErrStop: nobody takes it before an operator has looked. ErrRestart: not the term ends, only this Processor.
// What Drain returns is logged; what it did not commit, the next owner processes again.
//
// # What is processed once
//
// Process may be called again, in another term, for records that were processed before: only effects are exactly-once, and only when the
// place that they go to refuses writers with a lower Term.Counter than it has seen, and keeps the position together with the
// effects. Open then returns that position. The checkpoint of the lease is a bookmark for people, and for those who can live with
// repetitions.
type Processor interface {
	// Open prepares the shard, restores its state, and returns where reading has to begin.
	Open(ctx context.Context) (lease.Position, error)
	// Process handles the next records, in order. It is called for empty pages too, about five times a second, so that
	// what depends on time can be done. A record may be a KPL aggregate: event.Unpack takes it apart. Positions are those of
	// whole records; a user record in an aggregate is told from the others by its index.
	Process(ctx context.Context, page Page) error
	// Idle reports whether everything that was processed has been committed.
	Idle() bool
	// Flush commits everything that was processed, and the shard goes on. It is called once in a replay, at the tip of the stream, and before a shard is opened
	// again because retention has overtaken reading.
	Flush(ctx context.Context) error
	// Drain commits everything that was processed: the shard moves to another owner, or the worker leaves.
	Drain(ctx context.Context) error
	// End commits everything and finishes the shard: all its records have been processed, and children continue it.
	End(ctx context.Context, children []lease.Lease) error
	// Close frees what Open acquired. It is called once, also after errors.
	Close()
}

// Finisher is a Processor that knows, once it has been opened, whether End has already done all its work, in a term that ended before its
// row said so. If the stream has the shard no more by then, End is called once more, with these children, and the shard has ended.
type Finisher interface {
	Finished(ctx context.Context) (children []lease.Lease, ok bool, err error)
}

// Wrapper is a Processor around another one, which may be a Finisher or a Skipper for it.
type Wrapper interface{ Unwrap() Processor }

// Find returns the processor, or the first one that it is around, that is a T.
func Find[T any](p Processor) (found T, ok bool) {
	for {
		if found, ok = p.(T); ok {
			return found, true
		}
		w, wraps := p.(Wrapper)
		if !wraps {
			return found, false
		}
		p = w.Unwrap()
	}
}

// Factory returns the Processor for a term. It returns at once; whatever takes time belongs into Open.
type Factory func(*lease.Term) Processor

// ErrRestart is returned by Process, Flush and Drain when the state has to be rebuilt from the log: the shard is opened again
// in the same term, with a new Processor.
var ErrRestart = errors.New("shard has to be opened again")

// ErrStop wraps errors after which nobody may take the shard until an operator has looked: going on could lose or repeat records.
var ErrStop = errors.New("shard stopped")
