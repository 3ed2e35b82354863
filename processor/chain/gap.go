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
	Hour Hour   // no link behind it lies in an earlier one
}

// GapToEnd stands for the record after a gap that reaches to the end of the shard.
const GapToEnd = "end"

// GapMark makes a Gap part of the chain. It lies under Layout.GapKey(Shard, Prev), is put if absent like every mark, and the next link
// names it as its predecessor. When the record Next is lost, too, before it was committed, the next mark has it as its Prev.
type GapMark struct {
	Shard string `json:"shard"`
	Prev  string `json:"prev"` // where the chain ended: its last record, or Next of the gap before; empty: it had no link
	Next  string `json:"next"` // that of the first record after it, or GapToEnd
	Hour  Hour   `json:"hour"` // no link after it lies in an earlier one
}

// ReadGap returns the mark of the gap behind a record, at which the chain is in an hour, or nil when there is none. A mark counts in the generation to which its hour
// belongs.
func ReadGap(ctx context.Context, env Env, b Bucket, l Layout, shard, prev string, hour Hour) (*GapMark, error) {
	l = l.Marks()
	for _, g := range l.generationsFrom(hour) {
		key := l.In(g).GapKey(shard, prev)
		m, err := readMark[GapMark](ctx, env, b, key)
		if err == nil && m != nil {
			err = m.check(key, shard, prev)
		}
		if err != nil || m != nil && l.GenerationAt(m.Hour) == g {
			return m, err
		}
	}
	return nil, nil
}

// writeGap makes the mark that of the gap behind the chain's end, which is in an hour, or returns the one that is. Like that of a start, it is put into one generation
// after the other until one is met that lies where its hour belongs: so all writers meet whose maps are the same up to the end of the chain.
func writeGap(ctx context.Context, env Env, b Bucket, l Layout, mark *GapMark, hour Hour) (*GapMark, error) {
	l = l.Marks()
	for _, g := range l.generationsFrom(hour) {
		key := l.In(g).GapKey(mark.Shard, mark.Prev)
		m, err := writeMark(ctx, env, b, key, mark)
		if err == nil {
			err = m.check(key, mark.Shard, mark.Prev)
		}
		if err != nil || l.GenerationAt(m.Hour) == g {
			return m, err
		}
	}
	return nil, fmt.Errorf("gap of %s behind %q: no generation has one where its hour belongs: %w", mark.Shard, mark.Prev, ErrBroken)
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
//
// No link behind the gap lies before hour: see LastFrom. A record that is lost may have been the first of the hours that one map gives to another generation than
// another map, and the next one have arrived before these: in an earlier hour it would be in both, and one of them goes on with the record that is lost.
func (w *Writer) AcceptGap(ctx context.Context, next string, hour Hour) (*GapMark, error) {
	at := w.end.gapPrev()
	mark := &GapMark{Shard: w.shard.ID, Prev: at, Next: next, Hour: max(hour, w.end.hour())}
	if held := w.end.Gap; held.Next != "" && (held.Next == GapToEnd || next != GapToEnd && Compare(next, held.Next) <= 0) {
		return &GapMark{Shard: w.shard.ID, Prev: held.Prev, Next: held.Next, Hour: held.Hour}, nil
	}
	if w.start == nil || w.start.First == "" {
		return nil, fmt.Errorf("accept gap of %s: its chain has not begun: %w", w.shard.ID, ErrBroken)
	}
	if err := mark.check("the mark", w.shard.ID, at); err != nil {
		return nil, fmt.Errorf("accept gap: %w", err)
	}
	have, err := writeGap(ctx, w.env, w.bucket, w.layout, mark, w.end.hour())
	if err != nil {
		return nil, fmt.Errorf("accept gap of %s: %w", w.shard.ID, err)
	}
	w.end = w.end.over(have)
	return have, nil
}

// over returns the end behind a gap that begins here.
func (e End) over(m *GapMark) End {
	e.Gap = Gap{Prev: m.Prev, Next: m.Next, Hour: max(e.hour(), m.Hour)}
	return e
}

// hour is that in which the chain is.
func (e End) hour() Hour { return max(e.Hour, e.Gap.Hour) }

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
	mark, err := ReadGap(ctx, w.env, w.bucket, w.layout, w.shard.ID, at, w.end.hour())
	if err != nil || mark == nil {
		return false, err
	}
	w.end = w.end.over(mark)
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
