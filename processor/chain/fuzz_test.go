package chain_test

import (
	"encoding/json"
	"errors"
	"maps"
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
	gap, err := json.Marshal(chain.GapMark{Shard: shard0.ID, Next: s.seq(2)})
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
