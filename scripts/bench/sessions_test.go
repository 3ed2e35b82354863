package main

import (
	"maps"
	"testing"
	"time"
)

// put is an acknowledged record of a session; its sequence number is the time of its acknowledgement in milliseconds.
func put(key, shard string, ackedAt int) receipt {
	return receipt{place{shard, ms(ackedAt).String()}, key, at(ackedAt)}
}

// handled is when a record that was put was processed.
func handled(worker string, r receipt, times ...int) (events []event) {
	for _, t := range times {
		events = append(events, event{At: at(t), Kind: record, Worker: worker, Shard: r.Shard, Sequence: r.Sequence})
	}
	return events
}

func TestDelays(t *testing.T) {
	steady, lost := put("k", "parent", 100), put("k", "parent", 700)
	last, paused, late := put("k", "parent", 900), put("k", "child", 1000), put("k", "child", 1500)
	other := put("l", "child", 1200)
	h := historyOf(
		handled("a", steady, 120), handled("a", last, 2300, 5000), // again later, which does not count
		handled("b", other, 1190), // before the producer has heard of it
		handled("b", paused, 2600), handled("b", late, 2610),
	)
	acked := []receipt{steady, lost, last, paused, other, late}
	for _, c := range []struct {
		from, until int
		want        map[string]time.Duration
	}{
		{0, 800, map[string]time.Duration{"k": ms(20)}},
		{800, 1000, map[string]time.Duration{"k": ms(1400)}},
		{1000, 1501, map[string]time.Duration{"k": ms(1600), "l": 0}},
		{1001, 1600, map[string]time.Duration{"k": ms(1110), "l": 0}},
		{2000, 9000, map[string]time.Duration{}},
	} {
		if got := delays(acked, h.firsts(), at(c.from), at(c.until)); !maps.Equal(got, c.want) {
			t.Errorf("delays from %d to %d: %v, want %v", c.from, c.until, got, c.want)
		}
	}
}

func TestPauseIsWhatExceedsTheSteadyState(t *testing.T) {
	steady := map[string]time.Duration{"k": ms(200), "l": ms(300), "gone": ms(100)}
	during := map[string]time.Duration{"k": ms(900), "l": ms(250), "new": ms(5000)}
	got := beyond(during, steady)
	if len(got) != 2 || quantile(got, 1) != ms(700) || quantile(got, 0) != 0 {
		t.Errorf("got %v, want 700 ms of k and nothing of l; the others have nothing to compare with", got)
	}
}

// The child begins while the parent is still read, the worst that a reader of a resharded stream can do.
func TestDisorderIsSeenAcrossShards(t *testing.T) {
	one, two, three, four := put("k", "parent", 1), put("k", "parent", 2), put("k", "child", 3), put("k", "child", 4)
	other := put("l", "child", 1)
	for _, c := range []struct {
		name   string
		events [][]event
		want   int
	}{
		{"in order", [][]event{handled("a", one, 10), handled("a", two, 20), handled("b", three, 30), handled("b", four, 40)}, 0},
		{"both of the child are early", [][]event{handled("b", three, 10), handled("b", four, 15), handled("a", one, 20), handled("a", two, 30)}, 2},
		{"one is early", [][]event{handled("a", one, 10), handled("b", three, 15), handled("a", two, 20), handled("b", four, 30)}, 1},
		{"a repetition is none", [][]event{handled("a", one, 10, 50), handled("a", two, 20, 60), handled("b", three, 30), handled("b", four, 40)}, 0},
		{"another session is apart", [][]event{handled("b", other, 5), handled("a", one, 10), handled("a", two, 20), handled("b", three, 30)}, 0},
		{"what is lost is passed over", [][]event{handled("a", one, 10), handled("b", four, 20)}, 0},
	} {
		if got := disorder([]receipt{one, two, other, three, four}, historyOf(c.events...).firsts()); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// Planted: the session k stands still for 3 s around the step, of which 0.2 s are its steady state; l does not.
func TestReshardFigures(t *testing.T) {
	began := 10_000
	k := []receipt{put("k", "p", began-2500), put("k", "p", began-500), put("k", "c", began+100)}
	l := []receipt{put("l", "p", began-2400), put("l", "d", began+200)}
	h := historyOf(
		handled("a", k[0], began-2300), handled("a", k[1], began-300), handled("b", k[2], began+3100),
		handled("a", l[0], began-2100), handled("b", l[1], began+300),
	)
	step := upheaval{stepID(2, 4), at(began), at(began + 5000)}
	f := reshardFigures(h, append(k, l...), []upheaval{step}, tally{acked: 5}).values
	for id, want := range map[string]float64{
		"2 to 4 p50": 0, "2 to 4 p99": 2.8, "2 to 4 max": 2.8, "delay max": 3, "steady p50": 0.2, "steady max": 0.3, "disorder": 0, "lost": 0,
	} {
		if got := f[id].Value; got != want {
			t.Errorf("%s is %g, want %g", id, got, want)
		}
	}
	if n := f["2 to 4 max"].Samples; n != 2 {
		t.Errorf("%d sessions, want 2", n)
	}
}
