package evaluate

import (
	"cmp"
	"math"
	"slices"
)

// Popularity recommends the most popular items, each touch counting half as much after HalfLifeMs.
type Popularity struct {
	HalfLifeMs int64 // default 7 days

	ids    ids
	weight []float64 // by item, in units of what a touch weighed at start
	start  int64
	last   map[string]string // newest item by session
	best   []int32
}

// Observe implements Recommender.
func (p *Popularity) Observe(e Event) {
	if p.last == nil {
		p.last, p.start = map[string]string{}, e.Ms
	}
	i := p.ids.of(e.Item)
	p.weight = grown(p.weight, i)
	p.weight[i] += p.now(e.Ms)
	p.rank(i)
	p.last[e.Session] = e.Item
}

// now returns what a touch weighs at a time. Weights grow instead of decaying; now and then all are scaled down.
func (p *Popularity) now(ms int64) float64 {
	half := float64(cmp.Or(p.HalfLifeMs, 7*24*3600*1000))
	w := math.Exp2(float64(ms-p.start) / half)
	if w > 1<<60 {
		for i := range p.weight {
			p.weight[i] /= w
		}
		p.start, w = ms, 1
	}
	return w
}

// Recommend implements Recommender.
func (p *Popularity) Recommend(dst []string, session string, k int) []string {
	return p.list(dst, p.last[session], k)
}

// RecommendItems implements Recommender.
func (p *Popularity) RecommendItems(dst []string, items []string, k int) []string {
	last := ""
	if len(items) > 0 {
		last = items[len(items)-1]
	}
	return p.list(dst, last, k)
}

func (p *Popularity) list(dst []string, without string, k int) []string {
	if k < popularKept {
		return p.ids.appendNames(dst, p.best, without, k)
	}
	var best []int32
	for i := range int32(len(p.weight)) {
		best = insertBest(best, i, k+1, p.before)
	}
	return p.ids.appendNames(dst, best, without, k)
}

// popularKept is how many of the most popular items are kept in order. Weights only grow, relative to each other, so an
// item comes among them by its own touches alone.
const popularKept = 64

// rank moves an item that was touched to its place among the most popular.
func (p *Popularity) rank(i int32) {
	if at := slices.Index(p.best, i); at >= 0 {
		p.best = slices.Delete(p.best, at, at+1)
	}
	p.best = insertBest(p.best, i, popularKept, p.before)
}

func (p *Popularity) before(a, b int32) bool {
	return cmp.Or(cmp.Compare(p.weight[b], p.weight[a]), cmp.Compare(p.ids.names[a], p.ids.names[b])) < 0
}

// insertBest keeps the k first of what it is given in order.
func insertBest(best []int32, i int32, k int, before func(a, b int32) bool) []int32 {
	if len(best) == k && !before(i, best[k-1]) {
		return best
	}
	at, _ := slices.BinarySearchFunc(best, i, func(a, b int32) int {
		if before(a, b) {
			return -1
		}
		return 1
	})
	return slices.Insert(best, at, i)[:min(k, len(best)+1)]
}
