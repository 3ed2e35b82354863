package chain_test

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/chain/chaintest"
)

// FuzzParseLink reads any metadata: what is taken for a link is written again with the same meaning.
func FuzzParseLink(f *testing.F) {
	l := chain.Link{
		Shard: "s", Generation: 3, First: "1", Last: "2", Hour: 5, Records: 2, Rows: 4, TotalRecords: 2, TotalRows: 4, Hash: "ab", LastArrival: noon, LeaseCounter: 9, Schema: 1,
	}
	for _, link := range []chain.Link{l, func() chain.Link { l := l; l.Prev, l.Gap = "12", true; return l }(), func() chain.Link { l := l; l.Gap = true; return l }()} {
		text, err := json.Marshal(link.Metadata())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var metadata map[string]string
		if json.Unmarshal(text, &metadata) != nil {
			t.Skip("no metadata")
		}
		link, err := chain.ParseLink(chain.Object{Key: "k", Metadata: metadata})
		if err != nil {
			if !errors.Is(err, chain.ErrBroken) {
				t.Fatal(err)
			}
			return
		}
		again, err := chain.ParseLink(chain.Object{Key: "k", Metadata: link.Metadata()})
		if err != nil || !again.LastArrival.Equal(link.LastArrival) {
			t.Fatalf("%+v is written as %v: %v", link, link.Metadata(), err)
		}
		again.LastArrival = link.LastArrival
		if *again != *link || !maps.Equal(again.Metadata(), link.Metadata()) {
			t.Fatalf("%+v became %+v", link, again)
		}
	})
}

// FuzzParseLinkKey reads any key: one that is taken for a link's is the key of that link and of no mark.
func FuzzParseLinkKey(f *testing.F) {
	key, err := layout.LinkKey(chain.HourOf(noon), shard0.ID, "42")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(key)
	f.Add(layout.GapKey("s", "42"))
	f.Add(strings.Replace(key, "hour=12", "hour=9", 1))
	f.Add(layout.DataPrefix() + "dt=2026-11-23/hour=12/-" + strings.Repeat("0", 56) + ".parquet")
	f.Fuzz(func(t *testing.T, key string) {
		hour, shard, first, err := layout.ParseLinkKey(key)
		if err != nil {
			return
		}
		if again, err := layout.LinkKey(hour, shard, first); err != nil || again != key {
			t.Fatalf("%q is the link %v of %q at %q, whose key is %q, %v", key, hour, shard, first, again, err)
		}
	})
}

// FuzzMarks takes a chain over whose gap mark and start mark are any bytes.
func FuzzMarks(f *testing.F) {
	s := steady(4, 1)
	b := &chaintest.Bucket{}
	start, err := json.Marshal(chain.StartMark{Shard: shard0.ID, First: s.seq(0), Hour: chain.HourOf(noon)})
	if err != nil {
		f.Fatal(err)
	}
	gap, err := json.Marshal(chain.GapMark{Shard: shard0.ID, Next: s.seq(2), Hour: chain.HourOf(noon)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(start, gap)
	f.Add([]byte("{}"), []byte("null"))
	f.Fuzz(func(t *testing.T, start, gap []byte) {
		var mark chain.StartMark
		if json.Unmarshal(start, &mark) == nil && mark.Hour < chain.HourOf(noon)-1000 {
			t.Skip("a takeover lists every hour since then")
		}
		for key, body := range map[string][]byte{layout.StartKey(shard0.ID): start, layout.GapKey(shard0.ID, ""): gap} {
			b.Delete(key)
			if err := b.PutIfAbsent(t.Context(), key, body, nil); err != nil {
				t.Fatal(err)
			}
		}
		w, err := chain.TakeOver(t.Context(), &chaintest.Env{Time: noon}, b, layout, shard0, 1, chain.Bookmark{})
		if err != nil {
			if !errors.Is(err, chain.ErrBroken) {
				t.Fatal(err)
			}
			return
		}
		if _, at := w.Next(); at != "" && at != chain.GapToEnd {
			if _, err := chain.Pad(at); err != nil && at != w.Start().First {
				t.Fatalf("reading goes on at %q", at)
			}
		}
	})
}

// FuzzParseMap reads maps of hours to generations. One that is read is written canonically, and gives each hour to a generation that it names.
func FuzzParseMap(f *testing.F) {
	for _, text := range []string{"1", "1<2026-11-23T14;2", "1<2026-11-23T14;2<2026-11-23T18;1", "1<2026-11-23T14;2/1<2026-11-23T18;1", "2/1", "2<0001-01-01T00;3", "1<2026-11-23T14;2<2026-11-23T14;3", "+1<;", "1;2"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := chain.ParseMap(text)
		if err != nil {
			return
		}
		again, err := chain.ParseMap(m.String())
		if err != nil || !slices.Equal(again, m) {
			t.Fatalf("%q is %v, which is written %q and read as %v, %v", text, m, m, again, err)
		}
		if l := layout.With(m); l.Map().String() != m.String() || !slices.Equal(l.Generations(), m.Generations()) {
			t.Fatalf("the layout with %v has %v", m, l.Map())
		}
		if r, err := chain.ParseMap(m.Replace(-5, 0, 99).String()); err != nil || len(r) != 1 || r.At(7) != 99 {
			t.Fatalf("%v with everything replaced is %v, %v", m, r, err)
		}
		for _, s := range m[1:] {
			if m.SpanAt(s.From) != s || s.From <= 0 {
				t.Fatalf("%v gives the hour %v to %d", m, s.From, m.At(s.From))
			}
			if r := m.Put(m.SpanAt(s.From).Beside(99), s.From+1); r.At(s.From) != 99 || r.Marks().String() != m.Marks().String() {
				t.Fatalf("%v with one hour written beside is %v", m, r)
			}
			if r := m.Replace(s.From, s.From+1, 99); r.At(s.From) != 99 || r.At(s.From-1) != m.At(s.From-1) || r.At(s.From+1) != m.At(s.From+1) {
				t.Fatalf("%v with one hour replaced is %v", m, r)
			}
		}
	})
}

// FuzzPublished reads the map that readers see, as anybody may have written it. Publishing another plan over it makes that the map, or leaves a later one.
func FuzzPublished(f *testing.F) {
	f.Add([]byte(`{"from":"1970-01-01T00","to":"2026-11-23T14","generation":1,"plan":2}` + "\n" + `{"from":"2026-11-23T14","generation":2,"plan":2}` + "\n"))
	f.Add([]byte(`{"from":"1970-01-01T00","to":"2026-11-23T14","generation":3,"marks":2,"plan":2}` + "\n" + `{"from":"2026-11-23T14","generation":2,"plan":2}` + "\n"))
	f.Add([]byte(`{"generation":1}`))
	f.Add([]byte(`{"generation":2,"marks":1}`))
	f.Add([]byte(`{"from":"2026-11-23T14","generation":1,"plan":9223372036854775807}` + "\n\n"))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, body []byte) {
		b, env := &chaintest.Bucket{}, &chaintest.Env{Time: noon}
		if err := b.PutIfAbsent(t.Context(), layout.PublishedKey(), body, nil); err != nil {
			t.Fatal(err)
		}
		have, err := chain.ReadPublished(t.Context(), env, b, layout)
		want := chain.Published{Plan: 7, Map: chain.Map{{Generation: 1}, {From: chain.HourOf(noon), Generation: 3}}}
		publishErr := chain.Publish(t.Context(), env, b, layout, want)
		if err != nil {
			if !errors.Is(err, chain.ErrBroken) || publishErr == nil {
				t.Fatalf("reading says %v, publishing %v", err, publishErr)
			}
			return
		}
		if have.Plan >= want.Plan {
			want = have
		}
		got, err := chain.ReadPublished(t.Context(), env, b, layout)
		if publishErr != nil || err != nil || got.Plan != want.Plan || got.Map.String() != want.Map.String() {
			t.Fatalf("after %+v readers see %+v, want %+v; %v, %v", have, got, want, publishErr, err)
		}
	})
}

// FuzzEndMark finishes a chain beside which anybody has put an end mark, and reads bookmarks as they are in lease rows.
func FuzzEndMark(f *testing.F) {
	s := steady(3, 1)
	end, err := json.Marshal(chain.EndMark{Shard: shard0.ID, Last: s.seq(1), Hour: chain.HourOf(noon), Records: 2, Rows: 4, Hash: "ab"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(end, s.seq(1)+"@2026-11-23T12")
	f.Add([]byte("[]"), "@")
	f.Add([]byte(`{"hour":"x"}`), "12@2026-11-23T9")
	f.Fuzz(func(t *testing.T, end []byte, bookmark string) {
		if at, err := chain.ParseBookmark(bookmark); err == nil {
			if again, err := chain.ParseBookmark(at.String()); err != nil || again != at {
				t.Fatalf("%q is %+v, and again %+v, %v", bookmark, at, again, err)
			}
		}
		b, env := &chaintest.Bucket{}, &chaintest.Env{Time: noon}
		if err := b.PutIfAbsent(t.Context(), layout.EndKey(shard0.ID), end, nil); err != nil {
			t.Fatal(err)
		}
		mark, err := chain.ReadEnd(t.Context(), env, b, layout, shard0.ID)
		if err != nil && !errors.Is(err, chain.ErrBroken) {
			t.Fatal(err)
		}
		w, err := chain.TakeOver(t.Context(), env, b, layout, shard0, 1, chain.Bookmark{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Begin(t.Context(), s.seq(0), s.arrivals[0]); err != nil {
			t.Fatal(err)
		}
		if err := w.Commit(t.Context(), s.batch(w, 0, 2)); err != nil {
			t.Fatal(err)
		}
		have, err := w.Finish(t.Context(), nil)
		if err != nil && !errors.Is(err, chain.ErrBroken) {
			t.Fatal(err)
		}
		if err == nil && (mark == nil || have.Last != w.End().Last || have.Hour != w.End().Hour || have.Records != 2) {
			t.Fatalf("a chain that ends at %q agrees with %s", w.End().Last, end)
		}
	})
}
