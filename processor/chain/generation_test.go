package chain_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/chain/chaintest"
)

const hour14 = chain.Hour(500_000)

func TestMapTakesHoursFromOthers(t *testing.T) {
	base := chain.Map{{Generation: 1}}
	reset := base.Replace(hour14, 0, 2)
	for _, c := range []struct {
		got  chain.Map
		want string
	}{
		{base, "1"},
		{reset, "1<2027-01-15T08;2"},
		{reset.Replace(hour14, 0, 3), "1<2027-01-15T08;3"},
		{reset.Replace(hour14-5, 0, 3), "1<2027-01-15T03;3"},
		{reset.Replace(hour14+5, 0, 3), "1<2027-01-15T08;2<2027-01-15T13;3"},
		{base.Replace(hour14, hour14+3, 2), "1<2027-01-15T08;2<2027-01-15T11;1"},
		{reset.Replace(hour14-1, hour14+1, 3), "1<2027-01-15T07;3<2027-01-15T09;2"},
		{reset.Replace(hour14-9, 0, 1), "1"},
		{beside(beside(reset, hour14-1, 3), hour14, 3), "1<2027-01-15T07;3/1<2027-01-15T08;3/2<2027-01-15T09;2"},
		{beside(beside(reset, hour14, 3), hour14, 4), "1<2027-01-15T08;4/2<2027-01-15T09;2"},
		{beside(beside(reset, hour14, 3), hour14, 3).Marks(), "1<2027-01-15T08;2"},
		{beside(base, hour14, 2).Replace(hour14, 0, 3), "1<2027-01-15T08;3"},
	} {
		back, err := chain.ParseMap(c.want)
		if c.got.String() != c.want || err != nil || back.String() != c.want {
			t.Errorf("got %s, want %s; parsed again %s, %v", c.got, c.want, back, err)
		}
	}
	for _, bad := range []string{"", "0", "x", "1<2", "1<2027-01-15T08", "1<2027-01-15T08;1<2027-01-15T08;2", "1<2027-01-15T08;", "-1<2027-01-15T08;2", "2027-01-15T08;1", "2/1", "1<2027-01-15T08;2/1", "2/2<2027-01-15T08;1", "2/0<2027-01-15T08;1", "2/<2027-01-15T08;1", "/1<2027-01-15T08;1", "3/2/1<2027-01-15T08;1"} {
		if m, err := chain.ParseMap(bad); err == nil {
			t.Errorf("%q is read as %s", bad, m)
		}
	}
}

// TestMapsPart: the first hour that they give to different generations.
func TestMapsPart(t *testing.T) {
	for _, c := range []struct {
		a, b, from string
	}{
		{"1", "1", ""},
		{"1<2026-11-23T14;2", "1<2026-11-23T14;2", ""},
		{"1<2026-11-23T14;2", "1", "2026-11-23T14"},
		{"1<2026-11-23T14;2<2026-11-23T18;1", "1<2026-11-23T12;3", "2026-11-23T12"},
		{"1<2026-11-23T14;2<2026-11-23T18;3", "1<2026-11-23T14;2<2026-11-23T16;3", "2026-11-23T16"},
		{"2", "1", "1970-01-01T00"},
	} {
		a, err := chain.ParseMap(c.a)
		b, err2 := chain.ParseMap(c.b)
		from, other := a.Parts(b)
		back, _ := b.Parts(a)
		if err != nil || err2 != nil || back != from || other != (c.from != "") || other && from.String() != c.from {
			t.Errorf("%s and %s part at %s (%v), %s", c.a, c.b, from, other, back)
		}
	}
}

// beside gives an hour to a generation that was written beside what it belongs to.
func beside(m chain.Map, hour chain.Hour, g int) chain.Map {
	return m.Put(m.SpanAt(hour).Beside(g), hour+1)
}

// TestReplaceAgainstHours compares Replace, and what is written beside, with what it says, hour by hour.
func TestReplaceAgainstHours(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		m, hours, marks := chain.Map{{Generation: 1}}, make([]int, 20), make([]int, 20)
		for i := range hours {
			hours[i], marks[i] = 1, 1
		}
		for g := 2; g < 6; g++ {
			from, until := 1+random.IntN(18), 0
			if random.IntN(2) == 0 {
				until = from + 1 + random.IntN(19-from)
			}
			side := until > 0 && random.IntN(2) == 0
			if !side {
				m = m.Replace(chain.Hour(from), chain.Hour(until), g)
			}
			for i := from; i < len(hours) && (until == 0 || i < until); i++ {
				if hours[i] = g; side {
					m = beside(m, chain.Hour(i), g)
				} else {
					marks[i] = g
				}
			}
			for i, want := range hours {
				if hour := chain.Hour(i); m.At(hour) != want || m.Marks().At(hour) != marks[i] {
					t.Fatalf("%v: hour %d is of generation %d, with the marks of %d, want %d, %d", m, i, m.At(hour), m.Marks().At(hour), want, marks[i])
				}
			}
		}
		l := chain.Layout{Prefix: "p"}.With(m)
		if l.Marks().Map().String() != m.Marks().String() {
			t.Fatalf("layout of %s has the marks of %s", m, l.Marks().Map())
		}
		if l.Map().String() != m.String() || !slices.Equal(l.Generations(), m.Generations()) {
			t.Fatalf("layout of %s has %s", m, l.Map())
		}
	}
}

// TestChainGoesOnInAnotherGeneration writes a chain in generation 1, and reads its last hours again in generation 2.
func TestChainGoesOnInAnotherGeneration(t *testing.T) {
	s, b := steady(24, 10*time.Minute), &chaintest.Bucket{}
	w := takeOver(t, b, chain.Bookmark{})
	var ends []chain.End
	for i := 0; i < 24; i += 6 {
		if err := commit(t, w, s, i, i+6); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, w.End())
	}
	reset := layout.With(layout.Map().Replace(ends[2].Hour, 0, 2))
	again, err := chain.TakeOver(t.Context(), &chaintest.Env{Time: s.arrivals[23]}, b, reset, shard0, 9, chain.Bookmark{Last: ends[0].Last, Hour: ends[0].Hour})
	if err != nil {
		t.Fatal(err)
	}
	if again.End() != ends[1] {
		t.Fatalf("the chain ends at %+v under the new map, want %+v", again.End(), ends[1])
	}
	for i := 12; i < 24; i += 3 { // other batches, the same hours
		if err := commit(t, again, s, i, i+3); err != nil {
			t.Fatal(err)
		}
	}
	if got := again.End(); got.Last != ends[3].Last || got.Records != ends[3].Records || got.Hour != ends[3].Hour {
		t.Fatalf("the chain ends at %+v, in generation 1 it did at %+v", again.End(), ends[3])
	}
	if old := takeOver(t, b, chain.Bookmark{}); old.End() != ends[3] {
		t.Fatalf("generation 1 ends at %+v, want %+v", old.End(), ends[3])
	}
	for _, key := range b.Keys(layout.In(2).DataPrefix()) {
		if _, _, _, err := reset.ParseLinkKey(key); err != nil {
			t.Error(err)
		}
	}
	superseded := 0
	for _, key := range b.Keys(layout.DataPrefix()) {
		if _, _, _, err := reset.ParseLinkKey(key); errors.Is(err, chain.ErrSuperseded) {
			superseded++
		}
	}
	if superseded != 2 {
		t.Errorf("%d links of generation 1 are superseded, want 2", superseded)
	}
}

// TestChainBeginsOnce lets writers of several maps begin the chain of a shard with different records, as after records have gone past retention
// between their reads. Those whose maps put the chain's first hour into the same generation begin with the same record.
func TestChainBeginsOnce(t *testing.T) {
	first := chain.HourOf(noon)
	maps := []chain.Map{layout.Map()}
	for i := range 5 {
		maps = append(maps, layout.Map().Replace(first-1+chain.Hour(i), 0, 2+i))
	}
	random := rand.New(rand.NewPCG(3, 4))
	for round := range 200 {
		s, b := steady(240, time.Minute), &chaintest.Bucket{}
		begun := map[int]string{}
		for _, i := range random.Perm(len(maps)) {
			l := layout.With(maps[i])
			w, err := chain.TakeOver(t.Context(), &chaintest.Env{Time: s.arrivals[239]}, b, l, shard0, 1, chain.Bookmark{})
			if err != nil {
				t.Fatal(err)
			}
			at := random.IntN(200)
			mark, err := w.Begin(t.Context(), s.seq(at), s.arrivals[at])
			if err != nil {
				t.Fatal(err)
			}
			g := l.GenerationAt(mark.Hour)
			if was, ok := begun[g]; ok && was != mark.First {
				t.Fatalf("round %d: generation %d begins with %s and with %s", round, g, was, mark.First)
			}
			begun[g] = mark.First
			if found, err := chain.ReadStart(t.Context(), &chaintest.Env{}, b, l, shard0.ID); err != nil || fmt.Sprint(found) != fmt.Sprint(mark) {
				t.Fatalf("read again: %+v, %v; want %+v", found, err, mark)
			}
		}
	}
}

func TestPublishedMapGoesForwardOnly(t *testing.T) {
	env, b := &chaintest.Env{}, &chaintest.Bucket{}
	if p, err := chain.ReadPublished(t.Context(), env, b, layout); err != nil || p.Map.String() != "1" || p.Plan != 0 {
		t.Fatalf("before anybody has published: %+v, %v", p, err)
	}
	publish := func(plan int64, m chain.Map) {
		t.Helper()
		if err := chain.Publish(t.Context(), env, b, layout, chain.Published{Plan: plan, Map: m}); err != nil {
			t.Fatal(err)
		}
	}
	two := layout.Map().Replace(hour14, 0, 2)
	three := beside(two.Replace(hour14, hour14+4, 3), hour14+5, 4)
	publish(1, two)
	publish(3, three)
	publish(2, two) // one that comes late
	p, err := chain.ReadPublished(t.Context(), env, b, layout)
	if err != nil || p.Plan != 3 || p.Map.String() != three.String() {
		t.Fatalf("got %+v, %v", p, err)
	}
	body, _, _ := b.Get(t.Context(), layout.PublishedKey())
	want := `{"from":"1970-01-01T00","to":"2027-01-15T08","generation":1,"plan":3}
{"from":"2027-01-15T08","to":"2027-01-15T12","generation":3,"plan":3}
{"from":"2027-01-15T12","to":"2027-01-15T13","generation":2,"plan":3}
{"from":"2027-01-15T13","to":"2027-01-15T14","generation":4,"marks":2,"plan":3}
{"from":"2027-01-15T14","generation":2,"plan":3}
`
	if string(body) != want {
		t.Errorf("readers see\n%s", body)
	}
}

// TestSwitchedMapGoesForwardOnly: between two plans the map may be switched often.
func TestSwitchedMapGoesForwardOnly(t *testing.T) {
	env, b := &chaintest.Env{}, &chaintest.Bucket{}
	one, two := layout.Map().Replace(hour14, hour14+1, 2), layout.Map().Replace(hour14, 0, 3)
	for _, p := range []struct {
		chain.Published
		shown chain.Map
	}{
		{chain.Published{Switched: 1, Map: one}, one},
		{chain.Published{Switched: 3, Map: layout.Map()}, layout.Map()},
		{chain.Published{Switched: 2, Map: one}, layout.Map()}, // one that comes late
		{chain.Published{Plan: 1, Map: two}, two},
		{chain.Published{Switched: 4, Map: one}, two},
		{chain.Published{Plan: 1, Switched: 1, Map: one}, one},
	} {
		if err := chain.Publish(t.Context(), env, b, layout, p.Published); err != nil {
			t.Fatal(err)
		}
		if now, err := chain.ReadPublished(t.Context(), env, b, layout); err != nil || now.Map.String() != p.shown.String() {
			t.Errorf("after %+v readers see %+v, %v", p.Published, now, err)
		}
	}
}

// TestPublishWithLostAnswers loses answers and lets requests come late.
func TestPublishWithLostAnswers(t *testing.T) {
	for _, fault := range []chaintest.Fault{chaintest.Fail, chaintest.Lose, chaintest.Late} {
		left := 3
		b := &chaintest.Bucket{Decide: func(op, _ string) chaintest.Fault {
			if op == "put" && left > 0 {
				left--
				return fault
			}
			return chaintest.None
		}}
		for plan := range int64(3) {
			m := layout.Map().Replace(hour14, 0, int(plan+2))
			if err := chain.Publish(t.Context(), &chaintest.Env{}, b, layout, chain.Published{Plan: plan + 1, Map: m}); err != nil {
				t.Fatal(err)
			}
			b.Settle()
			if p, err := chain.ReadPublished(t.Context(), &chaintest.Env{}, b, layout); err != nil || p.Plan != plan+1 {
				t.Fatalf("fault %d: %+v, %v", fault, p, err)
			}
			left = 2
		}
	}
}

func TestGenerationIsReservedOnce(t *testing.T) {
	b, env := &chaintest.Bucket{}, &chaintest.Env{}
	if err := chain.Freeze(t.Context(), env, b, layout, "stream"); err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for i := range 4 {
		lose := i == 1
		b.Decide = func(string, string) chaintest.Fault {
			if lose {
				lose = false
				return chaintest.Lose
			}
			return chaintest.None
		}
		g, err := chain.Reserve(t.Context(), env, b, layout, "stream")
		if err != nil || seen[g] || g <= 1 {
			t.Fatalf("generation %d, %v, after %v", g, err, seen)
		}
		seen[g] = true
		if err := chain.Freeze(t.Context(), env, b, layout.In(g), "stream"); err != nil {
			t.Fatal(err)
		}
	}
}

// growing is a bucket in which a writer goes on whenever the second hour is about to be listed for the first time.
type growing struct {
	chain.Bucket
	hour chain.Hour
	grow func()
}

func (g *growing) List(ctx context.Context, prefix string) iter.Seq2[chain.Object, error] {
	if strings.HasPrefix(prefix, layout.HourPrefix(g.hour)) && g.grow != nil {
		grow := g.grow
		g.grow = nil
		grow()
	}
	return g.Bucket.List(ctx, prefix)
}

// TestTakeoverOfAChainThatGrowsWhileItIsListed: after the first hour was listed, a writer puts one more link into it, and one into the next hour. That one
// does not follow what was seen, and the log is not broken.
func TestTakeoverOfAChainThatGrowsWhileItIsListed(t *testing.T) {
	s, b := steady(12, 10*time.Minute), &chaintest.Bucket{}
	w := takeOver(t, b, chain.Bookmark{})
	put := func(from, to int) {
		if err := commit(t, w, s, from, to); err != nil {
			t.Fatal(err)
		}
	}
	put(0, 3)
	at := chain.Bookmark{Last: w.End().Last, Hour: w.End().Hour} // from which the first walk gets nowhere
	seen := takeOver(t, &growing{b, chain.HourOf(noon) + 1, func() { put(3, 6); put(6, 9) }}, at)
	if seen.End() != w.End() {
		t.Fatalf("the chain ends at %+v, want %+v", seen.End(), w.End())
	}
}
