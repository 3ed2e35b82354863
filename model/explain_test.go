package model

import (
	"fmt"
	"slices"
	"testing"
)

// questions are some of what can be asked in a scribe's world.
func questions() (qs []Question) {
	for n := range 25 {
		qs = append(qs, Question{Session: fmt.Sprintf("s%d", n), K: 9})
		qs = append(qs, Question{Session: fmt.Sprintf("s%d", n), K: 4, Filter: Filter{Seen: true, Category: "c1"}})
		qs = append(qs, Question{Items: []string{"nothing", fmt.Sprintf("i%d", n), "i3"}, K: 30})
	}
	return append(qs, Question{K: 5}, Question{Session: "s1"})
}

// TestReasonsSumUpToTheScore is what an explanation is for.
func TestReasonsSumUpToTheScore(t *testing.T) {
	kinds := map[ReasonKind]int{}
	eachBounds(t, func(t *testing.T, p Params) {
		m := New(p)
		for n, r := range newScribe(11).records(900) {
			if m.Observe(nil, r); n%100 != 99 {
				continue
			}
			before, touched := state(m), map[[2]string]bool{}
			for f := range m.Facts() {
				touched[[2]string{f.Session, f.Item}] = true
			}
			for _, q := range questions() {
				explained := m.Explain(q)
				list := make([]Scored, len(explained))
				for i, w := range explained {
					list[i] = w.Scored
					sum := int64(0)
					for _, reason := range w.Reasons {
						kinds[reason.Kind]++
						sum += reason.Score
						checkReason(t, touched, w.Item, reason)
					}
					if sum != w.Score {
						t.Fatalf("%+v: the reasons of %s sum up to %d of %d: %v", q, w.Item, sum, w.Score, w.Reasons)
					}
				}
				same(t, "explained", list, m.Ask(nil, q))
				if again := m.Explain(q); fmt.Sprint(again) != fmt.Sprint(explained) {
					t.Fatalf("%+v: explained differently the second time", q)
				}
			}
			if state(m) != before {
				t.Fatal("explaining has changed the model")
			}
		}
	})
	for kind := Neighbour; kind <= Popular; kind++ {
		if kinds[kind] == 0 {
			t.Errorf("no reason was of kind %v", kind)
		}
	}
}

// checkReason looks whether what a reason says is so; touched are the sessions with their items.
func checkReason(t *testing.T, touched map[[2]string]bool, item string, r Reason) {
	t.Helper()
	if r.Score <= 0 {
		t.Fatalf("a reason of %s has score %d", item, r.Score)
	}
	if r.Kind != Neighbour && r.Kind != SecondHop {
		return
	}
	for _, shared := range append([]string{item}, r.Items...) {
		if !touched[[2]string{r.Session, shared}] {
			t.Fatalf("%s is said to have %s", r.Session, shared)
		}
	}
}

// TestReasonsOfAShardedModel are those of one model, whatever the internal numbers are.
func TestReasonsOfAShardedModel(t *testing.T) {
	p := loose()
	one, shards, merged := New(p), [2]*Model{New(p), New(p)}, NewMerged(p)
	s := newScribe(5)
	for range 500 {
		r := s.record()
		one.Observe(nil, r)
		shard := shards[int(r.Session[len(r.Session)-1])%2]
		for _, f := range shard.Observe(nil, r) {
			merged.Add(f)
		}
	}
	v := merged.Publish()
	for n := range 25 {
		q := Question{Session: fmt.Sprintf("s%d", n), K: 20}
		shard := shards[int(q.Session[len(q.Session)-1])%2]
		shard.Adopt(v)
		if got, want := fmt.Sprint(shard.Explain(q)), fmt.Sprint(one.Explain(q)); got != want {
			t.Fatalf("%s: explained as\n%s, want\n%s", q.Session, got, want)
		}
	}
}

func TestApportion(t *testing.T) {
	votes := func(vs ...int64) (out []vote) {
		for _, v := range vs {
			out = append(out, vote{votes: v})
		}
		return out
	}
	for _, c := range []struct {
		total int64
		votes []vote
		want  []int64
	}{
		{10, votes(1, 1, 1), []int64{3, 3, 4}},
		{1, votes(1, 1, 1), []int64{1}},
		{7, votes(5), []int64{7}},
		{one, votes(1<<60, 1<<60), []int64{one / 2, one / 2}},
	} {
		var got []int64
		for _, r := range apportion(nil, c.votes, c.total) {
			got = append(got, r.Score)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%d among %v: %v, want %v", c.total, c.votes, got, c.want)
		}
	}
}
