package lease

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// take plans all free leases, and returns those that this worker has to take: its own by plan, and those that whoever should
// have taken them has left for too long.
//
// The plan of an expired lease knows nothing but who is alive: it goes to the worker that ranks first for it. So no two workers
// leave it to each other, however their views differ, and balance comes later. Workers so young that they cannot know yet who
// is dead are not waited for. Leases that nobody owned, as at a cold start, are spread evenly.
func (f *fleet) take() (keys []string) {
	var unowned []*Lease
	for _, l := range f.free {
		if l.Owner == "" {
			unowned = append(unowned, l)
			continue
		}
		w := f.first(hash(l.Key))
		f.loads[w].add(l)
		if w == f.me || f.overdue(l, 0) {
			keys = append(keys, l.Key)
		}
	}
	f.spread(unowned, func(l *Lease, w int) {
		if w == f.me || f.overdue(l, 1) {
			keys = append(keys, l.Key)
		}
	})
	slices.Sort(keys)
	return slices.DeleteFunc(keys, func(k string) bool { return f.Avoid[k] })
}

// first returns the worker that ranks first for a lease, of those that can know who is dead.
func (f *fleet) first(lease uint64) int {
	best, lowest := f.me, rank(f.hashes[f.me], lease)
	for w := range f.ids {
		if r := rank(f.hashes[w], lease); f.grown[w] && (r < lowest || r == lowest && w < best) {
			best, lowest = w, r
		}
	}
	return best
}

// overdue reports whether this worker has to rescue a lease that it has seen free for longer than T/5, which is two looks at the
// table, for each worker that ranks before it, and for each of more.
func (f *fleet) overdue(l *Lease, more int) bool {
	free, turn := f.Free(l.Key), f.Failover/5
	if free <= turn {
		return false
	}
	lease := hash(l.Key)
	mine := rank(f.hashes[f.me], lease)
	for w := range f.ids {
		if f.grown[w] && rank(f.hashes[w], lease) < mine {
			more++
		}
	}
	return free > turn*time.Duration(more)
}

// spread gives each lease, the heaviest first, to the worker that ranks first for it among those whom it leaves within an even
// share, or else to the least loaded. While some workers have taken their part and others have not yet, the plan for the rest
// stays the same: a worker that has taken its part has no room for more.
func (f *fleet) spread(leases []*Lease, give func(l *Lease, w int)) {
	slices.SortFunc(leases, func(a, b *Lease) int {
		return cmp.Or(cmp.Compare(weight(b), weight(a)), strings.Compare(a.Key, b.Key))
	})
	for _, l := range leases {
		w := f.seat(l)
		f.loads[w].add(l)
		give(l, w)
	}
}

func (f *fleet) seat(l *Lease) int {
	lease, room := hash(l.Key), f.share*(1+1e-9)-weight(l)
	best, lowest := -1, uint64(0)
	for w := range f.loads {
		if f.loads[w].weight > room {
			continue
		}
		if r := rank(f.hashes[w], lease); best < 0 || r < lowest {
			best, lowest = w, r
		}
	}
	if best >= 0 {
		return best
	}
	best = 0
	for w := range f.loads {
		a, b := f.loads[w].weight, f.loads[best].weight
		if a < b || a == b && rank(f.hashes[w], lease) < rank(f.hashes[best], lease) {
			best = w
		}
	}
	return best
}
