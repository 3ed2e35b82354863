package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

// kind is what happens.
type kind string

// The kinds of faults.
const (
	kill        kind = "kill"        // kill -9, and a start some seconds later
	freeze      kind = "freeze"      // SIGSTOP for longer than the lease lasts
	cutOff      kind = "cut off"     // one worker cannot reach one service
	lateWrites  kind = "late writes" // what one worker puts into S3 takes effect when it has lost its leases
	slowStore   kind = "slow S3"
	storeErrors kind = "S3 errors" // 500, 503, or answers that get lost
	throttle    kind = "DynamoDB throttles"
	streamFails kind = "Kinesis errors"
	split       kind = "split"
	merge       kind = "merge"
	rolling     kind = "rolling restart" // SIGTERM to one worker after the other
	guest       kind = "join and leave"
	replay      kind = "replay" // streamrec reset of the hour
)

// hand is how often each kind is among the faults of a deck.
var hand = []struct {
	kind  kind
	times int
}{
	{kill, 5},
	{freeze, 4},
	{cutOff, 6},
	{lateWrites, 2},
	{slowStore, 3},
	{storeErrors, 4},
	{throttle, 3},
	{streamFails, 4},
	{split, 3},
	{merge, 3},
	{rolling, 1},
	{guest, 2},
}

// fault is one fault of the sequence.
type fault struct {
	Number int           `json:"number"` // from 1
	At     time.Duration `json:"at"`     // since the beginning
	Kind   kind          `json:"kind"`
	Lasts  time.Duration `json:"lasts"`
	Pick   int           `json:"pick"`  // chooses among the workers or shards that there are
	Way    int           `json:"way"`   // chooses among the ways of the kind
	Share  float64       `json:"share"` // of the calls that meet it
}

// String describes the fault for people.
func (f fault) String() string { return fmt.Sprintf("#%d %s", f.Number, f.Kind) }

// deck deals faults: all kinds come in each deck, in an order that the seed decides. Every other deck has a replay.
type deck struct {
	random *rand.Rand
	every  time.Duration
	beyond time.Duration // what a fault lasts longer than a lease, so that the lease is lost
	dealt  int
	decks  int
	at     time.Duration
	cards  []kind
}

func newDeck(o options) *deck {
	return &deck{random: rand.New(rand.NewPCG(o.seed, 0)), every: o.every, beyond: o.failover, at: o.every} // repeatable on purpose
}

// next deals the next fault.
func (d *deck) next() fault {
	if len(d.cards) == 0 {
		d.shuffle()
	}
	d.dealt++
	f := fault{Number: d.dealt, At: d.at, Kind: d.cards[0], Pick: d.random.IntN(1000), Way: d.random.IntN(1000), Share: 0.3 + 0.7*d.random.Float64()}
	f.Lasts = d.lasts(f.Kind)
	d.cards = d.cards[1:]
	d.at += d.every/2 + time.Duration(d.random.Float64()*float64(d.every))
	return f
}

func (d *deck) shuffle() {
	for _, h := range hand {
		for range h.times {
			d.cards = append(d.cards, h.kind)
		}
	}
	if d.decks%2 == 0 {
		d.cards = append(d.cards, replay)
	}
	d.decks++
	d.random.Shuffle(len(d.cards), func(i, j int) { d.cards[i], d.cards[j] = d.cards[j], d.cards[i] })
}

// lasts is how long a fault lasts: what happens to one worker rather longer than its leases, what happens to all of them shorter or longer.
func (d *deck) lasts(k kind) time.Duration {
	random := func(from, to time.Duration) time.Duration {
		return (from + time.Duration(d.random.Float64()*float64(to-from))).Round(100 * time.Millisecond)
	}
	switch k {
	case kill:
		return random(0, 2*d.beyond)
	case freeze, lateWrites:
		return random(d.beyond+d.beyond/5, 3*d.beyond)
	case cutOff:
		return random(d.beyond/2, 3*d.beyond)
	case slowStore, storeErrors, throttle, streamFails:
		return random(d.beyond/2, 2*d.beyond)
	case guest:
		return random(2*d.beyond, 8*d.beyond)
	}
	return 0
}

// list prints the sequence of faults of a run.
func list(o options, out io.Writer) error {
	for d := newDeck(o); d.at < o.duration; {
		f := d.next()
		if _, err := fmt.Fprintf(out, "%8s  %-24s lasts %-6s pick %3d way %3d share %.2f\n", f.At.Round(100*time.Millisecond), f, f.Lasts, f.Pick, f.Way, f.Share); err != nil {
			return err
		}
	}
	return nil
}
