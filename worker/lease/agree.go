package lease

import "slices"

// agree consents to the requests that are good in this worker's own eyes too, the lightest receiver first. A lease must have been
// unchanged for 6 T, so that it does not wander, unless the receiver holds nothing.
func (f *fleet) agree() []Move {
	if len(f.Requests) == 0 {
		return nil
	}
	b := newBalance(f)
	b.list()
	asked := slices.DeleteFunc(b.has[b.me], func(l item) bool {
		to := b.receiver(&l)
		return to < 0 || b.loads[to].leases > 0 && b.Unchanged(l.Key) < 6*b.Failover
	})
	for b.gives[b.me] < b.Moves {
		best := -1
		for i := range asked {
			if b.consents(&asked[i]) && (best < 0 || b.before(&asked[i], &asked[best])) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		b.move(b.me, b.receiver(&asked[best]), asked[best].Lease)
		asked = slices.Delete(asked, best, best+1)
	}
	return b.moves
}

// receiver returns the worker that asks for a lease, if it may get one; or -1.
func (b *balance) receiver(l *item) int {
	if w := b.place(b.Requests[l.Key]); w != b.me {
		return w
	}
	return -1
}

func (b *balance) consents(l *item) bool {
	to := b.receiver(l)
	byLoad := b.worth[b.me] && b.loads[b.me].apart(&b.loads[to]) && b.lighter(b.me, to, l)
	return byLoad || b.uneven(b.me, to) && b.fewer(b.me, to, l)
}

// before orders requests: the lightest receiver first, then the greatest gain.
func (b *balance) before(l, m *item) bool {
	x, y := &b.then[b.receiver(l)], &b.then[b.receiver(m)]
	if x.weight != y.weight {
		return x.weight < y.weight
	}
	return gain(&b.then[b.me], x, l.weight) > gain(&b.then[b.me], y, m.weight)
}
