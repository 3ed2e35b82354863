package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// quiet is the length of a quiet spell: within it everything has to be well again, and stay so.
const quiet = 36 * time.Second

// trouble is the length of a burst.
const trouble = 16 * time.Second

// settled is the end of a quiet spell, in which nothing may move any more.
const settled = 6 * time.Second

// result is what a schedule was.
type result struct {
	seed      uint64
	trace     uint64
	steps     int
	simulated time.Duration
	records   int
	moves     int
	adopted   int
	occasions [occasions]int
	err       error
}

// play runs the schedule of a seed. log, if not nil, gets every step.
func play(seed uint64, log io.Writer) (r result) {
	w := newWorld(seed, log)
	defer func() {
		if v := recover(); v != nil {
			broken, ok := v.(violation)
			if !ok {
				panic(v)
			}
			if broken != loud {
				r.err = fmt.Errorf("%s", broken)
			}
			w.note("the end:", string(broken))
		}
		r = result{seed, w.trace, w.steps, w.now, len(w.oracle.times), w.oracle.moves, w.oracle.adopted, w.oracle.occasions, r.err}
		w.bury()
	}()
	w.schedule()
	return r
}

// bury ends what still runs.
func (w *world) bury() {
	for _, n := range slices.Concat(w.nodes, w.tools, w.asides) {
		n.kill()
	}
}

func (w *world) schedule() {
	w.oracle.graceful = w.chance(0.2)
	w.nemesis.clocks = !w.oracle.graceful && w.chance(0.5)
	w.nemesis.replays = w.chance(0.5)
	w.nemesis.rereads = w.nemesis.replays && w.chance(0.5)
	w.nemesis.asides = w.chance(0.3)
	w.nemesis.expires = w.nemesis.replays && !w.oracle.graceful && (w.chance(0.25) || w.nemesis.rereads && w.chance(0.8))
	w.nemesis.gaps = w.nemesis.replays && !w.oracle.graceful && w.chance(0.4)
	if w.nemesis.expires {
		w.nemesis.gaps = w.chance(0.5)
	}
	w.nemesis.dozes = w.nemesis.asides && !w.nemesis.gaps && w.chance(0.6) // who gives up what has not been read waits for what comes
	for range 1 + w.rand.IntN(3) {
		w.start()
	}
	w.produce()
	for range 2 {
		if w.oracle.graceful {
			w.changes(trouble)
		} else {
			w.burst(trouble)
		}
		w.rest()
	}
	w.close()
}

// produce puts records from now on, until the schedule closes.
func (w *world) produce() {
	w.after(w.between(20*time.Millisecond, 800*time.Millisecond), func() {
		if w.oracle.finished {
			return
		}
		w.doze()
		for range 1 + w.rand.IntN(4) {
			if session := w.rand.IntN(sessions); !w.stream.dozes(w.stream.hash[session]) {
				w.putRecord(session)
			}
		}
		w.produce()
	})
}

// changes lets the fleet and the stream change without any failure.
func (w *world) changes(length time.Duration) {
	for end := w.now + length; w.now < end; {
		w.run(min(end, w.now+w.between(time.Second, 8*time.Second)))
		w.change()
	}
}

// rest waits until all must be well, and checks that it is.
func (w *world) rest() {
	if len(w.remaining()) == 0 {
		w.start()
	}
	w.wither()
	w.run(w.now + quiet - settled)
	w.await()
	w.owned()
	if s := w.behind(w.now - 20*time.Second); s != nil {
		w.fail("%s: records are not in the log long after all trouble has ended: %d of %d", s.lease.Key, w.chainOf(s.lease.Key, w.shown.Map).next, len(s.rows))
	}
	moves := w.oracle.moves
	w.run(w.now + settled)
	if w.oracle.moves > moves+8 {
		w.fail("%d leases moved in the last %v of a quiet spell", w.oracle.moves-moves, settled)
	}
}

// remaining returns the nodes that live and are not leaving.
func (w *world) remaining() (stay []*node) {
	for _, n := range w.living() {
		if !n.leaving {
			stay = append(stay, n)
		}
	}
	return stay
}

// owned checks that every shard that can be read has an owner that lives.
func (w *world) owned() {
	rows := w.leases()
	alive := map[string]bool{}
	for _, r := range w.rows.Table.Workers() {
		alive[r.ID] = true
	}
	for _, s := range w.stream.shards {
		l, ok := rows[s.lease.Key]
		if !ok && s.gone {
			continue // since before the application began, and so are its children
		}
		if !ok {
			w.fail("%s has no row", s.lease.Key)
		}
		ready := !l.Ended()
		for _, p := range s.lease.Parents {
			parent := rows[p]
			ready = ready && parent.Ended()
		}
		if ready && !alive[l.Owner] {
			w.fail("%s has no owner (row: %q at %d) long after all trouble has ended", l.Key, l.Owner, l.Counter)
		}
	}
}

// close stops the producer, waits until everything is in the log, and ends the fleet.
func (w *world) close() {
	w.wither()
	w.oracle.finished = true
	w.run(w.now + 14*time.Second)
	w.await()
	if s := w.behind(w.now); s != nil {
		w.fail("%s: not everything is in the log at the end: %d of %d records, ended %v", s.lease.Key, w.chainOf(s.lease.Key, w.shown.Map).next, len(s.rows), w.chainOf(s.lease.Key, w.shown.Map).ended)
	}
	for _, n := range w.living() {
		n.terminate()
	}
	w.run(w.now + 20*time.Second)
	if n := w.living(); len(n) > 0 {
		w.fail("%s does not end", n[0].name)
	}
	for _, r := range w.rows.Table.Workers() { // a lease that names a worker without a row is free
		w.checkRow(r.ID)
	}
}

// checkRow checks that a heartbeat row that is left belongs to a worker that died, or was written by a request whose answer was lost:
// that may have been a late one.
func (w *world) checkRow(id string) {
	name, _, _ := strings.Cut(id, "-")
	for _, n := range w.nodes {
		if n.name == name && (n.dead || w.oracle.unanswered[id]) {
			return
		}
	}
	w.fail("the heartbeat row of %s, which has left, is still there", id)
}
