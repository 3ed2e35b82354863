package chain_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/chain/chaintest"
)

// gapped is a chain of records 0 to 3, with a gap accepted behind it that ends at record 6.
func gapped(t *testing.T) (source, *chaintest.Bucket, *chain.Writer) {
	t.Helper()
	s, b := steady(12, time.Minute), &chaintest.Bucket{}
	w := takeOver(t, b, chain.Bookmark{})
	if err := commit(t, w, s, 0, 4); err != nil {
		t.Fatal(err)
	}
	accept(t, w, s.seq(6))
	return s, b, w
}

func accept(t *testing.T, w *chain.Writer, next string) {
	t.Helper()
	acceptFrom(t, w, next, 0)
}

func acceptFrom(t *testing.T, w *chain.Writer, next string, hour chain.Hour) {
	t.Helper()
	mark, err := w.AcceptGap(t.Context(), next, hour)
	if err != nil || mark.Next != next {
		t.Fatalf("accept gap up to %s: %+v, %v", next, mark, err)
	}
}

func requireNext(t *testing.T, w *chain.Writer, after, at string) {
	t.Helper()
	if gotAfter, gotAt := w.Next(); gotAfter != after || gotAt != at {
		t.Fatalf("reading goes on after %q or at %q, want %q, %q", gotAfter, gotAt, after, at)
	}
}

// TestGapIsPassedAtEveryCrashPoint takes the chain over before and after each write, from each bookmark that there may be.
func TestGapIsPassedAtEveryCrashPoint(t *testing.T) {
	s, b := steady(12, time.Minute), &chaintest.Bucket{}
	w := takeOver(t, b, chain.Bookmark{})
	requireNext(t, w, "", "")
	if err := commit(t, w, s, 0, 4); err != nil {
		t.Fatal(err)
	}
	bookmarks := []chain.Bookmark{{}, {Last: s.seq(3), Hour: w.End().Hour}}
	each := func(after, at string) {
		t.Helper()
		for _, bookmark := range bookmarks {
			again := takeOver(t, b, bookmark)
			requireNext(t, again, after, at)
			if again.End() != w.End() {
				t.Fatalf("taken over at %+v, want %+v", again.End(), w.End())
			}
		}
	}
	each(s.seq(3), "")
	accept(t, w, s.seq(6))
	each("", s.seq(6))
	if err := w.Commit(t.Context(), s.batch(w, 6, 8)); err != nil {
		t.Fatal(err)
	}
	each(s.seq(7), "")
	bookmarks = append(bookmarks, chain.Bookmark{Last: s.seq(7), Hour: w.End().Hour})
	if err := w.Commit(t.Context(), s.batch(w, 8, 12)); err != nil {
		t.Fatal(err)
	}
	each(s.seq(11), "")
	if w.End().Records != 10 || w.End().Rows != 20 {
		t.Fatalf("the chain counts %+v", w.End())
	}
	if _, err := w.Finish(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	each(s.seq(11), "")
}

func TestMarkOfAGap(t *testing.T) {
	s, b, w := gapped(t)
	key := "events/_log/gen=1/" + shard0.ID + "-" + strings.Repeat("0", chain.SequenceWidth-len(s.seq(3))) + s.seq(3) + ".gap.json"
	if marks := b.Keys(layout.MarksPrefix()); len(marks) != 2 || marks[0] != key {
		t.Fatalf("marks %v, want %s", marks, key)
	}
	mark, err := chain.ReadGap(t.Context(), &chaintest.Env{}, b, layout, shard0.ID, s.seq(3), w.End().Hour)
	if err != nil || *mark != (chain.GapMark{Shard: shard0.ID, Prev: s.seq(3), Next: s.seq(6), Hour: w.End().Hour}) {
		t.Fatalf("got %+v, %v", mark, err)
	}
	if mark, err := chain.ReadGap(t.Context(), &chaintest.Env{}, b, layout, shard0.ID, s.seq(5), w.End().Hour); mark != nil || err != nil {
		t.Fatalf("a gap that nobody accepted: %+v, %v", mark, err)
	}
}

// TestGapHasOneEnd lets two accept it, the second one with another end, and the first one once more.
func TestGapHasOneEnd(t *testing.T) {
	s, b := steady(12, time.Minute), &chaintest.Bucket{}
	w := takeOver(t, b, chain.Bookmark{})
	if err := commit(t, w, s, 0, 4); err != nil {
		t.Fatal(err)
	}
	late := takeOver(t, b, chain.Bookmark{})
	accept(t, w, s.seq(6))
	if mark, err := late.AcceptGap(t.Context(), s.seq(8), 0); err != nil || mark.Next != s.seq(6) {
		t.Fatalf("the second one: %+v, %v", mark, err)
	}
	accept(t, takeOver(t, b, chain.Bookmark{}), s.seq(6))
	if w.End() != late.End() {
		t.Fatalf("ends %+v and %+v", w.End(), late.End())
	}
	if n := len(b.Keys(layout.MarksPrefix())); n != 2 {
		t.Fatalf("%d marks, want 2", n)
	}
}

func TestGapWithLostAnswer(t *testing.T) {
	s, b := steady(12, time.Minute), &chaintest.Bucket{}
	w := takeOver(t, b, chain.Bookmark{})
	if err := commit(t, w, s, 0, 4); err != nil {
		t.Fatal(err)
	}
	lost := false
	b.Decide = func(op, key string) chaintest.Fault {
		if op == "put" && !lost {
			lost = true
			return chaintest.Lose
		}
		return chaintest.None
	}
	accept(t, w, s.seq(6))
	if !lost {
		t.Fatal("no answer was lost")
	}
	requireNext(t, takeOver(t, b, chain.Bookmark{}), "", s.seq(6))
}

func TestChainGoesOnWhereTheGapEnds(t *testing.T) {
	s, _, w := gapped(t)
	for _, from := range []int{4, 5, 7} {
		if err := w.Commit(t.Context(), s.batch(w, from, 9)); !errors.Is(err, chain.ErrBroken) {
			t.Errorf("a link that begins at record %d: %v", from, err)
		}
	}
	if _, err := w.Finish(t.Context(), nil); !errors.Is(err, chain.ErrBroken) {
		t.Errorf("an end before the record with which the chain goes on: %v", err)
	}
}

func TestGapAtTheBeginning(t *testing.T) {
	s, b := steady(12, time.Minute), &chaintest.Bucket{}
	w := takeOver(t, b, chain.Bookmark{})
	if _, err := w.AcceptGap(t.Context(), s.seq(5), 0); !errors.Is(err, chain.ErrBroken) {
		t.Fatalf("a gap in a chain that has not begun: %v", err)
	}
	if _, err := w.Begin(t.Context(), s.seq(0), s.arrivals[0]); err != nil {
		t.Fatal(err)
	}
	accept(t, w, s.seq(5))
	requireNext(t, takeOver(t, b, chain.Bookmark{}), "", s.seq(5))
	if err := w.Commit(t.Context(), s.batch(w, 5, 12)); err != nil {
		t.Fatal(err)
	}
	again := takeOver(t, b, chain.Bookmark{})
	if again.End() != w.End() || again.End().Records != 7 {
		t.Fatalf("taken over at %+v, want %+v", again.End(), w.End())
	}
}

// TestGapAfterAGap loses the record with which a gap ended, too.
func TestGapAfterAGap(t *testing.T) {
	s, b, w := gapped(t)
	accept(t, w, s.seq(9))
	requireNext(t, takeOver(t, b, chain.Bookmark{}), "", s.seq(9))
	if err := w.Commit(t.Context(), s.batch(w, 9, 12)); err != nil {
		t.Fatal(err)
	}
	if again := takeOver(t, b, chain.Bookmark{}); again.End() != w.End() {
		t.Fatalf("taken over at %+v, want %+v", again.End(), w.End())
	}
}

func TestGapToTheEnd(t *testing.T) {
	s, b, w := gapped(t)
	accept(t, w, chain.GapToEnd)
	accept(t, w, chain.GapToEnd)
	again := takeOver(t, b, chain.Bookmark{})
	requireNext(t, again, "", chain.GapToEnd)
	if err := again.Commit(t.Context(), s.batch(again, 6, 8)); !errors.Is(err, chain.ErrBroken) {
		t.Fatalf("a link behind the end: %v", err)
	}
	for _, w := range []*chain.Writer{w, again} {
		if end, err := w.Finish(t.Context(), nil); err != nil || end.Last != s.seq(3) {
			t.Fatalf("finish: %+v, %v", end, err)
		}
	}
}

// TestZombieBesideAGap has a writer that still holds records of the gap. Its link is taken as long as nothing has followed the mark; after
// that the chain has two continuations, and the shard stops.
func TestZombieBesideAGap(t *testing.T) {
	s, b := steady(12, time.Minute), &chaintest.Bucket{}
	w := takeOver(t, b, chain.Bookmark{})
	if err := commit(t, w, s, 0, 4); err != nil {
		t.Fatal(err)
	}
	zombie, owner := takeOver(t, b, chain.Bookmark{}), takeOver(t, b, chain.Bookmark{})
	accept(t, owner, s.seq(6))
	if err := zombie.Commit(t.Context(), s.batch(zombie, 4, 6)); err != nil {
		t.Fatal(err)
	}
	next := takeOver(t, b, chain.Bookmark{})
	requireNext(t, next, s.seq(5), "")
	if err := owner.Commit(t.Context(), s.batch(owner, 6, 9)); err != nil {
		t.Fatal(err)
	}
	if err := takeOverError(t, b, chain.Bookmark{}); !errors.Is(err, chain.ErrBroken) {
		t.Fatalf("a fork is taken over: %v", err)
	}
}

// TestEmptyGap accepts a gap that has no record: the link of a writer that knows of it and that of one that does not have the same key.
func TestEmptyGap(t *testing.T) {
	for _, c := range []struct {
		name        string
		ignorantWin bool
	}{{"who knows wins", false}, {"who does not know wins", true}} {
		t.Run(c.name, func(t *testing.T) {
			s, b := steady(12, time.Minute), &chaintest.Bucket{}
			w := takeOver(t, b, chain.Bookmark{})
			if err := commit(t, w, s, 0, 4); err != nil {
				t.Fatal(err)
			}
			first, second := takeOver(t, b, chain.Bookmark{}), takeOver(t, b, chain.Bookmark{})
			if accept(t, second, s.seq(4)); !c.ignorantWin {
				first, second = second, first
			}
			if err := first.Commit(t.Context(), s.batch(first, 4, 8)); err != nil {
				t.Fatal(err)
			}
			if err := second.Commit(t.Context(), s.batch(second, 4, 6)); !errors.Is(err, chain.ErrAdopted) {
				t.Fatalf("the loser: %v", err)
			}
			if again := takeOver(t, b, chain.Bookmark{}); again.End() != first.End() || second.End() != first.End() {
				t.Fatalf("ends %+v, %+v, %+v", first.End(), second.End(), again.End())
			}
		})
	}
}

func TestWrongGapMarkStopsTheShard(t *testing.T) {
	s := steady(12, time.Minute)
	for name, body := range map[string]string{
		"not JSON":         `{`,
		"another shard":    `{"shard":"x","prev":"` + s.seq(3) + `","next":"` + s.seq(6) + `"}`,
		"another place":    `{"shard":"` + shard0.ID + `","prev":"` + s.seq(2) + `","next":"` + s.seq(6) + `"}`,
		"backwards":        `{"shard":"` + shard0.ID + `","prev":"` + s.seq(3) + `","next":"` + s.seq(3) + `"}`,
		"no record":        `{"shard":"` + shard0.ID + `","prev":"` + s.seq(3) + `"}`,
		"no number at all": `{"shard":"` + shard0.ID + `","prev":"` + s.seq(3) + `","next":"x"}`,
	} {
		b := &chaintest.Bucket{}
		if err := commit(t, takeOver(t, b, chain.Bookmark{}), s, 0, 4); err != nil {
			t.Fatal(err)
		}
		if err := b.PutIfAbsent(t.Context(), layout.GapKey(shard0.ID, s.seq(3)), []byte(body), nil); err != nil {
			t.Fatal(err)
		}
		if err := takeOverError(t, b, chain.Bookmark{}); !errors.Is(err, chain.ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// straggling is a chain whose hour 13 begins with record 4; record 5 comes later and arrived before it, in hour 12. It is written to its end in generation 1.
func straggling(t *testing.T) (source, *chaintest.Bucket, chain.End) {
	t.Helper()
	s, b := steady(8, time.Minute), &chaintest.Bucket{}
	for i := 4; i < len(s.arrivals); i++ {
		s.arrivals[i] = s.arrivals[i].Add(time.Hour)
	}
	s.arrivals[5] = s.arrivals[3].Add(time.Second)
	w := takeOver(t, b, chain.Bookmark{})
	for _, from := range []int{0, 4} {
		if err := commit(t, w, s, from, from+4); err != nil {
			t.Fatal(err)
		}
	}
	return s, b, w.End()
}

var thirteen = chain.HourOf(noon) + 1

// under takes a chain over with its hours from 13 on in another generation.
func under(t *testing.T, b chain.Bucket, generation int) *chain.Writer {
	t.Helper()
	l := layout.With(layout.Map().Replace(thirteen, 0, generation))
	w, err := chain.TakeOver(t.Context(), &chaintest.Env{Time: noon.Add(3 * time.Hour)}, b, l, shard0, 8, chain.Bookmark{})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestWhatComesAfterAGapIsWrittenAnew: the record is lost that began the hours which are. The next one arrived before them, and belongs to them all the same.
func TestWhatComesAfterAGapIsWrittenAnew(t *testing.T) {
	s, b, end := straggling(t)
	w := under(t, b, 2)
	acceptFrom(t, w, s.seq(5), thirteen)
	if again := under(t, b, 2); again.End() != w.End() {
		t.Fatalf("taken over at %+v, want %+v", again.End(), w.End())
	}
	bookmark := chain.Bookmark{Last: w.End().Last, Hour: w.End().Hour} // that of the link, which is where it is looked for
	if _, err := chain.TakeOver(t.Context(), &chaintest.Env{Time: noon.Add(3 * time.Hour)}, b, layout, shard0, 8, bookmark); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(t.Context(), s.batch(w, 5, 8)); err != nil {
		t.Fatal(err)
	}
	if w.End().Hour != end.Hour || len(b.Keys(layout.DataPrefix())) != 2 || len(b.Keys(layout.In(2).DataPrefix())) != 1 {
		t.Errorf("end %+v, links %v and %v", w.End(), b.Keys(layout.DataPrefix()), b.Keys(layout.In(2).DataPrefix()))
	}
	if old := takeOver(t, b, chain.Bookmark{}); old.End() != end {
		t.Errorf("generation 1 ends at %+v, want %+v", old.End(), end)
	}
	if again := under(t, b, 2); again.End() != w.End() || again.End().Records != 7 {
		t.Errorf("taken over at %+v, want %+v", again.End(), w.End())
	}
}

// TestGapOfAReplayIsNoneOfTheNextOne: what one replay gives up, the next one, in its place, may have: it is read back from the log, or its operator gives nothing up.
func TestGapOfAReplayIsNoneOfTheNextOne(t *testing.T) {
	s, b, _ := straggling(t)
	acceptFrom(t, under(t, b, 2), s.seq(6), thirteen)
	requireNext(t, under(t, b, 3), s.seq(3), "")
	next := under(t, b, 3)
	acceptFrom(t, next, s.seq(5), thirteen) // and it can have another one there
	requireNext(t, under(t, b, 3), "", s.seq(5))
	requireNext(t, under(t, b, 2), "", s.seq(6))
}

// TestGapIsAcceptedOnceUnderAllMaps: writers whose maps are the same up to the end of the chain meet, also when one of them knows no others.
func TestGapIsAcceptedOnceUnderAllMaps(t *testing.T) {
	s, b := steady(12, time.Minute), &chaintest.Bucket{}
	w := takeOver(t, b, chain.Bookmark{})
	if err := commit(t, w, s, 0, 4); err != nil {
		t.Fatal(err)
	}
	next := under(t, b, 2)
	accept(t, w, s.seq(6))
	if mark, err := next.AcceptGap(t.Context(), s.seq(8), thirteen); err != nil || mark.Next != s.seq(6) || mark.Hour != w.End().Hour {
		t.Errorf("the second one: %+v, %v", mark, err)
	}
	if w.End() != next.End() {
		t.Errorf("ends %+v and %+v", w.End(), next.End())
	}
}

// TestGapBesideASideReplay accepts a gap at the end of a chain whose last hour readers are shown from a side replay, which has been made before. The chain that they see goes
// on behind it.
func TestGapBesideASideReplay(t *testing.T) {
	s, b := steady(24, 10*time.Minute), &chaintest.Bucket{}
	w := takeOver(t, b, chain.Bookmark{})
	if err := commit(t, w, s, 0, 4); err != nil {
		t.Fatal(err)
	}
	hour := w.End().Hour
	with := func(m chain.Map) *chain.Writer {
		w, err := chain.TakeOver(t.Context(), &chaintest.Env{Time: noon.Add(3 * time.Hour)}, b, layout.With(m), shard0, 8, chain.Bookmark{})
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	if err := commit(t, with(layout.Map().Replace(hour, 0, 2)), s, 0, 4); err != nil {
		t.Fatal(err)
	}
	accept(t, w, s.seq(7))
	if err := w.Commit(t.Context(), s.batch(w, 7, 9)); err != nil {
		t.Fatal(err)
	}
	if seen := with(beside(layout.Map(), hour, 2)); seen.End() != w.End() {
		t.Errorf("readers see the end at %+v, want %+v", seen.End(), w.End())
	}
}
