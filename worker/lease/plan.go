package lease

import (
	"slices"
	"time"
)

// View is what one worker knows when it plans: table rows, and for how long it has seen them unchanged.
type View struct {
	Me       string            // id of this worker
	Leaving  bool              // this worker leaves
	Failover time.Duration     // T
	Moves    int               // bounds the leases that a worker gives, and those that it asks for, at a time
	Plan     Plan              // of the last replay
	Leases   []Lease           // all rows, in any order
	Alive    map[string]Worker // every worker that is not dead, me included
	// Grown is the heartbeat counter from which on a worker has watched the others for T.
	Grown int64
	// Unchanged returns for how long the lease's counter has been seen unchanged, and Free for how long it has been seen
	// without a living owner. Moved reports whether the counter has been seen to change within 6 T; nil means never.
	Unchanged func(key string) time.Duration
	Free      func(key string) time.Duration
	Moved     func(key string) bool
	// Requests holds what was in this worker's inbox: by lease key, the worker that asks for it.
	Requests map[string]string
	// Avoid holds the leases that this worker does not take or ask for: something of its own stands in their way.
	Avoid map[string]bool
	// Moving holds the own leases that are being handed over: by lease key, to whom.
	Moving map[string]string
}

// Move is one voluntary move of a lease.
type Move struct {
	Key  string // of the lease
	From string // id of its owner
	To   string // id of the worker that is to have it
}

// Decision is what a worker should do now.
type Decision struct {
	Take    []string // leases without living owner
	Waiting bool     // others have to take some: the rows should be read again before this worker rescues them
	Request []Move   // leases to ask another worker for
	Agree   []Move   // own leases to hand over
}

// Decide plans for one worker. It is a pure function of the view: all workers that see the same rows plan the same, so that
// nobody has to lead; when they see different ones, the conditions of the writes decide. The order of the rows does not matter.
func Decide(v View) Decision {
	f := newFleet(v)
	if f.me < 0 {
		return Decision{}
	}
	take := f.take()
	return Decision{Take: take, Waiting: len(take) < len(f.free), Request: f.request(), Agree: f.agree()}
}

// Receivers spreads all leases of a worker that leaves over the others, together with those of others that leave, so that they
// do not all choose the same. Leases for which nobody is there have no entry.
func Receivers(v View) map[string]string {
	v.Leaving = true
	f := newFleet(v)
	if len(f.ids) == 0 {
		return map[string]string{}
	}
	var parting []*Lease
	for i := range f.Leases {
		l := &f.Leases[i]
		if leaves := l.Owner == v.Me || v.Alive[l.Owner].Leaving; leaves && !l.Ended() {
			parting = append(parting, l)
		}
	}
	to := map[string]string{}
	f.spread(parting, func(l *Lease, w int) {
		if l.Owner == v.Me {
			to[l.Key] = f.ids[w]
		}
	})
	return to
}

// Startable returns a predicate that says whether a lease may be taken: not ended, not stopped, and every parent has a row that says
// SHARD_END, under the same plan: of two rows with different ones, one has still to be seen what the newer plan makes of it. A parent without a row may not have been listed yet: the
// child of a merge gets its row from whichever parent ends first. A parent that the stream has no more gets a row, too, when the shards are listed.
func Startable(leases []Lease) func(*Lease) bool {
	ended := map[string]int64{}
	for i := range leases {
		if leases[i].Ended() {
			ended[leases[i].Key] = leases[i].Plan
		}
	}
	return func(l *Lease) bool {
		return !l.Ended() && l.Stopped == "" && !slices.ContainsFunc(l.Parents, func(p string) bool {
			plan, ok := ended[p]
			return !ok || plan != l.Plan
		})
	}
}
