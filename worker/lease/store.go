package lease

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Store is the table that all workers of an application share. Reads are consistent: they see every write that was
// answered before the read began. A conditional write takes effect if and only if its condition holds.
//
// An error that is none of the sentinels below means that the outcome is unknown: a write may have taken effect, or may yet.
type Store interface {
	// Workers returns all heartbeat rows, in order of ID.
	Workers(ctx context.Context) ([]Worker, error)
	// Leases returns all lease rows, in order of Key, and the plan.
	Leases(ctx context.Context) ([]Lease, Plan, error)
	// Lease returns one row, or ErrAbsent.
	Lease(ctx context.Context, key string) (Lease, error)

	// Register creates the heartbeat row of a worker that has just started, with Counter 1, or leaves the one that exists as it is: a
	// request that comes late must not set its counter back.
	Register(ctx context.Context, w Worker) error
	// Heartbeat sets the row's Counter and its other attributes, empties its inbox and returns what was in it, and the plan.
	// ErrAbsent: the row is gone, others hold the worker for dead.
	Heartbeat(ctx context.Context, w Worker) (inbox map[string]string, plan Plan, err error)
	// Deregister deletes the heartbeat row of a worker that leaves, if there is one. Only the worker itself does that: ids are unique.
	Deregister(ctx context.Context, worker string) error
	// Bury deletes another worker's heartbeat row if its counter still is w.Counter, else ErrConflict.
	Bury(ctx context.Context, w Worker) error
	// Request leaves a request for a lease in the inbox of a worker. ErrAbsent: there is no such worker.
	Request(ctx context.Context, worker, key, receiver string) error

	// Create creates a lease row, or leaves the one that exists as it is.
	Create(ctx context.Context, l Lease) error
	// Begin creates the genesis row, or returns the one that exists.
	Begin(ctx context.Context, g Genesis) (Genesis, error)
	// WritePlan replaces the plan row on condition that its number, state and id are those of from, or that there is none when from is the zero
	// Plan; else ErrConflict.
	WritePlan(ctx context.Context, from, to *Plan) error
	// PutPositions keeps where the shards begin under a plan with this id, before the plan is made.
	PutPositions(ctx context.Context, id string, positions map[string]Position) error
	// Position returns where a shard begins under a plan with this id. ErrAbsent: the plan has no position for it.
	Position(ctx context.Context, id, key string) (Position, error)
	// DropPositions removes the positions of the plan with this id.
	DropPositions(ctx context.Context, id string) error

	// Update replaces a row on condition that its owner, counter, checkpoint and plan are those of from; else ErrConflict.
	Update(ctx context.Context, from, to *Lease) error
}

// Sentinels of the Store and of the protocol.
var (
	ErrAbsent   = errors.New("no such row")
	ErrConflict = errors.New("row has changed")
	// ErrRefused says that the table will not do this however often it is asked: no permission, no such table.
	ErrRefused = errors.New("lease table refuses")
)

// errTimeout is why a request that takes too long is given up. Its outcome is unknown.
var errTimeout = errors.New("no answer in time")

// Causes of the end of a term, given by context.Cause of its context.
var (
	ErrLeaseLost         = errors.New("lease lost")           // the row names another term, or trust has run out: commit nothing
	ErrHandOff           = errors.New("lease handed off")     // another worker has asked for it: flush, commit, hand off
	ErrShutdownRequested = errors.New("shutdown requested")   // the worker leaves: flush, commit, hand off or release
	ErrProcessorFailed   = errors.New("processor has failed") // release, so that somebody tries again
)

// ErrReplanned is an ErrLeaseLost that somebody wanted: the shard begins anew under a plan, in this worker or another one.
var ErrReplanned = fmt.Errorf("%w: a plan begins the shard anew", ErrLeaseLost)

// ErrPassedOver is an ErrReplanned by a plan that gives up what is not committed (Plan.SkipTo): what has been processed may still be, as late as a request of such a
// term may come anyway.
var ErrPassedOver = fmt.Errorf("%w, and gives up what is not committed", ErrReplanned)

// Env is what the protocol needs of its surroundings, so that a simulator can take their place.
type Env interface {
	// Now returns the time on the machine's monotonic clock: differences are right, and it is never compared with another machine's.
	Now() time.Time
	// Wall returns the time of day. It may be wrong, and may jump; nothing is decided by it but what says so.
	Wall() time.Time
	// Sleep returns after d, or earlier with the cause of ctx's end.
	Sleep(ctx context.Context, d time.Duration) error
	// WithTimeout returns a context that ends after d, with this cause, or with ctx.
	WithTimeout(ctx context.Context, d time.Duration, cause error) (context.Context, context.CancelFunc)
	// Go starts a goroutine.
	Go(f func())
	// Join runs the functions concurrently and returns when all have returned.
	Join(fs ...func())
	// Rand returns a number in [0, 1).
	Rand() float64
}
