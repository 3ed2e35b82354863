package main

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// nemesis decides what goes wrong. What it does is drawn from the seed, and noted in the trace.
type nemesis struct {
	clocks  bool // clocks are wrong, and jump
	awake   bool // during a burst
	replays bool // operators rewind the stream
	rereads bool // operators have the input read back from the log
	asides  bool // somebody replays hours beside
	dozes   bool // a shard has nothing more when an hour has ended, and closes later
	gaps    bool // operators give up what is past retention, or what nobody has read
	expires bool // records go past retention that a replay may want; the shard stops then, and with it the schedule
}

// skew draws how wrong a node's time of day is.
func (m nemesis) skew(w *world) time.Duration {
	if !m.clocks || w.chance(0.5) {
		return 0
	}
	return w.between(0, 6*time.Hour) - 3*time.Hour
}

// burst makes trouble for a while and then heals everything but the dead.
func (w *world) burst(length time.Duration) {
	end := w.now + length
	w.nemesis.awake = true
	w.trouble = [...]float64{0, 0.02, 0.1, 0.3}[w.rand.IntN(4)]
	for w.now < end {
		w.run(min(end, w.now+w.between(0, 3*time.Second)))
		w.blow()
	}
	w.heal()
}

// blow does one harmful thing.
func (w *world) blow() {
	alive := w.living()
	if len(alive) == 0 {
		if w.chance(0.5) && len(w.stream.shards) < 14 {
			w.reshard()
			return
		}
		w.start()
		return
	}
	n := alive[w.rand.IntN(len(alive))]
	s := service(w.rand.IntN(int(services)))
	switch w.rand.IntN(16) {
	case 0:
		w.murder(n)
	case 1, 2:
		w.hold(n)
	case 3, 4:
		w.sever(n, s)
	case 5:
		f := [...]fate{failed, throttled, hung, lost, late}[w.rand.IntN(5)]
		w.note("nemesis:", s.String(), "is down:", f.String())
		w.down[s] = f
		w.after(w.between(time.Second, 12*time.Second), func() { w.down[s] = fine })
	case 6:
		w.slow[s] = w.between(100*time.Millisecond, 4*time.Second)
		w.note("nemesis:", s.String(), "is slow")
		w.after(w.between(time.Second, 15*time.Second), func() { w.slow[s] = 0 })
	case 7:
		w.forget(n)
	case 8:
		if w.nemesis.clocks {
			n.skew = w.nemesis.skew(w)
			w.note("nemesis: clock of", n.name, n.skew.String())
		}
	case 9:
		w.disturb()
		w.disturbAside()
	default:
		w.change()
	}
}

// murder kills a worker; another one comes.
func (w *world) murder(n *node) {
	w.note("nemesis: kill", n.name)
	n.kill()
	w.after(w.between(0, 12*time.Second), func() { w.start() })
}

// hold stops a node for a while.
func (w *world) hold(n *node) {
	d := w.between(100*time.Millisecond, 20*time.Second)
	w.note("nemesis: pause", n.name, d.String())
	n.pause()
	w.after(d, n.proceed)
}

// sever cuts a node off from a service for a while.
func (w *world) sever(n *node, s service) {
	f := [...]fate{failed, hung, hungLost, lost}[w.rand.IntN(4)]
	w.note("nemesis: cut", n.name, "from", s.String(), f.String())
	n.cut[s] = f
	w.after(w.between(time.Second, 15*time.Second), func() { n.cut[s] = fine })
}

// forget deletes a worker's heartbeat row.
func (w *world) forget(n *node) {
	w.note("nemesis: delete the heartbeat row of", n.name)
	n.forgotten = w.now
	for _, r := range w.rows.Table.Workers() {
		if strings.HasPrefix(r.ID, n.name+"-") {
			w.rows.Table.DeleteWorker(r.ID)
		}
	}
}

// strike sometimes kills a worker between the end mark of a shard and SHARD_END, and lets the stream lose the shard before the next one comes.
func (w *world) strike(n *node, shard string) {
	if !w.nemesis.awake || !w.chance(0.08) {
		return
	}
	w.after(0, func() {
		w.note("nemesis: kill", n.name, "at the end of", shard)
		n.kill()
		w.trim()
	})
	w.after(w.between(0, 12*time.Second), func() { w.start() })
}

// change does something that is no failure: a deployment, a worker more or less, a reshard.
func (w *world) change() {
	alive := w.living()
	if w.nemesis.replays && w.chance(0.3) {
		w.operate(w.request())
		return
	}
	if w.nemesis.asides && w.chance(0.4) {
		w.aside()
		return
	}
	switch w.rand.IntN(5) {
	case 0:
		if len(alive) < 5 {
			w.start()
		}
	case 1:
		n := alive[w.rand.IntN(len(alive))]
		w.note("nemesis: deploy", n.name)
		w.start()
		n.terminate()
	case 2:
		if n := alive[w.rand.IntN(len(alive))]; len(alive) > 2 {
			n.terminate()
		}
	case 3:
		if len(w.stream.shards) < 14 {
			w.reshard()
		}
	case 4:
		w.trim()
	}
}

// terminate is SIGTERM.
func (n *node) terminate() {
	n.note("nemesis: SIGTERM", n.name)
	n.leaving = true
	n.cancel()
}

// heal ends all trouble. The dead stay dead.
func (w *world) heal() {
	w.nemesis.awake = false
	w.trouble, w.down, w.slow = 0, [services]fate{}, [services]time.Duration{}
	for _, n := range slices.Concat(w.nodes, w.tools, w.asides) {
		n.cut = [services]fate{}
		n.proceed()
	}
	w.note("nemesis: heals", strconv.Itoa(len(w.living())), "workers")
}
