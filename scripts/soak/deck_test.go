package main

import (
	"bytes"
	"slices"
	"testing"
	"time"
)

func TestSeedDecidesTheFaults(t *testing.T) {
	sequence := func(seed uint64) string {
		var b bytes.Buffer
		if err := list(options{duration: time.Hour, every: 10 * time.Second, failover: 5 * time.Second, seed: seed}, &b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	once, again := sequence(7), sequence(7)
	if once != again || once == sequence(8) {
		t.Error("the same seed has to give the same sequence, and another one another")
	}
	if n := bytes.Count([]byte(once), []byte("\n")); n < 330 || n > 390 {
		t.Errorf("%d faults in an hour, want about 360", n)
	}
}

// TestDeckHasEveryKind deals two decks: every kind comes, replays once in two decks, and what should outlast a lease does.
func TestDeckHasEveryKind(t *testing.T) {
	o := options{every: 10 * time.Second, failover: 5 * time.Second, seed: 3}
	d := newDeck(o)
	times, last := map[kind]int{}, time.Duration(0)
	d.shuffle()
	for n := len(d.cards); n > 0; n = len(d.cards) {
		f := d.next()
		times[f.Kind]++
		if f.At <= last || f.At > last+15*time.Second {
			t.Errorf("%s comes at %s, after %s", f, f.At, last)
		}
		last = f.At
		if slices.Contains([]kind{freeze, lateWrites}, f.Kind) && f.Lasts <= o.failover {
			t.Errorf("%s lasts %s, which no lease is lost over", f, f.Lasts)
		}
	}
	for _, h := range hand {
		if times[h.kind] != h.times {
			t.Errorf("%s: %d times, want %d", h.kind, times[h.kind], h.times)
		}
	}
	d.shuffle()
	if times[replay] != 1 || slices.Contains(d.cards, replay) {
		t.Error("the first deck has to have a replay, and the second none")
	}
}
