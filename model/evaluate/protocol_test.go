package evaluate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/model"
)

// fixed recommends the same items always, and writes down what it is told.
type fixed struct {
	items []string
	told  []string
}

func (f *fixed) Observe(e Event) { f.told = append(f.told, "learn "+e.Session+e.Item) }

func (f *fixed) Recommend(dst []string, session string, k int) []string {
	f.told = append(f.told, "ask "+session)
	return append(dst, f.items[:min(k, len(f.items))]...)
}

func (f *fixed) RecommendItems(dst []string, items []string, k int) []string {
	return f.Recommend(dst, strings.Join(items, ","), k)
}

// events parses "session item" pairs, one per millisecond.
func events(pairs ...string) []Event {
	var all []Event
	for i, p := range pairs {
		all = append(all, Event{Ms: int64(i), Session: p[:1], Item: p[1:2], Type: model.EventType(len(p) - 2)})
	}
	return all
}

func TestPrequential(t *testing.T) {
	f := &fixed{items: []string{"p", "q"}}
	stream := events("1p", "1q", "2q", "1q", "1p!", "2r", "2x!!")
	r, _ := Prequential(t.Context(), stream, f, Options{K: 3, Skip: 1})
	want := "learn 1p,ask 1,learn 1q,ask 2,learn 2q,learn 1q,ask 1,learn 1p,ask 2,learn 2r,ask 2,learn 2x"
	if got := strings.Join(f.told, ","); got != want {
		t.Errorf("the recommender was told\n%s, want\n%s", got, want)
	}
	if got := fmt.Sprint(r.All, r.New, r.Revisit); got != "n=4 HR=0.5000 MRR=0.3750 n=3 HR=0.3333 MRR=0.1667 n=1 HR=1.0000 MRR=1.0000" {
		t.Errorf("tallies are %s", got)
	}
	if got := r.First.String(); got != "n=1 HR=1.0000 MRR=0.5000" {
		t.Errorf("the tally of first events is %s", got)
	}
	if r.Unseen != 3 || r.Short != 4 || r.ByType[model.Cart].N != 1 || r.ByType[model.Purchase].HR() != 0 {
		t.Errorf("report is %+v", r)
	}
	if r, _ := Prequential(t.Context(), stream, &fixed{}, Options{K: 3, Skip: 5}); r.All.N != 2 {
		t.Errorf("%d predictions after 5 events, want 2", r.All.N)
	}
}

func TestOffline(t *testing.T) {
	f := &fixed{items: []string{"p", "q", "r"}}
	r, _ := Offline(t.Context(), events("1p", "1q", "2r"), events("3p", "3x", "3q", "3q", "4q", "3r"), f, Options{K: 2})
	want := "learn 1p,learn 1q,learn 2r,ask ,ask p,ask ,ask p,q,q"
	if got := strings.Join(f.told, ","); got != want {
		t.Errorf("the recommender was told\n%s, want\n%s", got, want)
	}
	if r.Listed != 2 || r.Known != 3 || r.Coverage() < .66 || r.Coverage() > .67 {
		t.Errorf("%d of %d items were listed", r.Listed, r.Known)
	}
	if r.All.HRAt(1) != 0 || r.All.HRAt(2) != .5 || r.All.HRAt(9) != .5 || r.Outcomes[0].Ms != 2 || r.Outcomes[0].Place != 1 || r.Outcomes[1].Place != -1 {
		t.Errorf("outcomes are %v", r.Outcomes)
	}
	if got := r.All.String() + ", first " + r.First.String(); got != "n=2 HR=0.5000 MRR=0.2500, first n=2 HR=1.0000 MRR=0.7500" {
		t.Errorf("tally is %s", got)
	}
}

func TestLatency(t *testing.T) {
	now := time.Duration(0)
	clock := func() time.Duration { now += time.Second; return now }
	r, _ := Prequential(t.Context(), events("1p", "1q"), &fixed{}, Options{K: 1, Clock: clock})
	if !slices.Equal(r.Recommending, Latency{time.Second}) || len(r.Updating) != 2 {
		t.Errorf("latencies are %v and %v", r.Recommending, r.Updating)
	}
	l := Latency{5, 1, 4, 2, 3}
	for q, want := range map[float64]time.Duration{0: 1, .5: 3, .99: 5, 1: 5} {
		if got := l.Quantile(q); got != want {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	if got := (Latency{}).Quantile(.5); got != 0 {
		t.Errorf("quantile of nothing is %v", got)
	}
}

func streaming() *Streaming { return &Streaming{Model: model.New(model.DefaultParams())} }

// TestRecommendersLearn gives every recommender a stream in which b follows a.
func TestRecommendersLearn(t *testing.T) {
	var stream []Event
	for i := range 40 {
		s := fmt.Sprint("s", i)
		stream = append(stream, Event{Ms: int64(4 * i), Session: s, Item: "a"}, Event{Ms: int64(4*i + 1), Session: s, Item: "b"})
		stream = append(stream, Event{Ms: int64(4*i + 2), Session: s, Item: fmt.Sprint("tail", i)})
	}
	stream = append(stream, Event{Ms: 1000, Session: "new", Item: "a"})
	for name, r := range map[string]Recommender{
		"model": streaming(), "popularity": &Popularity{}, "co-visitation": &CoVisitation{}, "VMIS-kNN": NewVMIS(), "VSTAN": NewVSTAN(),
	} {
		for _, e := range stream {
			r.Observe(e)
		}
		for _, list := range [][]string{r.Recommend(nil, "new", 5), r.RecommendItems(nil, []string{"a"}, 5)} {
			if len(list) != 5 || list[0] != "b" || slices.Contains(list, "a") {
				t.Errorf("%s recommends %v after a", name, list)
			}
		}
		if list := r.RecommendItems([]string{"kept"}, []string{"unknown"}, 3); list[0] != "kept" || len(list) > 4 {
			t.Errorf("%s recommends %v after an unknown item", name, list)
		}
		if list := r.Recommend(nil, "unknown", 3); len(list) > 3 {
			t.Errorf("%s recommends %v to an unknown session", name, list)
		}
	}
}

func TestPopularityDecays(t *testing.T) {
	p := &Popularity{HalfLifeMs: 1000}
	for i := range 100 {
		p.Observe(Event{Ms: int64(i), Session: "s", Item: "old"})
	}
	for i := range int64(3) {
		p.Observe(Event{Ms: 10_000 + i, Session: "s", Item: "new"})
		p.Observe(Event{Ms: 500_000 * i, Session: "s", Item: "last"}) // far beyond what one scale can hold
	}
	if got := p.RecommendItems(nil, []string{"last"}, 2); !slices.Equal(got, []string{"new", "old"}) {
		t.Errorf("popular are %v", got)
	}
}

// TestPopularityKeepsTheOrder compares the items that are kept in order with those that a scan of all finds.
func TestPopularityKeepsTheOrder(t *testing.T) {
	p := &Popularity{HalfLifeMs: 50}
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range 5000 {
		p.Observe(Event{Ms: int64(i), Session: "s", Item: fmt.Sprint(rng.IntN(1 + rng.IntN(300)))})
	}
	all := p.RecommendItems(nil, nil, 200)
	if got := p.RecommendItems(nil, nil, popularKept-1); !slices.Equal(got, all[:popularKept-1]) {
		t.Errorf("kept are\n%v, want\n%v", got, all[:popularKept-1])
	}
}

func TestProtocolsStop(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	o := Options{K: 1, Progress: func() {
		if n++; n == 2 {
			cancel()
		}
	}}
	if _, err := Prequential(ctx, events("1p", "1q", "1p", "1q"), &fixed{}, o); !errors.Is(err, context.Canceled) || n != 2 {
		t.Errorf("stopped after %d events with %v", n, err)
	}
	if _, err := Offline(ctx, nil, events("1p"), &fixed{}, o); !errors.Is(err, context.Canceled) {
		t.Errorf("offline: %v", err)
	}
}
