package evaluate

import (
	"cmp"
	"math"
	"slices"
)

// VMIS is VMIS-kNN, the session-based nearest neighbours of Serenade (Kersbergen et al., SIGMOD 2022): the published
// method that package model is compared with. It is written for clarity, and learns event by event.
type VMIS struct {
	Sample     int     // m: most recent sessions that are looked at
	Neighbours int     // k: of those, the most similar
	Items      int     // L: newest items of the session that are looked up
	IDF        float64 // weight of the rarity of items

	archive
	similarity, votes weights
	sample            []int32 // sessions that are looked at, the most recently active last
	best              []int32
}

// NewVMIS returns a VMIS with the parameters of Serenade's example configuration.
func NewVMIS() *VMIS { return &VMIS{Sample: 500, Neighbours: 50, Items: 2, IDF: 1} }

// Recommend implements Recommender.
func (v *VMIS) Recommend(dst []string, session string, k int) []string {
	s := v.sessions.known(session)
	if s < 0 {
		return dst
	}
	return v.list(dst, v.past[s], s, k)
}

// RecommendItems implements Recommender.
func (v *VMIS) RecommendItems(dst []string, items []string, k int) []string {
	return v.list(dst, v.items.all(items), -1, k)
}

func (v *VMIS) list(dst []string, past []int32, self int32, k int) []string {
	if len(past) == 0 {
		return dst
	}
	query := newestFirst(past, v.Items)
	v.compare(query, past[max(0, len(past)-v.Items):], self)
	v.votes.reset(len(v.items.names))
	for _, s := range v.nearest() {
		p := slices.IndexFunc(query, func(i int32) bool { return slices.Contains(v.record[s], i) }) + 1
		w := max(0, 1-.1*float64(p)) * v.similarity.of[s]
		for _, j := range v.record[s] {
			v.votes.add(j, w*v.idf(j))
		}
	}
	v.best = v.items.best(v.best[:0], &v.votes, k+1)
	return v.items.appendNames(dst, v.best, v.items.names[query[0]], k)
}

// compare finds the Sample most recent sessions that share items with the query, and how similar they are: the sum of
// the weights of the shared items, which fall linearly from the newest to the oldest.
func (v *VMIS) compare(query, window []int32, self int32) {
	v.similarity.reset(len(v.sessions.names))
	v.sample = v.sample[:0]
	for _, i := range query {
		position := len(window) - 1 - lastIndex(window, i)
		weight := float64(len(window)-position) / float64(len(query))
		for s := range v.recent(i, self, v.Sample) {
			if v.similarity.of[s] == 0 && !v.admit(s) {
				break
			}
			v.similarity.add(s, weight)
		}
	}
}

// admit takes a session into the sample, in the place of the one that is longest inactive if need be. It reports
// whether the session is recent enough.
func (v *VMIS) admit(s int32) bool {
	if len(v.sample) == v.Sample {
		if v.newest[s] <= v.newest[v.sample[0]] {
			return false
		}
		v.similarity.of[v.sample[0]] = 0
		v.sample = slices.Delete(v.sample, 0, 1)
	}
	at, _ := slices.BinarySearchFunc(v.sample, v.newest[s], func(o int32, t int64) int { return cmp.Compare(v.newest[o], t) })
	v.sample = slices.Insert(v.sample, at, s)
	return true
}

// nearest returns the most similar sessions, the more recent first if equally similar.
func (v *VMIS) nearest() []int32 {
	slices.SortFunc(v.sample, func(a, b int32) int {
		return cmp.Or(cmp.Compare(v.similarity.of[b], v.similarity.of[a]), cmp.Compare(v.newest[b], v.newest[a]),
			cmp.Compare(v.sessions.names[a], v.sessions.names[b]))
	})
	return v.sample[:min(v.Neighbours, len(v.sample))]
}

// idf counts an item once per session, as Serenade does.
func (v *VMIS) idf(j int32) float64 {
	if v.IDF == 0 {
		return 1
	}
	return v.IDF * math.Log(float64(v.touches)/float64(len(v.posting[j])))
}
