package main

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/model/evaluate"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/scripts/eventfile"
)

// record parses a history: a letter is a product, in upper case it is in the cart.
func record(session, id, items string) eventfile.Event {
	e := eventfile.Event{Session: session, ID: id}
	for _, i := range items {
		s := eventfile.Step{Item: strings.ToLower(string(i))}
		if s.Item != string(i) {
			s.Type = event.Cart
		}
		e.Steps = append(e.Steps, s)
	}
	return e
}

// spelled is the reverse of record.
func spelled(steps []eventfile.Step) (items string) {
	for _, s := range steps {
		if s.Type > event.View {
			s.Item = strings.ToUpper(s.Item)
		}
		items += s.Item
	}
	return items
}

// TestHistoriesAreToldOnce: records with single steps, histories that grow, entries that turn into more, and records that come again.
func TestHistoriesAreToldOnce(t *testing.T) {
	for _, c := range []struct{ records, want string }{
		{"a b c", "abc"},
		{"a ab abc", "abc"},
		{"ab abab abc", "ababc"},
		{"a a a", "aaa"},
		{"abc a abcad", "abcad"},
		{"abc xy", "abcxy"},
		{"ab Ab Abc ABc", "abAcB"},
		{"ab Ab Ab ab abc", "abAc"},
		{"abc ab abcd", "abcd"},
		{"aba AbA AbAc", "abaAc"},
		{"ab A Ab Abc", "abAc"},
		{"ab:1 ab:1 b:2 b:2 b:3", "abbb"},
	} {
		told, got := newHistories(), ""
		for text := range strings.FieldsSeq(c.records) {
			items, id, _ := strings.Cut(text, ":")
			got += spelled(told.news(record("s", id, items)))
			told.news(record("another", "", items))
		}
		if got != c.want {
			t.Errorf("records %q tell %q, want %q", c.records, got, c.want)
		}
	}
}

// activities writes what sessions do, each product once and then perhaps into the cart, as JSON with whole histories and with single steps, and as CSV.
func activities(n int) (whole, single, csv string) {
	var w, s, c strings.Builder
	c.WriteString("ts_ms,session,event,item\n")
	r := rand.New(rand.NewPCG(7, 7))
	histories := map[int][]string{}
	for ms := range n {
		session, at := r.IntN(8), -1
		h := histories[session]
		if len(h) > 0 && r.IntN(3) == 0 {
			at = r.IntN(len(h))
		}
		kind := "view"
		switch {
		case at < 0:
			at, h = len(h), append(h, fmt.Sprintf(`{"product_code":"p%d","quantity":1,"in_shopping_cart":false}`, len(h)))
		case strings.Contains(h[at], "true"):
			continue
		default:
			kind, h[at] = "cart", strings.Replace(h[at], "false", "true", 1)
		}
		histories[session] = h
		const line = `{"session_id":"s%d","event_time":%d.%03d,"browse_history":[%s]}` + "\n"
		for range 1 + r.IntN(2)*min(1, len(h)-1) { // a record may come again
			fmt.Fprintf(&w, line, session, 1_700_000_000+ms/1000, ms%1000, strings.Join(h, ","))
		}
		fmt.Fprintf(&s, line, session, 1_700_000_000+ms/1000, ms%1000, h[at])
		fmt.Fprintf(&c, "%d,s%d,%s,p%d\n", 1_700_000_000_000+ms, session, kind, at)
	}
	return w.String(), s.String(), c.String()
}

func eventsOf(t *testing.T, text string) []evaluate.Event {
	t.Helper()
	events, err := readEvents(t.Context(), evaluateOptions{file: "-", format: "auto"}, streams{strings.NewReader(text), nil, nil})
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// TestWholeHistoriesAreTheStepsThatTheyTell: the same activities give the same events, however the records tell them.
func TestWholeHistoriesAreTheStepsThatTheyTell(t *testing.T) {
	whole, single, csv := activities(3000)
	want := eventsOf(t, csv)
	if got := eventsOf(t, single); len(want) < 1500 || !slices.Equal(got, want) {
		t.Errorf("%d events of single steps, %d of CSV", len(got), len(want))
	}
	if got := eventsOf(t, whole); !slices.Equal(got, want) {
		t.Errorf("%d events of whole histories, %d of CSV", len(got), len(want))
	}
}

// TestModelLearnsTheSameFromNews: what workers give to the model, whole histories with repetitions and products that occur more than once, makes the
// facts that the news in them make.
func TestModelLearnsTheSameFromNews(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	whole, news, told := model.New(model.DefaultParams()), model.New(model.DefaultParams()), newHistories()
	histories := map[int]string{}
	for at := range int64(2000) {
		session := r.IntN(20)
		h := histories[session] + string(rune('a'+r.IntN(12)))
		if cut := r.IntN(len(h)); r.IntN(2) == 0 {
			h = h[:cut] + strings.ToUpper(h[cut:cut+1]) + h[cut+1:]
		}
		if histories[session] = h; len(h) > 40 {
			histories[session] = ""
		}
		e := record(fmt.Sprint("s", session), "", h)
		want := whole.Observe(nil, model.Record{Session: e.Session, ArrivalMs: at * 1000, Items: acts(e.Steps)})
		got := news.Observe(nil, model.Record{Session: e.Session, ArrivalMs: at * 1000, Items: acts(told.news(e))})
		if !slices.Equal(got, want) {
			t.Fatalf("record %d, %s: facts %v of the news, %v of the history", at, h, got, want)
		}
	}
}

func acts(steps []eventfile.Step) (all []model.Interaction) {
	for _, s := range steps {
		all = append(all, model.Interaction{Item: s.Item, Type: model.EventType(s.Type)})
	}
	return all
}

// TestLongSessionsAreReadInLinearTime counts what is allocated for a session of 100,000 steps: a few words for each.
func TestLongSessionsAreReadInLinearTime(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	told := newHistories()
	items := strings.Fields(strings.Repeat("p1 p2 p3 p4 p5 p6 p7 p8 p9 ", 10))
	for n := range 100_000 {
		e := eventfile.Event{Session: "robot", Steps: []eventfile.Step{{Item: items[n%len(items)]}}}
		if len(told.news(e)) != 1 {
			t.Fatal("a step was not told")
		}
		if n%1000 != 0 {
			continue
		}
		if runtime.ReadMemStats(&after); after.TotalAlloc-before.TotalAlloc > uint64(n+1000)*1000 {
			t.Fatalf("%d bytes were allocated for %d steps", after.TotalAlloc-before.TotalAlloc, n)
		}
	}
}
