package processor

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// plainDuplicates is duplicates in the plainest way: everything that was ever seen, and a walk over all sessions for the one to forget.
type plainDuplicates struct {
	sessions map[string]*plainSession
	clock    int
}

type plainSession struct {
	ids    map[string]bool
	last   time.Time
	active int
}

func (p *plainDuplicates) seen(session, id string, arrival time.Time) bool {
	for p.expire(arrival) {
	}
	s := p.sessions[session]
	if s == nil {
		s = &plainSession{ids: map[string]bool{}, last: arrival}
		p.sessions[session] = s
	}
	if arrival.After(s.last) {
		s.last = arrival
	}
	p.clock++
	s.active = p.clock
	if s.ids[id] {
		return true
	}
	if len(s.ids) < maxSessionIDs {
		s.ids[id] = true
	}
	return false
}

// expire forgets the least recently active session, if it is over.
func (p *plainDuplicates) expire(now time.Time) bool {
	oldest := ""
	for id, s := range p.sessions {
		if oldest == "" || s.active < p.sessions[oldest].active {
			oldest = id
		}
	}
	if oldest == "" || now.Sub(p.sessions[oldest].last) < sessionTTL {
		return false
	}
	delete(p.sessions, oldest)
	return true
}

// TestDuplicatesAreThoseOfPlainMaps compares with plain maps, over sessions that end, come back and are of every length, and through states.
func TestDuplicatesAreThoseOfPlainMaps(t *testing.T) {
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 1))
		d, plain := newDuplicates(), &plainDuplicates{sessions: map[string]*plainSession{}}
		now := time.UnixMicro(1_700_000_000_000_000)
		found, longest := 0, 0
		for n := range 5000 {
			now = now.Add(time.Duration(rng.IntN(20+20*int(seed%3))) * time.Second)
			session := fmt.Sprint("session ", int(rng.ExpFloat64()*40))
			id := fmt.Sprint("event ", rng.IntN(40))
			arrival := now.Add(-time.Duration(rng.IntN(3)) * time.Minute)
			got, want := d.seen(session, id, arrival), plain.seen(session, id, arrival)
			if got != want {
				t.Fatalf("seed %d, event %d: seen %v, want %v", seed, n, got, want)
			}
			if got {
				found++
			}
			longest = max(longest, len(plain.sessions[session].ids))
			if len(plain.sessions) != d.numbers.count {
				t.Fatalf("seed %d, event %d: %d sessions, want %d", seed, n, d.numbers.count, len(plain.sessions))
			}
		}
		if found < 100 || len(plain.sessions) < 20 || longest <= fewSessionIDs {
			t.Fatalf("seed %d: %d duplicates, %d sessions, the longest of %d ids: that proves little", seed, found, len(plain.sessions), longest)
		}
		for number := range d.open { // nothing is left of what is forgotten
			d.open[number].last = 0
		}
		if d.expire(now.UnixMicro()); d.numbers.count != 0 || len(d.many) != 0 || unused(d) != len(d.more) {
			t.Fatalf("seed %d: %d sessions and %d ids are left, %d of %d blocks are unused", seed, d.numbers.count, len(d.many), unused(d), len(d.more))
		}
	}
}

// unused counts what may be extended by.
func unused(d *duplicates) (n int) {
	for at := d.spare; at > 0; at = d.more[at-1].next {
		n++
	}
	return n
}

// TestDuplicatesSurviveTheirState loads what was appended, and both know the same from there on, and write it the same way.
func TestDuplicatesSurviveTheirState(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	now := time.UnixMicro(1_700_000_000_000_000)
	next := func() (session, id string) {
		now = now.Add(time.Duration(rng.IntN(20)) * time.Second)
		return fmt.Sprint("session ", int(rng.ExpFloat64()*40)), fmt.Sprint("event ", rng.IntN(40))
	}
	d := newDuplicates()
	for range 3000 {
		session, id := next()
		d.seen(session, id, now)
	}
	state := d.append(nil)
	loaded := newDuplicates()
	if !loaded.load(state) {
		t.Fatal("the state makes no sense")
	}
	if !bytes.Equal(loaded.append(nil), state) {
		t.Error("whoever has loaded the state writes another one")
	}
	for cut := range len(state) {
		if newDuplicates().load(state[:cut]) && cut > 0 && cut < len(state)-8 && newDuplicates().load(state[:cut+1]) {
			t.Fatalf("cut at %d and at %d the state makes sense", cut, cut+1)
		}
	}
	for range 3000 {
		session, id := next()
		if got, want := loaded.seen(session, id, now), d.seen(session, id, now); got != want {
			t.Fatalf("seen %v, want %v", got, want)
		}
	}
}

// TestTheLeastRecentSessionsGoFirst opens one session too many.
func TestTheLeastRecentSessionsGoFirst(t *testing.T) {
	d, now := newDuplicates(), time.UnixMicro(1_700_000_000_000_000)
	for n := range maxSessions {
		d.seen(fmt.Sprint(n), "e", now)
	}
	for _, c := range []struct {
		session string
		known   bool
	}{{"new", false}, {"10", true}, {"0", false}} { // each forgets one
		if got := d.seen(c.session, "e", now); got != c.known {
			t.Errorf("session %s is known: %v", c.session, got)
		}
	}
}

// TestALongSessionRemembersSoMany counts what a session of thousands of events remembers.
func TestALongSessionRemembersSoMany(t *testing.T) {
	d, now := newDuplicates(), time.UnixMicro(1_700_000_000_000_000)
	for range 2 {
		for n := range maxSessionIDs + 10 {
			if got := d.seen("bot", fmt.Sprint(n), now); got && n >= maxSessionIDs {
				t.Fatalf("event %d was remembered", n)
			}
		}
	}
	for n := range maxSessionIDs {
		if !d.seen("bot", fmt.Sprint(n), now) {
			t.Fatalf("event %d was forgotten", n)
		}
	}
}
