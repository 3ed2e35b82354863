package chain

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Writer continues the chain of one shard. It belongs to one term of the shard's lease and to one goroutine.
type Writer struct {
	env          Env
	bucket       Bucket
	layout       Layout
	shard        Shard
	leaseCounter int64
	start        *StartMark
	first        string // without start: the first record with which another generation's chain began
	end          End
	bookmark     Bookmark // with which the chain was taken over
}

// Shard is the shard as its start mark describes it.
type Shard struct {
	ID              string
	Parents         []string
	StartingHashKey string
	EndingHashKey   string
}

// Batch is what becomes a link: whole Kinesis records, at least one.
type Batch struct {
	First, Last  string
	FirstArrival time.Time
	LastArrival  time.Time
	Records      int64
	Rows         int64
	Hash         string // Hash.Sum, begun with the End's Hash
	Schema       int
	SchemaHash   string
	Body         []byte
}

// End returns the end of the chain as far as it is known.
func (w *Writer) End() End { return w.end }

// Bookmarked returns the sequence number at which the chain was taken over; the end may be further.
func (w *Writer) Bookmarked() string { return w.bookmark.Last }

// Start returns the start mark, or nil when there is none yet.
func (w *Writer) Start() *StartMark { return w.start }

// Begin makes sure that the start mark exists before the first link, and returns it. It is somebody else's when its First
// differs from first: the chain begins there.
func (w *Writer) Begin(ctx context.Context, first string, arrival time.Time) (*StartMark, error) {
	if w.start != nil {
		return w.start, nil
	}
	mark, err := writeStart(ctx, w.env, w.bucket, w.layout, w.mark(first, w.end.HourOf(arrival)))
	if err != nil {
		return nil, fmt.Errorf("begin chain of %s: %w", w.shard.ID, err)
	}
	w.begun(mark)
	return mark, nil
}

func (w *Writer) mark(first string, hour Hour) *StartMark {
	return &StartMark{
		Shard: w.shard.ID, First: first, Hour: hour, Parents: w.shard.Parents,
		StartingHashKey: w.shard.StartingHashKey, EndingHashKey: w.shard.EndingHashKey,
	}
}

// begun takes note of the start mark; its hour is that of the first link whoever writes it.
func (w *Writer) begun(mark *StartMark) {
	w.start = mark
	if w.end.Last == "" {
		w.end.Hour = max(w.end.Hour, mark.Hour)
	}
}

// First returns, of a chain without start, the first record with which another generation's chain began; Begin takes that generation's mark over.
func (w *Writer) First() string { return w.first }

// Begun reports whether the chain has begun, in whatever generation, since it was taken over: with a record that this writer may not have met.
func (w *Writer) Begun(ctx context.Context) (bool, error) {
	if w.start != nil {
		return false, nil
	}
	start, first, err := readStart(ctx, w.env, w.bucket, w.layout, w.shard.ID)
	if err != nil {
		return false, fmt.Errorf("look for beginning of %s: %w", w.shard.ID, err)
	}
	return start != nil || first != w.first, nil
}

// Commit makes the batch the next link and returns nil when the link says what the batch says, whoever wrote it. ErrAdopted:
// another link stands there and is now the End. Every other error leaves the chain as it was, or unknown when ctx ended;
// ErrBroken has to stop the shard.
func (w *Writer) Commit(ctx context.Context, b *Batch) error {
	link, err := w.link(b)
	if err != nil {
		return err
	}
	err = Retry(ctx, w.env, func(ctx context.Context) error {
		return w.bucket.PutIfAbsent(ctx, link.Key, b.Body, link.Metadata())
	})
	if err == nil {
		w.end = link.End()
		return nil
	}
	if !errors.Is(err, ErrExists) {
		return fmt.Errorf("put %s: %w", link.Key, err)
	}
	return w.adopt(ctx, link)
}

func (w *Writer) link(b *Batch) (*Link, error) {
	if w.start == nil || Compare(b.First, w.end.Last) <= 0 || Compare(b.Last, b.First) < 0 || b.Records < 1 {
		return nil, fmt.Errorf("commit %s..%s of %s after %q: out of order: %w", b.First, b.Last, w.shard.ID, w.end.Last, ErrBroken)
	}
	if next := w.end.Gap.Next; next != "" && Compare(b.First, next) != 0 {
		return nil, fmt.Errorf("commit %s..%s of %s: the chain goes on at %s after a gap: %w", b.First, b.Last, w.shard.ID, next, ErrBroken)
	}
	prev, gap := w.end.prev()
	hour := w.end.HourOf(b.FirstArrival)
	key, err := w.layout.LinkKey(hour, w.shard.ID, b.First)
	if err != nil {
		return nil, errors.Join(err, ErrBroken)
	}
	return &Link{
		Key: key, Shard: w.shard.ID, Generation: w.layout.GenerationAt(hour), Prev: prev, Gap: gap, First: b.First, Last: b.Last, Hour: hour,
		Records: b.Records, Rows: b.Rows, TotalRecords: w.end.Records + b.Records, TotalRows: w.end.Rows + b.Rows, Hash: b.Hash,
		LastArrival: b.LastArrival, LeaseCounter: w.leaseCounter, Schema: b.Schema, SchemaHash: b.SchemaHash,
	}, nil
}

// adopt continues from the link that was there first.
func (w *Writer) adopt(ctx context.Context, mine *Link) error {
	theirs, err := headLink(ctx, w.env, w.bucket, w.layout, mine.Key)
	if errors.Is(err, ErrNotFound) {
		err = fmt.Errorf("%s exists and cannot be found: %w", mine.Key, ErrBroken)
	}
	if err != nil {
		return fmt.Errorf("adopt link: %w", err)
	}
	follows, err := w.follows(ctx, theirs)
	if err != nil {
		return fmt.Errorf("adopt link: %w", err)
	}
	if theirs.Shard != mine.Shard || theirs.Generation != mine.Generation || !follows || theirs.First != mine.First {
		return fmt.Errorf("adopt %s: it follows %q of %s, generation %d, not %q: %w", mine.Key, theirs.Prev, theirs.Shard,
			theirs.Generation, mine.Prev, ErrBroken)
	}
	w.end = theirs.End()
	if theirs.Last == mine.Last && theirs.Hash == mine.Hash {
		return nil
	}
	return ErrAdopted
}

// follows reports whether another writer's link continues the chain from here, perhaps over a gap accepted since the takeover.
func (w *Writer) follows(ctx context.Context, theirs *Link) (bool, error) {
	if w.end.precedes(theirs) || !theirs.Gap {
		return w.end.precedes(theirs), nil
	}
	passed, err := w.passGap(ctx)
	return passed && w.end.precedes(theirs), err
}

// Finish writes the end mark after the last link, and the start mark of a shard that never had a record.
func (w *Writer) Finish(ctx context.Context, children []Child) (*EndMark, error) {
	if w.start == nil {
		mark, err := writeStart(ctx, w.env, w.bucket, w.layout, w.mark("", w.end.Hour))
		if err != nil {
			return nil, fmt.Errorf("finish empty chain of %s: %w", w.shard.ID, err)
		}
		w.begun(mark)
	}
	if err := w.finished(); err != nil {
		return nil, fmt.Errorf("finish chain of %s: %w", w.shard.ID, err)
	}
	want := &EndMark{
		Shard: w.shard.ID, Last: w.end.Last, Hour: w.end.hour(), Records: w.end.Records, Rows: w.end.Rows, Hash: w.end.Hash,
		Children: children,
	}
	have, err := writeMark(ctx, w.env, w.bucket, w.layout.Marks().At(want.Hour).EndKey(w.shard.ID), want)
	if err != nil {
		return nil, fmt.Errorf("finish chain of %s: %w", w.shard.ID, err)
	}
	if have.Last != want.Last || have.Records != want.Records || have.Hash != want.Hash || have.Hour != want.Hour {
		return nil, fmt.Errorf("finish chain of %s at %q: its end mark says %q: %w", w.shard.ID, want.Last, have.Last, ErrBroken)
	}
	return have, nil
}

// finished says what the chain still lacks before its end.
func (w *Writer) finished() error {
	next := w.end.Gap.Next
	if next != "" && next != GapToEnd {
		return fmt.Errorf("it goes on at %s after a gap and has no link there: %w", next, ErrBroken)
	}
	if w.start.First != "" && w.end.Last == "" && next == "" {
		return fmt.Errorf("it begins with %s and has no link: %w", w.start.First, ErrBroken)
	}
	return nil
}
