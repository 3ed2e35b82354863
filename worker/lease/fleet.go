package lease

import (
	"maps"
	"slices"
	"strings"
)

// fleet is a view by workers: who may receive leases, and what each of them has.
type fleet struct {
	View
	ids    []string // workers that may receive leases, sorted; the numbers of workers below are places in it
	hashes []uint64
	grown  []bool // it knows who is dead as soon as this worker does: it has been there for T, or for as long as this one
	loads  []load // of rows, and of the free leases as far as they have been planned
	me     int    // -1: this worker may not receive leases
	owner  []int  // by lease: the worker that has it, -1 for nobody of them
	free   []*Lease
	share  float64 // records/s
}

func newFleet(v View) *fleet {
	f := &fleet{View: v, me: -1}
	for _, id := range slices.Sorted(maps.Keys(v.Alive)) {
		w, me := v.Alive[id], id == v.Me
		if w.Leaving || me && v.Leaving {
			continue
		}
		if me {
			f.me = len(f.ids)
		}
		f.ids = append(f.ids, id)
		f.hashes = append(f.hashes, hash(id))
		f.grown = append(f.grown, me || w.Counter >= min(v.Grown, v.Alive[v.Me].Counter))
	}
	f.loads = make([]load, len(f.ids))
	byKey := func(a, b Lease) int { return strings.Compare(a.Key, b.Key) }
	if !slices.IsSortedFunc(f.Leases, byKey) { // sums of loads depend on the order, a little
		f.Leases = slices.SortedFunc(slices.Values(f.Leases), byKey)
	}
	f.sort()
	return f
}

// sort gives every lease to its owner, to the free ones, or to nobody.
func (f *fleet) sort() {
	places := make(map[string]int, len(f.ids))
	for i, id := range f.ids {
		places[id] = i
	}
	startable := Startable(f.Leases)
	f.owner = make([]int, len(f.Leases))
	shared := make([]*Lease, 0, len(f.Leases)) // what the workers have, or will get
	for i := range f.Leases {
		l := &f.Leases[i]
		f.owner[i] = -1
		if l.Ended() {
			continue
		}
		w, receives := places[l.Owner]
		_, alive := f.Alive[l.Owner]
		switch {
		case receives:
			f.owner[i] = w
			f.loads[w].add(l)
		case alive: // and leaving: it hands its leases over
		case startable(l) && l.Plan >= f.Plan.Number:
			f.free = append(f.free, l)
		default:
			continue
		}
		shared = append(shared, l)
	}
	f.share = evenShare(shared, len(f.ids))
}
