package lease_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/streamrec/streamrec/worker/lease"
)

// tick is the time between two looks of a worker at the table: a round.
const (
	tick      = 500 * time.Millisecond
	failover  = 10 * tick
	heartbeat = 4 // ticks
	inFlight  = 8
)

// rounds is a fleet in which nothing but the planner is real: workers look at the table in turns, in random order, carry their
// decisions out by conditional writes, and hand over within a few ticks. Each has its own view: lease rows up to T old, its own
// sightings of heartbeats, requests that arrive with the next heartbeat.
type rounds struct {
	t     testing.TB
	r     *rand.Rand
	now   int      // ticks
	keys  []string // sorted
	index map[string]int
	rows  map[string]*lease.Lease
	list  []*lease.Lease // in order of keys
	ids   []string
	beats map[string]*lease.Worker
	nodes []*player
	truth map[string]float64 // records/s by lease
	noise float64

	moves, takes, conflicts int
	last                    int // tick of the last change of an owner
	moved                   map[string][]int
}

// player is one worker of rounds.
type player struct {
	id       string
	born     int
	seen     *lease.Observer
	workers  []lease.Worker
	rows     []lease.Lease
	readAt   int
	stale    bool
	since    []sighting
	inbox    [2]map[string]string
	moving   map[string]flight
	leaving  bool
	parting  bool // it has not spread its leases yet
	dead     bool
	awareOf  map[string]bool // workers held for dead
	decision lease.Decision
}

type sighting struct {
	counter     int64
	since, free int
	moved       bool
}

type flight struct {
	to  string
	due int
}

func newRounds(t testing.TB, seed uint64) *rounds {
	return &rounds{
		t: t, r: rand.New(rand.NewPCG(seed, 17)), rows: map[string]*lease.Lease{}, index: map[string]int{}, beats: map[string]*lease.Worker{},
		truth: map[string]float64{}, moved: map[string][]int{},
	}
}

// shards adds leases with these true rates, without owner.
func (w *rounds) shards(rates ...float64) {
	for _, x := range rates {
		k := fmt.Sprintf("shardId-%012d", len(w.rows))
		w.rows[k] = &lease.Lease{Key: k, Counter: 1, Checkpoint: lease.Position{Type: lease.TrimHorizon}, Rate: x}
		w.list = append(w.list, w.rows[k])
		w.truth[k] = x
		w.index[k] = len(w.keys)
		w.keys = append(w.keys, k)
	}
}

func same(n int, rate float64) []float64 { return slices.Repeat([]float64{rate}, n) }

func (w *rounds) join(ids ...string) {
	for _, id := range ids {
		w.beats[id] = &lease.Worker{ID: id, Counter: 2}
		w.ids = append(w.ids, id)
		w.nodes = append(w.nodes, &player{
			id: id, born: w.now, seen: lease.NewObserver(failover), stale: true,
			moving: map[string]flight{}, awareOf: map[string]bool{},
		})
	}
}

func names(prefix string, n int) (ids []string) {
	for i := range n {
		ids = append(ids, fmt.Sprintf("%s%03d", prefix, i))
	}
	return ids
}

// seat gives leases to workers directly, as a history would have.
func (w *rounds) seat(owner func(i int) string) {
	for i, k := range w.keys {
		w.rows[k].Owner = owner(i)
	}
}

func (w *rounds) at(ticks int) time.Time { return time.Unix(0, 0).Add(time.Duration(ticks) * tick) }

func (w *rounds) find(id string) *player {
	return w.nodes[slices.IndexFunc(w.nodes, func(p *player) bool { return p.id == id })]
}

func (w *rounds) kill(id string) { w.find(id).dead = true }

// leave lets a worker hand everything over and go.
func (w *rounds) leave(id string) {
	p := w.find(id)
	p.leaving, p.parting = true, true
	w.beats[id].Leaving = true
}

// step is one round of everybody.
func (w *rounds) step() {
	w.now++
	for _, i := range w.r.Perm(len(w.nodes)) {
		if p := w.nodes[i]; !p.dead {
			w.turn(p)
		}
	}
}

func (w *rounds) turn(p *player) {
	w.measure(p)
	w.land(p)
	if (w.now-p.born)%heartbeat == 0 {
		row := w.beats[p.id]
		row.Counter++
		p.inbox[1], p.inbox[0], row.Inbox = p.inbox[0], row.Inbox, nil
	}
	w.look(p)
	if p.parting {
		for k, to := range lease.Receivers(w.view(p)) {
			p.moving[k] = flight{to, w.now + 1 + w.r.IntN(2)}
		}
		p.parting = false
	}
	if p.leaving {
		if len(p.moving) == 0 {
			delete(w.beats, p.id)
			p.dead = true
		}
		return
	}
	v := w.view(p)
	p.decision = lease.Decide(v)
	w.carryOut(p, v)
}

// measure writes rates into the worker's own rows, as checkpoints do.
func (w *rounds) measure(p *player) {
	for _, k := range w.keys {
		if l := w.rows[k]; l.Owner == p.id && w.noise > 0 && w.r.IntN(4) == 0 {
			l.Rate = w.truth[k] * (1 + w.noise*(2*w.r.Float64()-1))
		}
	}
}

// land ends hand-overs that are due.
func (w *rounds) land(p *player) {
	for _, k := range slices.Sorted(maps.Keys(p.moving)) {
		f := p.moving[k]
		if f.due > w.now {
			continue
		}
		delete(p.moving, k)
		l := w.rows[k]
		if l.Owner != p.id {
			continue
		}
		if _, ok := w.beats[f.to]; !ok {
			f.to = ""
		}
		w.give(l, f.to)
		w.moves++
		w.moved[k] = append(w.moved[k], w.now)
		p.stale = true
	}
}

func (w *rounds) give(l *lease.Lease, to string) {
	l.Owner = to
	l.Counter++
	w.last = w.now
}

// look reads heartbeats always, lease rows when they are T old or somebody has died.
func (w *rounds) look(p *player) {
	p.workers = p.workers[:0]
	for _, id := range slices.Sorted(maps.Keys(w.beats)) {
		p.workers = append(p.workers, *w.beats[id])
	}
	p.seen.See(p.workers, w.at(w.now), w.at(w.now))
	for _, id := range slices.Sorted(maps.Keys(w.beats)) {
		if dead := p.seen.Dead(id); dead != p.awareOf[id] {
			p.awareOf[id], p.stale = dead, true
		}
	}
	if p.stale || w.now-p.readAt >= int(failover/tick) {
		p.rows = p.rows[:0]
		for _, l := range w.list {
			p.rows = append(p.rows, *l)
		}
		p.readAt, p.stale = w.now, false
	}
	gone := map[string]bool{"": true}
	for _, id := range w.ids {
		gone[id] = p.seen.Dead(id)
	}
	for i := range p.rows {
		if own := w.list[i]; own.Owner == p.id { // it has the term, so it knows
			p.rows[i] = *own
		}
		w.sight(p, i, gone[p.rows[i].Owner])
	}
}

func (w *rounds) sight(p *player, i int, free bool) {
	l := &p.rows[i]
	if i == len(p.since) {
		p.since = append(p.since, sighting{counter: l.Counter, since: w.now, free: -1})
	}
	s := &p.since[i]
	if s.counter != l.Counter {
		*s = sighting{counter: l.Counter, since: w.now, free: -1, moved: true}
	}
	switch {
	case !free:
		s.free = -1
	case s.free < 0:
		s.free = w.now
	}
}

func (w *rounds) view(p *player) lease.View {
	v := lease.View{
		Me: p.id, Leaving: p.leaving, Failover: failover, Moves: inFlight, Leases: p.rows, Alive: map[string]lease.Worker{p.id: *w.beats[p.id]},
		Grown: 5, Requests: map[string]string{}, Moving: map[string]string{},
		Unchanged: func(k string) time.Duration { return time.Duration(w.now-p.since[w.index[k]].since) * tick },
		Moved: func(k string) bool {
			return p.since[w.index[k]].moved && time.Duration(w.now-p.since[w.index[k]].since)*tick < 6*failover
		},
		Free: func(k string) time.Duration {
			if s := p.since[w.index[k]]; s.free >= 0 {
				return time.Duration(w.now-s.free) * tick
			}
			return 0
		},
	}
	for _, o := range p.workers {
		if o.ID != p.id && !p.seen.Dead(o.ID) {
			v.Alive[o.ID] = o
		}
	}
	for _, in := range p.inbox {
		maps.Copy(v.Requests, in)
	}
	for k, f := range p.moving {
		v.Moving[k] = f.to
	}
	return v
}

func (w *rounds) carryOut(p *player, v lease.View) {
	for _, k := range p.decision.Take {
		l, s := w.rows[k], v.Leases[w.index[k]]
		if l.Owner != s.Owner || l.Counter != s.Counter {
			w.conflicts++
			continue
		}
		w.give(l, p.id)
		w.takes++
	}
	p.stale = p.stale || len(p.decision.Take) > 0 || p.decision.Waiting
	for _, m := range p.decision.Agree {
		p.moving[m.Key] = flight{m.To, w.now + 1 + w.r.IntN(3)}
	}
	if len(p.moving) > inFlight {
		w.t.Fatalf("%s has %d moves in flight", p.id, len(p.moving))
	}
	for _, m := range p.decision.Request {
		if row := w.beats[m.From]; row != nil {
			if row.Inbox == nil {
				row.Inbox = map[string]string{}
			}
			row.Inbox[m.Key] = m.To
		}
	}
}

// skip lets time go by in which everybody works and nothing moves, as long as a lease has to stay before it may move again.
func (w *rounds) skip() {
	w.now += 6 * int(failover/tick)
	for _, p := range w.nodes {
		if !p.dead {
			w.beats[p.id].Counter++
		}
	}
}

// settle runs until nothing moves any more, not even after leases have been still for long enough, and returns the round of the
// last change.
func (w *rounds) settle(limit int) int {
	w.t.Helper()
	began := w.now
	w.last = began
	for quiet := 0; quiet < 2; {
		for until := w.now + 20; w.now < until; w.step() {
			if w.now-began > limit {
				w.t.Fatalf("not settled after %d rounds and %d moves: %v", limit, w.moves, w.counts())
			}
		}
		if quiet++; w.now-w.last < 20 {
			quiet = 0
		} else if quiet == 1 {
			w.skip()
		}
	}
	return w.last - began
}

// alive returns who works.
func (w *rounds) alive() (ids []string) {
	for _, p := range w.nodes {
		if !p.dead && !p.leaving {
			ids = append(ids, p.id)
		}
	}
	return ids
}

func (w *rounds) counts() map[string]int {
	n := map[string]int{}
	for _, id := range w.alive() {
		n[id] = 0
	}
	for _, l := range w.rows {
		n[l.Owner]++
	}
	return n
}

// spans returns the least and the greatest number of leases.
func spans(n map[string]int) (least, most int) {
	all := slices.Collect(maps.Values(n))
	return slices.Min(all), slices.Max(all)
}

// sum is what a worker truly has.
type sum struct {
	load, heaviest, lightest, rates, squares float64 // with 10 records/s for each lease
}

func (w *rounds) sums() map[string]sum {
	sums := map[string]sum{}
	for _, id := range w.alive() {
		sums[id] = sum{lightest: math.Inf(1)}
	}
	for k, l := range w.rows {
		s, x := sums[l.Owner], w.truth[k]
		s.load, s.rates, s.squares = s.load+x+10, s.rates+x, s.squares+x*x
		s.heaviest, s.lightest = max(s.heaviest, x+10), min(s.lightest, x+10)
		sums[l.Owner] = s
	}
	return sums
}
