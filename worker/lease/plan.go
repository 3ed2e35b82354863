package lease

import (
	"cmp"
	"hash/fnv"
	"maps"
	"slices"
	"time"
)

// View is what one worker knows when it plans: table rows, and for how long it has seen them unchanged.
type View struct {
	Me       string
	Leaving  bool // this worker leaves
	Failover time.Duration
	Moves    int
	Plan     Plan
	Leases   []Lease
	Alive    map[string]Worker // every worker that is not dead, me included
	// Unchanged returns for how long the lease's counter has been seen unchanged, and Free for how long it has been seen
	// without a living owner.
	Unchanged func(key string) time.Duration
	Free      func(key string) time.Duration
	// Requests holds what was in this worker's inbox: by lease key, the worker that asks for it.
	Requests map[string]string
}

// Move is one voluntary move of a lease.
type Move struct {
	Key  string
	From string
	To   string
}

// Decision is what a worker should do now.
type Decision struct {
	Take    []string // leases without living owner
	Request []Move   // leases to ask another worker for
	Agree   []Move   // own leases to hand over
}

// Decide plans for one worker. It is a pure function of the view: all workers that see the same rows plan the same, so that
// nobody has to lead; when they see different ones, the conditions of the writes decide.
func Decide(v View) Decision {
	p := newPlanner(v)
	return Decision{Take: p.take(), Request: p.request(), Agree: p.agree()}
}

// planner has the numbers that the three decisions share.
type planner struct {
	View
	candidates []string       // workers that may receive leases, sorted
	held       map[string]int // leases by living owner
	free       []Lease        // startable, without living owner
	mine       []string       // of free, those that the plan gives to me
}

func newPlanner(v View) *planner {
	p := &planner{View: v, held: map[string]int{}}
	for id, w := range v.Alive {
		if !w.Leaving && (id != v.Me || !v.Leaving) {
			p.candidates = append(p.candidates, id)
		}
	}
	slices.Sort(p.candidates)
	startable := Startable(v.Leases)
	for _, l := range v.Leases {
		if _, ok := v.Alive[l.Owner]; ok && !l.Ended() {
			p.held[l.Owner]++
		} else if startable(&l) && l.Plan >= v.Plan.Number {
			p.free = append(p.free, l)
		}
	}
	return p
}

// Startable returns a predicate that says whether a lease may be taken: not ended, not stopped, and every parent has a row that says
// SHARD_END. A parent without a row may not have been listed yet: the child of a merge gets its row from whichever parent ends first.
// A parent that the stream has no more gets a row, too, when the shards are listed.
func Startable(leases []Lease) func(*Lease) bool {
	ended := map[string]bool{}
	for _, l := range leases {
		if l.Ended() {
			ended[l.Key] = true
		}
	}
	return func(l *Lease) bool {
		return !l.Ended() && l.Stopped == "" && !slices.ContainsFunc(l.Parents, func(p string) bool { return !ended[p] })
	}
}

// take gives each free lease to the worker that holds least, and rescues those that nobody took in time: after T/5, which is two
// looks at the table, times this worker's rank for the lease. Two workers whose views differ may each plan a lease for the other.
func (p *planner) take() (keys []string) {
	if p.Leaving || len(p.candidates) == 0 {
		return nil
	}
	for _, l := range p.free {
		to := slices.MinFunc(p.candidates, func(a, b string) int {
			return cmp.Or(cmp.Compare(p.held[a], p.held[b]), cmp.Compare(rank(a, l.Key), rank(b, l.Key)))
		})
		p.held[to]++
		if to == p.Me {
			keys = append(keys, l.Key)
		} else if p.Free(l.Key) > p.Failover/5*time.Duration(1+p.place(l.Key)) {
			keys = append(keys, l.Key)
		}
	}
	p.mine = keys
	return keys
}

// place is this worker's place among the candidates in the order in which they would rescue a lease.
func (p *planner) place(key string) (n int) {
	for _, c := range p.candidates {
		if rank(c, key) < rank(p.Me, key) {
			n++
		}
	}
	return n
}

// request asks the workers that hold most for leases until no move would bring the two nearer to each other.
func (p *planner) request() (moves []Move) {
	if p.Leaving || !slices.Contains(p.candidates, p.Me) {
		return nil
	}
	held := maps.Clone(p.held)
	for _, l := range byRank(p.Me, p.Leases) {
		if len(moves) == p.Moves {
			break
		}
		if _, alive := p.Alive[l.Owner]; !alive || l.Owner == p.Me || l.Ended() {
			continue
		}
		if p.mostLoaded(held) == held[l.Owner] && held[l.Owner]-held[p.Me] >= 2 && p.leastLoaded(held) == held[p.Me] {
			moves = append(moves, Move{Key: l.Key, From: l.Owner, To: p.Me})
			held[l.Owner]--
			held[p.Me]++
		}
	}
	return moves
}

func (p *planner) mostLoaded(held map[string]int) (most int) {
	for _, c := range p.candidates {
		most = max(most, held[c])
	}
	return most
}

func (p *planner) leastLoaded(held map[string]int) int {
	least := held[p.Me]
	for _, c := range p.candidates {
		least = min(least, held[c])
	}
	return least
}

// agree consents to the requests that bring the receiver nearer to this worker. A lease must have been unchanged for 6 T,
// so that it does not wander, unless the receiver holds nothing.
func (p *planner) agree() (moves []Move) {
	held := maps.Clone(p.held)
	for _, l := range p.Leases {
		to, asked := p.Requests[l.Key]
		if !asked || l.Owner != p.Me || l.Ended() || len(moves) == p.Moves || !slices.Contains(p.candidates, to) || to == p.Me {
			continue
		}
		settled := p.Unchanged(l.Key) >= 6*p.Failover || p.held[to] == 0
		if settled && held[p.Me]-held[to] >= 2 {
			moves = append(moves, Move{Key: l.Key, From: p.Me, To: to})
			held[p.Me]--
			held[to]++
		}
	}
	return moves
}

// Receivers spreads all leases of a worker that leaves over the others. Leases for which nobody is there have no entry.
func Receivers(v View) map[string]string {
	v.Leaving = true
	p := newPlanner(v)
	to := map[string]string{}
	for _, l := range v.Leases {
		if l.Owner != v.Me || l.Ended() || len(p.candidates) == 0 {
			continue
		}
		best := slices.MinFunc(p.candidates, func(a, b string) int {
			return cmp.Or(cmp.Compare(p.held[a], p.held[b]), cmp.Compare(rank(a, l.Key), rank(b, l.Key)))
		})
		p.held[best]++
		to[l.Key] = best
	}
	return to
}

// byRank orders leases differently for every worker, so that two workers seldom ask for the same one.
func byRank(worker string, leases []Lease) []Lease {
	return slices.SortedFunc(slices.Values(leases), func(a, b Lease) int {
		return cmp.Or(cmp.Compare(rank(worker, a.Key), rank(worker, b.Key)), cmp.Compare(a.Key, b.Key))
	})
}

// rank is a number that is the same on every machine.
func rank(worker, key string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(worker))
	h.Write([]byte{0})
	h.Write([]byte(key))
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd // the finalizer of MurmurHash3: FNV alone barely mixes the last bytes into the high bits
	return x ^ x>>33
}
