package chain_test

import (
	"errors"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/chain/chaintest"
)

// trail follows the chain of takeOver's shard from a place on.
func trail(t *testing.T, b chain.Bucket, from chain.End) *chain.Trail {
	t.Helper()
	found, err := chain.OpenTrail(t.Context(), &chaintest.Env{Time: noon.Add(3 * time.Hour)}, b, layout, shard0.ID, from, 0)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func step(t *testing.T, tr *chain.Trail) chain.Step {
	t.Helper()
	s, err := tr.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestTrailLeadsToTheEnd follows a chain with a gap from each of its places to the end mark.
func TestTrailLeadsToTheEnd(t *testing.T) {
	s, b, w := gapped(t)
	before := []chain.End{{}, {Last: s.seq(3), Hour: w.End().Hour, Hash: w.End().Hash}, w.End()}
	if err := commit(t, w, s, 6, 9); err != nil {
		t.Fatal(err)
	}
	if err := commit(t, w, s, 9, 12); err != nil {
		t.Fatal(err)
	}
	after := w.End()
	if _, err := w.Finish(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for skip, from := range append(before, after) {
		tr, steps := trail(t, b, from), 0
		for {
			next := step(t, tr)
			if again := step(t, tr); again.Link != nil && again.Link.Key != next.Link.Key {
				t.Fatalf("it moves although the step to %s was not passed", next.Link.Key)
			}
			if tr.Pass(next); next.End != nil {
				break
			}
			if steps++; next.Link == nil && next.Gap == nil {
				t.Fatalf("from %+v on the trail ends after %d steps", from, steps)
			}
		}
		if want := []int{4, 3, 2, 0}[skip]; steps != want {
			t.Errorf("from %+v on there are %d steps, want %d", from, steps, want)
		}
	}
}

// TestTrailIsNotFound: the chain has not begun, or does not come there, or came there over other links.
func TestTrailIsNotFound(t *testing.T) {
	s, b := steady(12, time.Minute), &chaintest.Bucket{}
	if trail(t, b, chain.End{}) != nil {
		t.Error("a chain that has not begun")
	}
	w := takeOver(t, b, chain.Bookmark{})
	for i := range 3 {
		if err := commit(t, w, s, 4*i, 4*i+4); err != nil {
			t.Fatal(err)
		}
	}
	for name, from := range map[string]chain.End{
		"within a link":    {Last: s.seq(5), Hour: w.End().Hour, Hash: w.End().Hash},
		"over other links": {Last: s.seq(11), Hour: w.End().Hour, Hash: "00"},
		"in another hour":  {Last: s.seq(11), Hour: w.End().Hour + 1, Hash: w.End().Hash},
		"behind a gap":     {Last: s.seq(11), Hour: w.End().Hour, Hash: w.End().Hash, Gap: chain.Gap{Prev: s.seq(11), Next: chain.GapToEnd}},
	} {
		if trail(t, b, from) != nil {
			t.Error(name)
		}
	}
	if tr := trail(t, b, w.End()); tr == nil || step(t, tr) != (chain.Step{}) {
		t.Error("the end of an open chain is no place on it, or something follows")
	}
}

// TestTrailOfAChainThatGrows: what is put after its hour has been listed is found.
func TestTrailOfAChainThatGrows(t *testing.T) {
	s, b := steady(12, 15*time.Minute), &chaintest.Bucket{}
	w := takeOver(t, b, chain.Bookmark{})
	if err := commit(t, w, s, 0, 2); err != nil {
		t.Fatal(err)
	}
	tr := trail(t, b, chain.End{})
	tr.Pass(step(t, tr))
	for i := 2; i < 10; i += 2 {
		if got := step(t, tr); got.Link != nil {
			t.Fatalf("it finds %s, which has not been put", got.Link.Key)
		}
		if err := commit(t, w, s, i, i+1); err != nil {
			t.Fatal(err)
		}
		if err := commit(t, w, s, i+1, i+2); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			got := step(t, tr)
			if got.Link == nil {
				t.Fatalf("it overlooks a link behind record %d", i)
			}
			tr.Pass(got)
		}
	}
}

// TestTrailOfAChainThatGrowsIntoTheNextHour: a link that does not follow is met for the first time when it is looked for the second time. What it follows was put
// after that look had passed by.
func TestTrailOfAChainThatGrowsIntoTheNextHour(t *testing.T) {
	s, b := steady(12, 10*time.Minute), &chaintest.Bucket{}
	w := takeOver(t, b, chain.Bookmark{})
	if err := commit(t, w, s, 0, 3); err != nil {
		t.Fatal(err)
	}
	bucket := &growing{Bucket: b, hour: thirteen}
	bucket.grow = func() {
		bucket.grow = func() { // of the second look
			for _, from := range []int{3, 6} {
				if err := commit(t, w, s, from, from+3); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	tr := trail(t, bucket, chain.End{})
	tr.Pass(step(t, tr))
	if got := step(t, tr); got.Link == nil || got.Link.First != s.seq(3) {
		t.Errorf("%+v, want the link behind record 2", got)
	}
}

// TestTrailOfAShardThatWasEmpty lists no hour: its marks may lie in the first one that there is.
func TestTrailOfAShardThatWasEmpty(t *testing.T) {
	b := &chaintest.Bucket{}
	if _, err := takeOver(t, b, chain.Bookmark{}).Finish(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	lists := 0
	b.Decide = func(op, _ string) chaintest.Fault {
		if op == "list" {
			lists++
		}
		return chaintest.None
	}
	if s := step(t, trail(t, b, chain.End{})); s.End == nil || lists > 0 {
		t.Errorf("%+v after %d lists", s, lists)
	}
}

// TestTrailFindsContradictions: a link that does not follow stops whoever reads it.
func TestTrailFindsContradictions(t *testing.T) {
	s, b := steady(12, time.Minute), &chaintest.Bucket{}
	w := takeOver(t, b, chain.Bookmark{})
	for i := range 3 {
		if err := commit(t, w, s, 4*i, 4*i+4); err != nil {
			t.Fatal(err)
		}
	}
	tr := trail(t, b, chain.End{})
	b.Delete(b.Keys("events/gen=1/")[1])
	tr.Pass(step(t, tr))
	if got, err := tr.Next(t.Context()); !errors.Is(err, chain.ErrBroken) {
		t.Errorf("%+v, %v", got, err)
	}
}

// rounds counts how often several requests are waited for.
type rounds struct {
	*chaintest.Env
	n int
}

// Join implements chain.Env.
func (r *rounds) Join(fs ...func()) {
	r.n++
	r.Env.Join(fs...)
}

// TestLongSilenceIsPassedInFewSteps: a chain that goes on after ten days is taken over, followed and found without listing one hour after the other.
func TestLongSilenceIsPassedInFewSteps(t *testing.T) {
	const days = 10
	b, env := &chaintest.Bucket{}, &rounds{Env: &chaintest.Env{Time: noon.Add(days * 24 * time.Hour)}}
	w, err := chain.TakeOver(t.Context(), env, b, layout, shard0, 1, chain.Bookmark{})
	if err != nil {
		t.Fatal(err)
	}
	var ends []chain.End
	for i, day := range []int{0, 3, days} {
		at, seq := noon.Add(time.Duration(day)*24*time.Hour), string(rune('1'+i))
		_, err := w.Begin(t.Context(), seq, at)
		if err == nil {
			h := chain.NewHash(w.End().Hash)
			err = w.Commit(t.Context(), &chain.Batch{First: seq, Last: seq, FirstArrival: at, LastArrival: at, Records: 1, Rows: 1, Hash: h.Sum(), Schema: 1, Body: []byte("x")})
		}
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, w.End())
	}
	env.n = 0
	w, err = chain.TakeOver(t.Context(), env, b, layout, shard0, 1, chain.Bookmark{Last: ends[0].Last, Hour: ends[0].Hour})
	if err != nil || w.End() != ends[2] {
		t.Errorf("taken over at %+v, %v", w.End(), err)
	}
	tr, err := chain.OpenTrail(t.Context(), env, b, layout, shard0.ID, ends[0], 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range ends[1:] {
		next := step(t, tr)
		if next.Link == nil || next.Link.End() != want {
			t.Errorf("the trail leads to %+v, want %+v", next.Link, want)
		}
		tr.Pass(next)
	}
	if most := 2 * 24; env.n > most {
		t.Errorf("%d times requests were waited for, to go over %d days twice: want %d at most", env.n, days, most)
	}
	for i, end := range ends { // as it would be under other clocks
		env.Time = end.Hour.Time().Add(time.Duration(i) * 50 * time.Hour)
		found, err := chain.Find(t.Context(), env, b, layout, shard0)
		if err != nil || found.End() != end {
			t.Errorf("with the clock at %s: found at %+v, %v", env.Time, found.End(), err)
		}
	}
}
