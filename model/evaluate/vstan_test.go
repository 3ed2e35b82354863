package evaluate

import (
	"math"
	"slices"
	"testing"
)

// TestVSTANByHand works two votes out: the session a b c, asked about a and then b.
func TestVSTANByHand(t *testing.T) {
	v := &VSTAN{Sample: 10, Neighbours: 10, Position: 2, AgeDays: 1, Distance: .5, Query: 4, IDF: 1}
	day := int64(24 * 3600 * 1000)
	for i, item := range []string{"a", "b", "c"} {
		v.Observe(Event{Ms: int64(i), Session: "old", Item: item})
	}
	v.Observe(Event{Ms: day + 2, Session: "other", Item: "d"})
	if got := v.RecommendItems(nil, []string{"a", "b"}, 5); !slices.Equal(got, []string{"a", "c"}) { // equally far away
		t.Errorf("recommended %v", got)
	}
	sim := (1 + math.Exp(-.5)) / 2 * math.Exp(-1)
	rare := 1 + math.Log(2)
	for item, want := range map[string]float64{"c": sim * math.Exp(-2) * rare, "b": sim * rare} {
		if got := v.votes.of[v.items.known(item)]; math.Abs(got-want) > 1e-12 {
			t.Errorf("%s has %v, want %v", item, got, want)
		}
	}
}

func TestVMISByHand(t *testing.T) {
	v := &VMIS{Sample: 10, Neighbours: 10, Items: 2, IDF: 1}
	for i, item := range []string{"a", "b", "c"} {
		v.Observe(Event{Ms: int64(i), Session: "old", Item: item})
	}
	v.Observe(Event{Ms: 5, Session: "other", Item: "c"})
	v.RecommendItems(nil, []string{"z", "a", "b"}, 5)
	sim := 2./2 + 1./2
	for item, sessions := range map[string]float64{"a": 1, "b": 1, "c": 2} {
		want := .9 * sim * math.Log(4/sessions)
		if got := v.votes.of[v.items.known(item)]; math.Abs(got-want) > 1e-12 {
			t.Errorf("%s has %v, want %v", item, got, want)
		}
	}
}

// TestSamplesAreTheMostRecent fills postings beyond the samples; the oldest session must not count.
func TestSamplesAreTheMostRecent(t *testing.T) {
	for name, r := range map[string]Recommender{
		"VMIS":  &VMIS{Sample: 2, Neighbours: 2, Items: 2},
		"VSTAN": &VSTAN{Sample: 2, Neighbours: 2, Position: 2, AgeDays: 1, Distance: .5, Query: 4},
	} {
		for i, p := range []string{"1x", "2x", "3x", "1a", "2b", "3c", "1a"} { // session 1 is active again
			r.Observe(Event{Ms: int64(i), Session: p[:1], Item: p[1:]})
		}
		if got := r.RecommendItems(nil, []string{"x"}, 5); slices.Contains(got, "b") || !slices.Contains(got, "a") || !slices.Contains(got, "c") {
			t.Errorf("%s recommends %v, want what sessions 1 and 3 did", name, got)
		}
	}
}
