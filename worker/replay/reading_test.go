package replay_test

import (
	"context"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
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

// TestSurveyOfAReplayFromTheLog: what the log has the stream need not have. It is asked about shards that were stopped, and about those whose log cannot be read back.
func TestSurveyOfAReplayFromTheLog(t *testing.T) {
	a := newApplication(t)
	stopped := func(id, why string) {
		for _, l := range a.table.Leases() {
			if l.Key == id {
				l.Stopped = why
				a.table.Set(l)
			}
		}
	}
	for _, id := range []string{"trimmed", "gone", "stopped", "stopped-and-lost"} {
		a.write(layout, shard(id), 0, 2, 3, 4, 6)
		a.row(shard(id), after(6, hour12+2))
	}
	stopped("stopped", "it was broken")
	stopped("stopped-and-lost", "past retention")
	a.end(a.write(layout, shard("over"), 1, 3, 4))
	a.row(shard("over"), ended)
	a.row(shard("never-read"), oldest)
	d := a.draft(replay.Request{From: hour12 + 1, FromLog: true})
	_, err := d.Survey(t.Context(), a.source(), stream{records: map[string][]int{"trimmed": {7}, "stopped": {5, 6}, "stopped-and-lost": {8}, "never-read": {8}}})
	a.must(err)
	for i := range d.Shards {
		s := &d.Shards[i]
		if back := s.Row.Key != "never-read"; s.Log != back || s.Missing() != (s.Row.Key == "stopped-and-lost") || s.Over != (s.Row.Key == "over") {
			t.Errorf("%s: read back %v, missing %v, over %v", s.Row.Key, s.Log, s.Missing(), s.Over)
		}
	}
	checkShard(t, d, "trimmed", after(2, hour12), true, 3)
	checkShard(t, d, "over", after(1, hour12), true, 2)
	a.must(chain.Freeze(t.Context(), a.source().Env, a.bucket, layout, "clicks"))
	made, err := d.Make(t.Context(), a.source(), a.operator(), "id", noon)
	a.must(err)
	if made.Source != "1" || made.Map != "1<2026-11-23T13;2" {
		t.Errorf("made %+v", made)
	}
}

// TestUndoFromTheLog reads back what the replay has written, where the two generations have the same objects, and else asks the stream.
func TestUndoFromTheLog(t *testing.T) {
	a := newApplication(t)
	a.write(layout, shard("alike"), 0, 1, 2, 3, 4)
	a.write(later, shard("alike"), 3, 4, 5, 6)
	a.write(layout, shard("unlike"), 0, 1, 2, 3, 4)
	w := a.write(later, shard("unlike"))
	h := chain.NewHash(w.End().Hash)
	h.Add(seq(3), nil)
	h.Add(seq(4), nil)
	a.must(w.Commit(t.Context(), &chain.Batch{
		First: seq(3), Last: seq(4), FirstArrival: arrival(3), LastArrival: arrival(4), Records: 2, Rows: 2, Hash: h.Sum(), Schema: 1, Body: []byte("x"),
	}))
	a.write(later, shard("unlike"), 5, 6)
	for _, id := range []string{"alike", "unlike"} {
		a.row(shard(id), after(6, hour12+2))
	}
	a.plan(lease.Plan{
		Number: 1, State: lease.PlanPublished, ID: "first", Map: later.Map().String(), Hour: int64(hour12 + 1), Published: later.Map().String(), By: 1, Previous: "1",
	})
	d := a.draft(replay.Request{Undo: true, FromLog: true})
	_, err := d.Survey(t.Context(), a.source(), stream{records: map[string][]int{"alike": {6}, "unlike": {6}}})
	a.must(err)
	for i := range d.Shards {
		if s := &d.Shards[i]; s.Log != (s.Row.Key == "alike") || s.Missing() == s.Log {
			t.Errorf("%s: read back %v, missing %v", s.Row.Key, s.Log, s.Missing())
		}
	}
}

// TestSurveyNamesUnknownShards: what the table does not know, or knows without its hash range, cannot be read again.
func TestSurveyNamesUnknownShards(t *testing.T) {
	a := newApplication(t)
	for _, id := range []string{"known", "forgotten", "remembered-as-ended", "of-before"} {
		records := []int{1, 4}
		if id == "of-before" {
			records = records[:1]
		}
		a.write(layout, shard(id), records...)
	}
	a.row(shard("known"), after(4, hour12+1))
	a.row(chain.Shard{ID: "remembered-as-ended"}, ended)
	d := a.draft(replay.Request{From: hour12 + 1, FromLog: true})
	s, err := d.Survey(t.Context(), a.source(), stream{records: map[string][]int{"known": {4}}})
	a.must(err)
	if slices.Sort(s.Unknown); !slices.Equal(s.Unknown, []string{"forgotten", "remembered-as-ended"}) {
		t.Errorf("unknown shards: %v", s.Unknown)
	}
}

// TestSurveyOfWhatIsGivenUp: it begins with the first record that has not been committed.
func TestSurveyOfWhatIsGivenUp(t *testing.T) {
	a := newApplication(t)
	a.write(layout, shard("lagging"), 0, 1)
	a.row(shard("lagging"), after(1, hour12))
	a.row(shard("never-read"), oldest)
	a.write(layout, shard("at-the-tip"), 0)
	a.row(shard("at-the-tip"), after(0, hour12))
	d := a.draft(replay.Request{Resume: true, Latest: true, Gaps: true})
	_, err := d.Survey(t.Context(), a.source(), stream{records: map[string][]int{"lagging": {0, 1, 4, 5}, "never-read": {3}, "at-the-tip": {0}}})
	a.must(err)
	for i, want := range map[string]time.Time{"lagging": arrival(4), "never-read": arrival(3), "at-the-tip": {}} {
		if s := &d.Shards[slices.IndexFunc(d.Shards, func(s replay.ShardDraft) bool { return s.Row.Key == i })]; !s.Unread.Equal(want) {
			t.Errorf("%s: given up since %v, want %v", i, s.Unread, want)
		}
	}
	made, err := d.Make(t.Context(), a.source(), a.operator(), "id", noon)
	a.must(err)
	if made.SkipTo != noon.UnixMilli() || !made.AcceptGaps || made.Map != "1" {
		t.Errorf("made %+v", made)
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
