package replay_test

import (
	"context"
	"iter"
	"testing"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/replay"
)

// TestSurvey counts what readers would lose, and finds the records that the stream has no more.
func TestSurvey(t *testing.T) {
	a := newApplication(t)
	for _, id := range []string{"all", "from-the-first", "later", "gone", "idle"} {
		a.write(layout, shard(id), 0, 2, 3, 4, 6)
		a.row(shard(id), after(6, hour12+2))
	}
	a.write(layout, shard("untouched"), 0, 1)
	a.row(shard("untouched"), after(1, hour12))
	a.end(a.write(layout, shard("over"), 1, 2))
	a.row(shard("over"), ended)
	d := a.draft(replay.Request{From: hour12 + 1})
	lost, err := d.Survey(t.Context(), a.source(), stream{records: map[string][]int{
		"all": {0, 2, 3}, "from-the-first": {3, 4}, "later": {4, 6}, "idle": {},
	}})
	a.must(err)
	if lost.Objects != 5*3 || lost.Bytes != 5*3*10 || lost.From != hour12+1 || lost.To != hour12+2 {
		t.Errorf("superseded: %+v", lost)
	}
	for i := range d.Shards {
		s := &d.Shards[i]
		want := map[string]bool{"later": true, "gone": true, "idle": true}[s.Row.Key]
		if s.Missing() != want {
			t.Errorf("%s: missing %v, want %v: the stream begins with %q, the replay with %q", s.Row.Key, s.Missing(), want, s.Oldest, s.First)
		}
		if first := map[bool]string{true: "", false: seq(3)}[s.Row.Key == "untouched" || s.Row.Key == "over"]; s.First != first {
			t.Errorf("%s: the first record that is read again is %q, want %q", s.Row.Key, s.First, first)
		}
	}
}

// TestSurveyOfAnUndo counts hours of which the wanted map has other generations, and no others.
func TestSurveyOfAnUndo(t *testing.T) {
	a := replayed(t)
	d := a.draft(replay.Request{Undo: true})
	lost, err := d.Survey(t.Context(), a.source(), stream{records: map[string][]int{"s": {6}, "ended": {3}}})
	a.must(err)
	if lost.Objects != 5 || lost.From != hour12+1 || lost.To != hour12+2 {
		t.Errorf("superseded: %+v", lost)
	}
	for i := range d.Shards {
		if s := &d.Shards[i]; s.Missing() != (s.Row.Key == "s") { // generation 1 ends at record 4, of the stream record 6 is the oldest
			t.Errorf("%s: missing %v; first %q, oldest %q, then %q", s.Row.Key, s.Missing(), s.First, s.Oldest, s.Then.Last)
		}
	}
}

func TestOldest(t *testing.T) {
	a := newApplication(t)
	for _, id := range []string{"a", "b", "c", "d"} {
		a.row(shard(id), oldest)
	}
	for _, c := range []struct {
		records map[string][]int
		want    int // -1: none
	}{
		{map[string][]int{"a": {4, 5}, "b": {2, 9}, "c": {}}, 2},
		{map[string][]int{"a": {4}}, 4},
		{map[string][]int{"c": {}}, -1},
		{nil, -1},
	} {
		at, err := replay.Oldest(t.Context(), a.source().Env, stream{records: c.records}, a.table.Leases())
		a.must(err)
		if c.want < 0 && !at.IsZero() || c.want >= 0 && !at.Equal(arrival(c.want)) {
			t.Errorf("%v: the oldest is of %v", c.records, at)
		}
	}
}

// counted counts the listings of a bucket.
type counted struct {
	chain.Bucket
	lists int
}

func (c *counted) List(ctx context.Context, prefix string) iter.Seq2[chain.Object, error] {
	c.lists++
	return c.Bucket.List(ctx, prefix)
}

// TestSurveyBeginsWithTheLog: a replay from decades before the log began costs no more requests than one from its beginning.
func TestSurveyBeginsWithTheLog(t *testing.T) {
	a := newApplication(t)
	a.write(layout, shard("s"), 0, 2, 3)
	a.row(shard("s"), after(3, hour12+1))
	lists := map[chain.Hour]int{}
	for _, from := range []chain.Hour{hour12, hour12 - 200_000} {
		d, c := a.draft(replay.Request{From: from}), &counted{Bucket: a.bucket}
		source := a.source()
		source.Bucket = c
		lost, err := d.Survey(t.Context(), source, stream{records: map[string][]int{"s": {0}}})
		a.must(err)
		if lists[from] = c.lists; lost.Objects != 3 || lost.From != hour12 {
			t.Errorf("from %s: superseded %+v", from, lost)
		}
	}
	if lists[hour12] != lists[hour12-200_000] {
		t.Errorf("listings: %v", lists)
	}
}
