package lease

import (
	"slices"
)

// balance plans voluntary moves. All workers that see the same rows plan the same moves for the whole fleet, and each asks for
// those that it is to receive. A move needs a reason: measured loads that are apart, or, where the loads do not object, numbers
// of leases that are.
type balance struct {
	*fleet
	then  []load   // loads after the moves in flight and planned
	gives []int    // by worker: how many leases it gives, in flight and planned
	gets  []int    // by worker: how many it gets
	has   [][]item // by worker: what it can still give
	worth []bool   // by worker: moves for load would bring enough
	moves []Move
}

// item is a lease that may be moved.
type item struct {
	*Lease
	hash   uint64
	weight float64
}

// reason says whether a move of a lease from one worker to another is good.
type reason func(from, to int, l *item) bool

func newBalance(f *fleet) *balance {
	n := len(f.ids)
	b := &balance{fleet: f, then: slices.Clone(f.loads), gives: make([]int, n), gets: make([]int, n)}
	b.depart()
	return b
}

// depart counts what is in flight as moved.
func (b *balance) depart() {
	if len(b.Moving) == 0 {
		return
	}
	for i := range b.Leases {
		l := &b.Leases[i]
		if to, moving := b.Moving[l.Key]; moving && b.owner[i] == b.me {
			b.count(b.me, b.place(to), l)
		}
	}
}

// place returns the number of a worker, -1 when it may not receive leases.
func (b *balance) place(id string) int {
	if w, ok := slices.BinarySearch(b.ids, id); ok {
		return w
	}
	return -1
}

// request returns the moves that bring leases to this worker.
func (f *fleet) request() (mine []Move) {
	b := newBalance(f)
	if b.satisfied() {
		return nil
	}
	b.list()
	b.plan(func(a *load) float64 { return a.weight }, b.receiverByLoad, b.lighter)
	b.plan(func(a *load) float64 { return float64(a.leases) }, b.receiverByCount, b.fewer)
	for _, m := range b.moves {
		if m.To == f.Me && !f.Avoid[m.Key] {
			mine = append(mine, m)
		}
	}
	return mine
}

// satisfied reports whether nobody can have enough more than this worker, without looking at any pair.
func (b *balance) satisfied() bool {
	most, heaviest := 0, 0.0
	for i := range b.loads {
		most, heaviest = max(most, b.loads[i].leases), max(heaviest, b.loads[i].weight)
	}
	mine := &b.loads[b.me]
	return most-mine.leases < 2 && heaviest-mine.weight < max(2*minGain, 2*minShare*heaviest)
}

// list notes what each worker can give.
func (b *balance) list() {
	b.has, b.worth = make([][]item, len(b.ids)), make([]bool, len(b.ids))
	lightest := &b.loads[0]
	for i := range b.loads {
		if b.loads[i].weight < lightest.weight {
			lightest = &b.loads[i]
		}
	}
	movable := make([]float64, len(b.ids)) // records/s
	for i := range b.Leases {
		l, w := &b.Leases[i], b.owner[i]
		if w < 0 || l.Plan < b.Plan.Number {
			continue
		}
		if rate(l) >= leaseCost {
			movable[w] += max(0, gain(&b.loads[w], lightest, weight(l)))
		}
		if _, moving := b.Moving[l.Key]; !moving || w != b.me {
			b.has[w] = append(b.has[w], item{l, hash(l.Key), weight(l)})
		}
	}
	for w := range b.worth {
		most := min(movable[w], (b.loads[w].weight-lightest.weight)/2)
		b.worth[w] = most >= minGain && most >= minShare*b.loads[w].weight
	}
}

// plan lets the workers that have most give, until none of them has a good move left. When one has as much in flight as it may,
// those below an even share wait for it, since what it gives later would come to them. What comes after this worker has enough does
// not concern it.
func (b *balance) plan(size func(*load) float64, receiver func(from int) int, good reason) {
	done, full := make([]bool, len(b.ids)), false
	for b.gets[b.me] < b.Moves {
		from := -1
		for w := range b.then {
			if !done[w] && (from < 0 || size(&b.then[w]) > size(&b.then[from])) {
				from = w
			}
		}
		switch {
		case from < 0 || full && b.then[from].weight < b.share:
			return
		case b.gives[from] >= b.Moves:
			done[from], full = true, true
		case !b.give(from, receiver(from), good):
			done[from] = true
		}
	}
}

// receiverByLoad returns the lightest worker whose measured load is below that of from, by enough; or -1.
func (b *balance) receiverByLoad(from int) int {
	return b.lightest(func(to int) bool { return b.worth[from] && b.loads[from].apart(&b.loads[to]) })
}

// receiverByCount returns the lightest worker that has two leases or more fewer than from; or -1.
func (b *balance) receiverByCount(from int) int {
	return b.lightest(func(to int) bool { return b.uneven(from, to) })
}

func (b *balance) lightest(ok func(int) bool) int {
	best := -1
	for w := range b.then {
		if (best < 0 || b.then[w].weight < b.then[best].weight) && b.gets[w] < b.Moves && ok(w) {
			best = w
		}
	}
	return best
}

// lighter is the reason of load. A lease without load of its own never moves for it.
func (b *balance) lighter(from, to int, l *item) bool {
	return rate(l.Lease) >= leaseCost && gain(&b.then[from], &b.then[to], l.weight) >= min(l.weight/2, minGain)
}

// fewer is the reason of numbers: the load must not object.
func (b *balance) fewer(from, to int, l *item) bool {
	return gain(&b.then[from], &b.then[to], l.weight) >= l.weight/2
}

// uneven reports whether two workers' numbers of leases differ without good cause: by two or more, while either their leases weigh
// about the same or the measured loads say the same as the numbers.
func (b *balance) uneven(from, to int) bool {
	x, y := &b.loads[from], &b.loads[to]
	return b.then[from].leases-b.then[to].leases >= 2 && (x.alike(y) || x.apart(y))
}

// give plans the move of the lease that lowers the higher of two loads most, and reports whether there is one.
func (b *balance) give(from, to int, good reason) bool {
	if to < 0 {
		return false
	}
	best, most, first := -1, 0.0, uint64(0)
	for i := range b.has[from] {
		l := &b.has[from][i]
		g, r := gain(&b.then[from], &b.then[to], l.weight), rank(b.hashes[to], l.hash)
		if best >= 0 && (g < most || g == most && r >= first) {
			continue
		}
		if good(from, to, l) && (b.loads[to].leases == 0 || b.Moved == nil || !b.Moved(l.Key)) {
			best, most, first = i, g, r
		}
	}
	if best < 0 {
		return false
	}
	b.move(from, to, b.has[from][best].Lease)
	b.has[from] = slices.Delete(b.has[from], best, best+1)
	return true
}

func (b *balance) move(from, to int, l *Lease) {
	b.count(from, to, l)
	b.moves = append(b.moves, Move{Key: l.Key, From: b.ids[from], To: b.ids[to]})
}

func (b *balance) count(from, to int, l *Lease) {
	b.then[from].remove(l)
	b.gives[from]++
	if to >= 0 {
		b.then[to].add(l)
		b.gets[to]++
	}
}
