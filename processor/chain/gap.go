package chain

import (
	"context"
	"fmt"
)

// Gap is a hole in the chain that somebody has accepted: records that the stream has lost before they were committed. The zero Gap
// is none.
type Gap struct {
	Prev string // the record behind which it begins; empty: behind the beginning of the chain
	Next string // the record with which the chain goes on; GapToEnd: the shard has none any more
}

// GapToEnd stands for the record after a gap that reaches to the end of the shard.
const GapToEnd = "end"

// GapMark makes a Gap part of the chain. It lies under Layout.GapKey(Shard, Prev), is put if absent like every mark, and the next link
// names it as its predecessor. When the record Next is lost, too, before it was committed, the next mark has it as its Prev.
type GapMark struct {
	Shard string `json:"shard"`
	Prev  string `json:"prev"` // where the chain ended: its last record, or Next of the gap before; empty: it had no link
	Next  string `json:"next"` // that of the first record after it, or GapToEnd
}

// ReadGap returns the mark of the gap behind a record, at which the chain is in an hour, or nil when there is none.
func ReadGap(ctx context.Context, env Env, b Bucket, l Layout, shard, prev string, hour Hour) (*GapMark, error) {
	key := l.At(hour).GapKey(shard, prev)
	m, err := readMark[GapMark](ctx, env, b, key)
	if err != nil || m == nil {
		return nil, err
	}
	return m, m.check(key, shard, prev)
}

func (m *GapMark) check(key, shard, prev string) error {
	if _, err := Pad(m.Next); m.Shard != shard || m.Prev != prev || m.Next != GapToEnd && (err != nil || Compare(m.Next, prev) <= 0) {
		return fmt.Errorf("%s says that %s goes on at %q after %q: %w", key, m.Shard, m.Next, m.Prev, ErrBroken)
	}
	return nil
}

// AcceptGap puts a mark at the end of the chain that makes it go on at the record next, or GapToEnd, and returns the mark that is there,
// which may be somebody else's. The chain must have begun. Whoever calls it has made sure that no other writer stands at this end, since one
// that still has the records would fork the chain.
func (w *Writer) AcceptGap(ctx context.Context, next string) (*GapMark, error) {
	at := w.end.gapPrev()
	mark := &GapMark{Shard: w.shard.ID, Prev: at, Next: next}
	if held := w.end.Gap; held.Next != "" && (held.Next == GapToEnd || next != GapToEnd && Compare(next, held.Next) <= 0) {
		return &GapMark{Shard: w.shard.ID, Prev: held.Prev, Next: held.Next}, nil
	}
	key := w.layout.At(w.end.Hour).GapKey(w.shard.ID, at)
	if w.start == nil || w.start.First == "" {
		return nil, fmt.Errorf("accept gap of %s: its chain has not begun: %w", w.shard.ID, ErrBroken)
	}
	if err := mark.check(key, w.shard.ID, at); err != nil {
		return nil, fmt.Errorf("accept gap: %w", err)
	}
	have, err := writeMark(ctx, w.env, w.bucket, key, mark)
	if err == nil {
		err = have.check(key, w.shard.ID, at)
	}
	if err != nil {
		return nil, fmt.Errorf("accept gap of %s: %w", w.shard.ID, err)
	}
	w.end.Gap = Gap{Prev: at, Next: have.Next}
	return have, nil
}

// gapPrev is the Prev of a gap that begins here.
func (e End) gapPrev() string {
	if e.Gap.Next != "" {
		return e.Gap.Next
	}
	return e.Last
}

// passGap goes over a gap that has been accepted at the end held.
func (w *Writer) passGap(ctx context.Context) (passed bool, err error) {
	if w.end.Gap.Next == GapToEnd {
		return false, nil
	}
	at := w.end.gapPrev()
	mark, err := ReadGap(ctx, w.env, w.bucket, w.layout, w.shard.ID, at, w.end.Hour)
	if err != nil || mark == nil {
		return false, err
	}
	w.end.Gap = Gap{Prev: at, Next: mark.Next}
	return true, nil
}

// Next says where reading has to go on: after the record after, or else at the record at, or else, when both are empty, wherever the
// shard begins. A record that another generation began with is one that has been in the stream. at is GapToEnd when the shard has nothing left and only Finish remains.
func (w *Writer) Next() (after, at string) {
	switch {
	case w.end.Gap.Next != "":
		return "", w.end.Gap.Next
	case w.end.Last != "":
		return w.end.Last, ""
	case w.start != nil:
		return "", w.start.First
	}
	return "", w.first
}
