package worker

import (
	"context"

	"github.com/streamrec/streamrec/worker/lease"
)

// Eager has all methods of a Processor but Process, for one that has committed what it was given when Process returns: it begins at
// the lease's checkpoint and has nothing to drain. Embed it, write Process, and let Process end with Checkpoint.
type Eager struct {
	Term *lease.Term // for which the Processor was made
}

// Open implements Processor.
func (e Eager) Open(context.Context) (lease.Position, error) { return e.Term.Lease().Checkpoint, nil }

// Checkpoint moves the lease's checkpoint behind a page.
func (e Eager) Checkpoint(ctx context.Context, page Page) error {
	if end, ok := page.End(); ok {
		return e.Term.Checkpoint(ctx, end)
	}
	return nil
}

// Idle implements Processor.
func (Eager) Idle() bool { return true }

// Flush implements Processor.
func (Eager) Flush(context.Context) error { return nil }

// Drain implements Processor.
func (Eager) Drain(context.Context) error { return nil }

// End implements Processor.
func (Eager) End(context.Context, []lease.Lease) error { return nil }

// Close implements Processor.
func (Eager) Close() {}
