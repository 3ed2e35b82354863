package evaluate

import (
	"cmp"
	"math"
	"slices"
)

// CoVisitation counts which items follow each other within a few steps of a session, half as much backwards and after
// HalfLifeMs, and recommends by the counts of the newest items, the p-th newest counting 1/p.
type CoVisitation struct {
	HalfLifeMs int64 // default 14 days
	Window     int   // steps of a session that are counted, and newest items that are asked; default 5

	ids   ids
	pairs []map[int32]float64 // by item
	start int64
	past  map[string][]int32 // newest events by session
	votes weights
	best  []int32
}

// Observe implements Recommender.
func (c *CoVisitation) Observe(e Event) {
	if c.past == nil {
		c.past, c.start = map[string][]int32{}, e.Ms
	}
	i := c.ids.of(e.Item)
	c.pairs = grown(c.pairs, i)
	w := math.Exp2(float64(e.Ms-c.start) / float64(cmp.Or(c.HalfLifeMs, 14*24*3600*1000)))
	past := c.past[e.Session]
	for _, j := range past {
		if i != j {
			c.count(j, i, w)
			c.count(i, j, w/2)
		}
	}
	past = append(past, i)
	c.past[e.Session] = past[max(0, len(past)-c.window()):]
}

func (c *CoVisitation) window() int { return cmp.Or(c.Window, 5) }

func (c *CoVisitation) count(i, j int32, w float64) {
	if c.pairs[i] == nil {
		c.pairs[i] = map[int32]float64{}
	}
	c.pairs[i][j] += w
}

// Recommend implements Recommender.
func (c *CoVisitation) Recommend(dst []string, session string, k int) []string {
	return c.list(dst, c.past[session], k)
}

// RecommendItems implements Recommender.
func (c *CoVisitation) RecommendItems(dst []string, items []string, k int) []string {
	return c.list(dst, c.ids.all(items), k)
}

func (c *CoVisitation) list(dst []string, past []int32, k int) []string {
	if len(past) == 0 {
		return dst
	}
	c.votes.reset(len(c.ids.names))
	for p, i := range newestFirst(past, c.window()) {
		for j, w := range c.pairs[i] { // one addition per j: the order of a map does not matter
			c.votes.add(j, w/float64(p+1))
		}
	}
	c.best = c.ids.best(c.best[:0], &c.votes, k+1)
	return c.ids.appendNames(dst, c.best, c.ids.names[past[len(past)-1]], k)
}

// newestFirst returns the distinct items of the last n events.
func newestFirst(past []int32, n int) []int32 {
	var distinct []int32
	for _, i := range slices.Backward(past[max(0, len(past)-n):]) {
		if !slices.Contains(distinct, i) {
			distinct = append(distinct, i)
		}
	}
	return distinct
}
