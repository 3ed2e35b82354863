package model

import (
	"cmp"
	"slices"
)

// ask is a query of the reference: items newest first, and the visit that is no neighbour.
type ask struct {
	items  []string
	kinds  []EventType
	self   factKey
	firsts []string // in the order of their first touches, if that says how often the session went back to one
}

func (r *reference) recommend(k *known, session string, n int) []Scored {
	for _, v := range r.visits {
		if v.session == session {
			q := ask{self: factKey{v.session, v.start, ""}}
			for _, it := range slices.Backward(v.items) {
				q.items, q.kinds = append(q.items, it.Item), append(q.kinds, it.Type)
			}
			record := k.records[q.self]
			for _, f := range record[max(0, len(record)-recordView):] {
				q.firsts = append(q.firsts, f.Item)
			}
			return k.list(q, n)
		}
	}
	q := ask{}
	for visit, record := range k.records {
		if visit.session == session && (len(q.items) == 0 || visit.visit > q.self.visit) {
			q = ask{self: visit}
			for _, f := range slices.Backward(record) {
				q.items, q.kinds = append(q.items, f.Item), append(q.kinds, f.Type)
			}
		}
	}
	return k.list(q, n)
}

func (k *known) recommendItems(items []string, n int) []Scored {
	q := ask{}
	for _, item := range slices.Backward(items) {
		if k.postings[item] != nil && !slices.Contains(q.items, item) && len(q.items) < SessionFacts {
			q.items, q.kinds = append(q.items, item), append(q.kinds, View)
		}
	}
	for _, item := range items {
		if !slices.Contains(q.firsts, item) {
			q.firsts = append(q.firsts, item)
		}
	}
	return k.list(q, n)
}

// lift is the factor of the reminders.
func (k *known) lift(q ask) int64 {
	both := slices.DeleteFunc(slices.Clone(q.firsts), func(item string) bool { return !slices.Contains(q.items, item) })
	returns := int64(0)
	for at, item := range both {
		p := slices.Index(q.items, item)
		again := slices.ContainsFunc(both[at+1:], func(later string) bool { return slices.Index(q.items, later) > p })
		switch {
		case again && p == 0:
			returns += 3
		case again:
			returns++
		}
	}
	steps := returns + max(0, int64(len(both))-2)
	prior := int64(k.params.ReturnSteps)
	if prior == 0 {
		return one
	}
	return one * (1000*prior + int64(k.params.Return)*returns) / (1000*prior + 1000*steps)
}

type neighbour struct {
	visit factKey
	sim   int64
	first int
}

// list is the recommendation: the sum of the terms, without the newest item.
func (k *known) list(q ask, n int) []Scored {
	p := k.params
	total := map[string]int64{}
	votes := k.votes(q.items[:min(p.QueryItems, len(q.items))], q.kinds, q.self, p.Scan)
	if len(q.items) > 0 {
		delete(votes, q.items[0])
	}
	addVotes(total, votes, one)
	if len(total) < p.HopBelow && p.Hop > 0 {
		leaders := sorted(total)
		leaders = leaders[:min(p.HopItems, len(leaders))]
		hop := k.votes(leaders, make([]EventType, len(leaders)), q.self, p.HopScan)
		for _, own := range q.items {
			delete(hop, own)
		}
		addVotes(total, hop, p.Hop.fixed())
	}
	for at := 1; at < min(len(q.items), p.Reminders); at++ {
		total[q.items[at]] += mul(mul(p.Reminder.fixed(), inverseRoot(at)), k.lift(q))
	}
	if len(q.items) > 0 {
		if l := k.labels[q.items[0]]; l != (Label{}) {
			k.stock(total, k.shelves[l.Category], l, q.items[0], p.Shelf.fixed())
		}
	}
	if count(total) < n {
		k.popular(total, q.items)
	}
	var list []Scored
	for _, item := range sorted(total)[:min(n, count(total))] {
		list = append(list, Scored{item, total[item]})
	}
	return list
}

func count(total map[string]int64) int {
	n := 0
	for _, t := range total {
		if t > 0 {
			n++
		}
	}
	return n
}

// sorted returns the items with a total, best first.
func sorted(total map[string]int64) []string {
	var items []string
	for item, t := range total {
		if t > 0 {
			items = append(items, item)
		}
	}
	slices.SortFunc(items, func(a, b string) int { return cmp.Or(cmp.Compare(total[b], total[a]), cmp.Compare(a, b)) })
	return items
}

// addVotes adds votes scaled to a greatest of weight. Items without votes stay out.
func addVotes(total, votes map[string]int64, weight int64) {
	best := int64(0)
	for _, v := range votes {
		best = max(best, v)
	}
	for item, v := range votes {
		if v > 0 {
			total[item] += mul(v*one/best, weight)
		}
	}
}

// stock adds the items of the shelf of a category.
func (k *known) stock(total map[string]int64, shelf []shelfEntry, l Label, newest string, weight int64) {
	votes, span := map[string]int64{}, int64(0)
	age := func(e shelfEntry) int64 {
		visits := k.postings[e.item]
		return max(1, shelf[0].touch.Ms()-k.touch(e.item, visits[len(visits)-1]).Ms()+1)
	}
	full := func(e shelfEntry) bool { return len(k.postings[e.item]) == k.params.PerItem }
	for _, e := range shelf {
		if e.touch > k.floor && full(e) {
			span = max(span, age(e))
		}
	}
	for rank, e := range shelf {
		if e.item == newest || e.touch <= k.floor {
			continue
		}
		n := int64(len(k.postings[e.item]))
		if full(e) {
			n = min(n*span/age(e), 1<<30)
		}
		factor := int64(1000)
		if l.Brand != 0 && k.labels[e.item] == l {
			factor += int64(k.params.BrandLift)
		}
		votes[e.item] = factor * n * int64(k.params.ShelfItems-rank)
	}
	addVotes(total, votes, weight)
}

// votes sums what the neighbours of the items say.
func (k *known) votes(items []string, kinds []EventType, self factKey, scan int) map[string]int64 {
	votes := map[string]int64{}
	for _, n := range k.neighbours(items, kinds, self, scan) {
		record := k.records[n.visit]
		record = record[max(0, len(record)-recordView):]
		last := -1
		for at, f := range record {
			if slices.Contains(items, f.Item) {
				last = at
			}
		}
		if last < 0 {
			continue
		}
		sim := mul(n.sim, inverseRoot(len(record)))
		for at, f := range record {
			w := k.kernel(n.first, at-last)
			for from, g := range record {
				if p := slices.Index(items, g.Item); p >= 0 {
					w += k.covisit(p, at-from)
				}
			}
			votes[f.Item] += mul(sim, w)
		}
	}
	return votes
}

func (k *known) neighbours(items []string, kinds []EventType, self factKey, scan int) []*neighbour {
	var met []*neighbour
	by := map[factKey]*neighbour{}
	for p, item := range items {
		weight := mul(power(k.params.QueryDecay, p), k.weight(kinds[p]))
		posting := k.postings[item]
		for rank, visit := range posting[:min(scan, len(posting))] {
			if visit == self {
				continue
			}
			n := by[visit]
			if n == nil && len(met) < k.params.Neighbours {
				n = &neighbour{visit: visit, first: p}
				by[visit], met = n, append(met, n)
			}
			if n != nil {
				fall := k.params.RankDecay.fixed() * int64(rank) / int64(k.params.Scan)
				n.sim += mul(weight, max(0, one-fall))
			}
		}
	}
	return met
}

// weight is the weight of a query item's type; leaders of the second hop have the type View.
func (k *known) weight(t EventType) int64 { return k.params.TypeWeight[t].fixed() }

func (k *known) kernel(first, steps int) int64 {
	w := mul(mul(k.params.Kernel.fixed(), power(k.params.PositionDecay, first)), power(k.params.KernelDecay, max(steps, -steps)))
	if steps < 0 {
		w = mul(w, k.params.KernelBack.fixed())
	}
	return w
}

func (k *known) covisit(p, steps int) int64 {
	switch w := k.params.CoVisit.fixed() / int64(p+1); {
	case steps == 0 || max(steps, -steps) > k.params.CoVisitWindow:
		return 0
	case steps < 0:
		return mul(w, k.params.CoVisitBack.fixed())
	default:
		return w
	}
}

// power returns r to the n, rounded down at each step.
func power(r Permille, n int) int64 {
	v := int64(one)
	for range n {
		v = mul(v, r.fixed())
	}
	return v
}
