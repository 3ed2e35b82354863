package processor

import (
	"context"

	"github.com/streamrec/streamrec/processor/event"
)

// Contents is what the records of a shard become: the rows of the open object, and the state that follows from all records so far.
// The Processor decides when an object begins and ends, and what is folded in which order; Contents knows nothing of the log.
// It belongs to one Processor and to its goroutine.
type Contents interface {
	// Restore folds an object that has been committed, by this shard or an ancestor. It is called before the first Add.
	Restore(ctx context.Context, body []byte) error
	// Add folds a record into the state and appends its rows, at least one, to the open object. It returns their number.
	Add(r *event.Record) (rows int, err error)
	// Again does as Add for each record of an object that has been committed, in this shard and perhaps long ago, in order: what the rows say of the input stays,
	// all else is made anew. each gets the record, without its data, and the number of its rows.
	Again(ctx context.Context, body []byte, each func(r *event.Record, rows int) error) error
	// Rest is called now and then when there is nothing to add.
	Rest()
	// Bytes is the size of the open object as it would be stored.
	Bytes() int64
	// Rows is the number of rows in the open object.
	Rows() int
	// Heap is the bytes of heap that the open object holds, with what Reset leaves for the next one.
	Heap() int64
	// Seal returns the open object, to which nothing is added any more. notes are for people who look into it.
	Seal(notes map[string]string) ([]byte, error)
	// State returns what the records so far, up to the end of the object that has just been sealed, have made, for Load. Nothing: it is not
	// worth keeping.
	State() ([]byte, error)
	// Covers reports whether the state of a shard at the record last is all that is needed of the records up to there.
	Covers(shard, last string) bool
	// Load joins a state of this shard or an ancestor, before anything that came after it is restored. After an error, which says that the state
	// cannot be used, these Contents are thrown away.
	Load(state []byte) error
	// Reset begins the next object. The state stays.
	Reset()
}
