package evaluate

import (
	"cmp"
	"math"
	"slices"
)

// VMIS is VMIS-kNN, the session-based nearest neighbours of Serenade (Kersbergen et al., SIGMOD 2022): the published
// method that package model is compared with. It is written for clarity, and learns event by event.
type VMIS struct {
	Sample     int     // m: most recent sessions that are looked at. Default 500.
	Neighbours int     // k: of those, the most similar. Default 50.
	Items      int     // L: newest items of the session that are looked up. Default 2.
	IDF        float64 // weight of the rarity of items. Default 1.

	items    ids
	sessions ids
	posting  [][]int32 // sessions by item, in the order of their first touch
	record   [][]int32 // distinct items by session
	past     [][]int32 // events by session
	newest   []int64   // time of the newest event by session
	count    []int     // events by item
	events   int
}

// NewVMIS returns a VMIS with the parameters of Serenade's example configuration.
func NewVMIS() *VMIS { return &VMIS{Sample: 500, Neighbours: 50, Items: 2, IDF: 1} }

// Observe implements Recommender.
func (v *VMIS) Observe(e Event) {
	i, s := v.items.of(e.Item), v.sessions.of(e.Session)
	v.posting, v.count = grown(v.posting, i), grown(v.count, i)
	v.record, v.past, v.newest = grown(v.record, s), grown(v.past, s), grown(v.newest, s)
	if !slices.Contains(v.record[s], i) {
		v.record[s] = append(v.record[s], i)
		v.posting[i] = append(v.posting[i], s)
	}
	v.past[s] = append(v.past[s], i)
	v.newest[s] = max(v.newest[s], e.Ms)
	v.count[i]++
	v.events++
}

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
	var past []int32
	for _, item := range items {
		if i := v.items.known(item); i >= 0 {
			past = append(past, i)
		}
	}
	return v.list(dst, past, -1, k)
}

func (v *VMIS) list(dst []string, past []int32, self int32, k int) []string {
	if len(past) == 0 {
		return dst
	}
	query := newestFirst(past, v.Items)
	similar := v.similar(query, past[max(0, len(past)-v.Items):], self)
	votes := map[int32]float64{}
	for _, s := range v.nearest(similar) {
		p := slices.IndexFunc(query, func(i int32) bool { return slices.Contains(v.record[s], i) }) + 1
		w := max(0, 1-.1*float64(p)) * similar[s]
		for _, j := range v.record[s] {
			votes[j] += w * v.idf(j)
		}
	}
	return v.items.appendNames(dst, ranking(votes, v.items.names), v.items.names[query[0]], k)
}

// similar returns the Sample most recent sessions that share items with the query, and how similar they are: the sum
// of the weights of the shared items, which fall linearly from the newest to the oldest.
func (v *VMIS) similar(query, window []int32, self int32) map[int32]float64 {
	similar := map[int32]float64{}
	var sample []int32 // most recent last
	for _, i := range query {
		position := len(window) - 1 - lastIndex(window, i)
		weight := float64(len(window)-position) / float64(len(query))
		for _, s := range v.recent(i, self) {
			if _, ok := similar[s]; ok {
				similar[s] += weight
				continue
			}
			if len(sample) == v.Sample {
				if v.newest[s] <= v.newest[sample[0]] {
					break
				}
				delete(similar, sample[0])
				sample = sample[1:]
			}
			similar[s] = weight
			at, _ := slices.BinarySearchFunc(sample, v.newest[s], func(o int32, t int64) int { return cmp.Compare(v.newest[o], t) })
			sample = slices.Insert(sample, at, s)
		}
	}
	return similar
}

func lastIndex(s []int32, i int32) int {
	at := len(s) - 1
	for s[at] != i {
		at--
	}
	return at
}

// recent returns the Sample most recent sessions with an item, but one, most recent first.
func (v *VMIS) recent(i, self int32) []int32 {
	sessions := slices.DeleteFunc(slices.Clone(v.posting[i]), func(s int32) bool { return s == self })
	slices.SortStableFunc(sessions, func(a, b int32) int { return cmp.Compare(v.newest[b], v.newest[a]) })
	return sessions[:min(v.Sample, len(sessions))]
}

// nearest returns the most similar sessions, the more recent first if equally similar.
func (v *VMIS) nearest(similar map[int32]float64) []int32 {
	sessions := make([]int32, 0, len(similar))
	for s := range similar {
		sessions = append(sessions, s)
	}
	slices.SortFunc(sessions, func(a, b int32) int {
		return cmp.Or(cmp.Compare(similar[b], similar[a]), cmp.Compare(v.newest[b], v.newest[a]), cmp.Compare(v.sessions.names[a], v.sessions.names[b]))
	})
	return sessions[:min(v.Neighbours, len(sessions))]
}

func (v *VMIS) idf(j int32) float64 {
	if v.IDF == 0 {
		return 1
	}
	return v.IDF * math.Log(float64(v.events)/float64(v.count[j]))
}
