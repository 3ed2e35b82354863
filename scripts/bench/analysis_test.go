package main

import (
	"reflect"
	"slices"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// at is so many milliseconds after noon.
func at(ms int) time.Time { return noon.Add(time.Duration(ms) * time.Millisecond) }

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// processed is a record that a worker processed at a time in milliseconds; its sequence number is its time.
func processed(worker, shard string, times ...int) (events []event) {
	for _, t := range times {
		events = append(events, event{At: at(t), Kind: record, Worker: worker, Shard: shard, Sequence: time.Duration(t).String()})
	}
	return events
}

// acknowledged are records of one session, acknowledged at noon.
func acknowledged(places ...place) (acked []receipt) {
	for _, p := range places {
		acked = append(acked, receipt{p, "k", noon})
	}
	return acked
}

func historyOf(batches ...[]event) *history {
	h := newHistory()
	for _, b := range batches {
		h.add(b)
	}
	return h
}

func TestQuantileIsTheNearestRank(t *testing.T) {
	var hundred []time.Duration
	for n := range 100 {
		hundred = append(hundred, ms(100-n))
	}
	for _, c := range []struct {
		values []time.Duration
		q      float64
		want   time.Duration
	}{
		{nil, 0.5, 0},
		{[]time.Duration{7}, 0.01, 7},
		{[]time.Duration{7}, 1, 7},
		{[]time.Duration{3, 1, 2}, 0.5, 2},
		{[]time.Duration{4, 3, 2, 1}, 0.5, 2},
		{[]time.Duration{4, 3, 2, 1}, 1, 4},
		{hundred, 0.5, ms(50)},
		{hundred, 0.99, ms(99)},
		{hundred, 0.991, ms(100)},
	} {
		if got := quantile(c.values, c.q); got != c.want {
			t.Errorf("quantile(%d values, %g) = %v, want %v", len(c.values), c.q, got, c.want)
		}
	}
}

// The diaries of several workers are read one after the other, so their events come out of order.
func TestHistoryIsInOrderOfTimeWhateverTheOrderOfReading(t *testing.T) {
	h := historyOf(processed("b", "s", 300, 400), processed("a", "s", 100, 200), processed("b", "s", 500))
	var times []int
	for _, e := range h.records("s", time.Time{}) {
		times = append(times, int(e.At.Sub(noon)/time.Millisecond))
	}
	if want := []int{100, 200, 300, 400, 500}; !slices.Equal(times, want) {
		t.Errorf("records at %v, want %v", times, want)
	}
	if owner := h.owner("s"); owner != "b" {
		t.Errorf("the owner is %q, want b, who processed last", owner)
	}
	if got := h.records("s", at(400)); len(got) != 2 {
		t.Errorf("%d records from 400 on, want 2: the moment itself counts", len(got))
	}
}

func TestTakeoverIsTakenApart(t *testing.T) {
	h := historyOf(
		processed("a", "s", 0, 100, 950), // the last of them after the signal, before the process was gone
		[]event{
			{At: at(50), Kind: granted, Worker: "b", Shard: "s"}, // of an earlier term
			{At: at(60), Kind: opened, Worker: "b", Shard: "s"},
			{At: at(5400), Kind: granted, Worker: "b", Shard: "s"},
			{At: at(5425), Kind: opened, Worker: "b", Shard: "s"},
		},
		processed("b", "s", 5440, 5600),
	)
	got := h.takeover("s", "a", at(900))
	if want := (takeover{first: ms(4540), granted: ms(4500), opened: ms(25), read: ms(15)}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	stock := historyOf(processed("a", "s", 0), []event{{At: at(4900), Kind: opened, Worker: "b", Shard: "s"}}, processed("b", "s", 5000))
	if got, want := stock.takeover("s", "a", at(100)), (takeover{first: ms(4900), read: ms(100)}); got != want {
		t.Errorf("without a note of the lease: got %+v, want %+v", got, want)
	}
}

func TestNobodyElseIsNoSuccessor(t *testing.T) {
	h := historyOf(processed("b", "s", 10), processed("a", "s", 20, 200))
	if e, ok := h.successor("s", "a", at(100)); ok {
		t.Errorf("%+v succeeds a, but it is a itself or from before", e)
	}
}

func TestGaps(t *testing.T) {
	// 20 ms apart, but for 500 ms around the hand-off at 1000.
	times := []int{}
	for n := 0; n <= 1000; n += 20 {
		times = append(times, n)
	}
	after := []int{}
	for n := 1500; n <= 3000; n += 20 {
		after = append(after, n)
	}
	h := historyOf(processed("a", "s", times...), processed("b", "s", after...))
	for _, c := range []struct {
		name      string
		got, want time.Duration
	}{
		{"around the signal", h.longestGap("s", at(1010), at(2500)), ms(500)},
		{"that begins before the window", h.longestGap("s", at(1400), at(2500)), ms(500)},
		{"of the steady state", h.steadyGap("s", at(10), at(990)), ms(20)},
		{"of a window without end", h.longestGap("s", at(2000), at(3700)), ms(700)},
		{"of a shard without records", h.longestGap("none", at(0), at(300)), ms(300)},
		{"of a steady state without records", h.steadyGap("none", at(0), at(300)), ms(300)},
		{"of a steady state that a pause from before reaches into", h.steadyGap("s", at(1400), at(2000)), ms(100)},
	} {
		if c.got != c.want {
			t.Errorf("gap %s: %v, want %v", c.name, c.got, c.want)
		}
	}
}

func TestMoves(t *testing.T) {
	h := historyOf(processed("a", "x", 0, 100), processed("c", "x", 200), processed("b", "y", 0), processed("a", "y", 90), processed("c", "z", 10))
	want := []move{{"x", "a", "c", at(200)}}
	if got := h.movesTo("c"); !reflect.DeepEqual(got, want) {
		t.Errorf("moves to c: %+v, want %+v: z was never another's", got, want)
	}
	if !h.moved.Equal(at(200)) {
		t.Errorf("the last move was at %v, want 200 ms", h.moved)
	}
}

// Planted: 2 is delivered three times, once by another worker; 3 is lost; 9 was processed, but never acknowledged.
func TestCountTwiceAndLost(t *testing.T) {
	h := newHistory()
	for i, e := range []struct{ worker, shard, sequence string }{
		{"a", "s", "1"}, {"a", "s", "2"}, {"a", "s", "2"}, {"b", "s", "2"}, {"b", "s", "9"}, {"b", "t", "3"},
	} {
		h.add([]event{{At: at(i), Kind: record, Worker: e.worker, Shard: e.shard, Sequence: e.sequence}})
	}
	acked := acknowledged(place{"s", "1"}, place{"s", "2"}, place{"s", "3"}, place{"t", "3"})
	if got, want := h.count(acked), (tally{acked: 4, twice: 2, lost: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, want := newHistory().count(acked), (tally{acked: 4, lost: 4}); got != want {
		t.Errorf("nothing processed: got %+v, want %+v", got, want)
	}
}

func TestColdStartIsExtrapolated(t *testing.T) {
	seen := []time.Duration{ms(1000), ms(2000), ms(3000)}
	if got := extrapolated(seen, 3); got != ms(3000) {
		t.Errorf("all seen: %v, want the last", got)
	}
	if got := extrapolated(seen, 64); got != ms(64_000) {
		t.Errorf("64 shards, one per second: %v, want 64 s", got)
	}
}
