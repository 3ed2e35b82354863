package evaluate

import (
	"cmp"
	"math"
	"slices"
)

// VSTAN is the vector-multiplication sequence and time aware neighbourhood of Ludewig et al. (UMUAI 2020), which adds
// weights of the position in the query and of the rarity of items to STAN (Garg et al., SIGIR 2019). With p counting the
// items of the query from the newest, 0, of l in all, i* the newest item of the query that neighbour n has, and t in
// days:
//
//	sim(n) = Σ exp(-p(i)/λ1) / l · exp(-(t - t(n))/λ2)           over the shared items i
//	score(j) = Σ sim(n) · exp(-|pos(j) - pos(i°)|/λ3) · exp(-p(i*)/λipw) · (1 + λidf · ln(sessions/sessions of j))
//
// where i° is the last item of n that is in the query.
type VSTAN struct {
	Sample     int     // most recent sessions that are looked at
	Neighbours int     // of those, the most similar
	Position   float64 // λ1
	AgeDays    float64 // λ2
	Distance   float64 // λ3
	Query      float64 // λipw
	IDF        float64 // λidf

	archive
	similarity, votes, place weights // place: 1 + position in the query, by item
	sample, best             []int32
}

// NewVSTAN returns a VSTAN with the parameters published for RetailRocket.
func NewVSTAN() *VSTAN {
	return &VSTAN{Sample: 2500, Neighbours: 1000, Position: 3.62, AgeDays: 100, Distance: .4525, Query: 3.62, IDF: 1}
}

// Recommend implements Recommender.
func (v *VSTAN) Recommend(dst []string, session string, k int) []string {
	s := v.sessions.known(session)
	if s < 0 {
		return dst
	}
	return v.list(dst, v.past[s], s, v.newest[s], k)
}

// RecommendItems implements Recommender. The session is taken to be as old as the newest that was observed.
func (v *VSTAN) RecommendItems(dst []string, items []string, k int) []string {
	now := int64(0)
	if len(v.newest) > 0 {
		now = slices.Max(v.newest)
	}
	return v.list(dst, v.items.all(items), -1, now, k)
}

func (v *VSTAN) list(dst []string, past []int32, self int32, now int64, k int) []string {
	if len(past) == 0 {
		return dst
	}
	query := newestFirst(past, len(past))
	v.place.reset(len(v.items.names))
	for p, i := range query {
		v.place.add(i, float64(p+1))
	}
	v.compare(query, len(past), self, now)
	v.votes.reset(len(v.items.names))
	for _, s := range v.nearest() {
		v.vote(s)
	}
	v.best = v.items.best(v.best[:0], &v.votes, k+1)
	return v.items.appendNames(dst, v.best, v.items.names[query[0]], k)
}

// compare finds the Sample most recent sessions that share items with the query, and how similar they are.
func (v *VSTAN) compare(query []int32, length int, self int32, now int64) {
	v.similarity.reset(len(v.sessions.names))
	for p, i := range query {
		for s := range v.recent(i, self, v.Sample) {
			age := float64(now-v.newest[s]) / (24 * 3600 * 1000)
			v.similarity.add(s, math.Exp(-float64(p)/v.Position)/float64(length)*math.Exp(-age/v.AgeDays))
		}
	}
	v.sample = append(v.sample[:0], v.similarity.touched...)
	if len(v.sample) > v.Sample {
		slices.SortFunc(v.sample, func(a, b int32) int { return cmp.Or(cmp.Compare(v.newest[b], v.newest[a]), cmp.Compare(b, a)) })
		v.sample = v.sample[:v.Sample]
	}
}

// nearest returns the most similar sessions, the more recent first if equally similar.
func (v *VSTAN) nearest() []int32 {
	if len(v.sample) <= v.Neighbours {
		return v.sample
	}
	slices.SortFunc(v.sample, func(a, b int32) int {
		return cmp.Or(cmp.Compare(v.similarity.of[b], v.similarity.of[a]), cmp.Compare(v.newest[b], v.newest[a]), cmp.Compare(a, b))
	})
	return v.sample[:v.Neighbours]
}

// vote adds the votes of one neighbour.
func (v *VSTAN) vote(s int32) {
	record := v.record[s]
	newest, last := math.Inf(1), 0
	for at, i := range record {
		if p := v.place.of[i]; p > 0 {
			newest, last = min(newest, p-1), at
		}
	}
	w := v.similarity.of[s] * math.Exp(-newest/v.Query)
	for at, j := range record {
		rare := 1 + v.IDF*math.Log(float64(len(v.record))/float64(len(v.posting[j])))
		v.votes.add(j, w*math.Exp(-math.Abs(float64(at-last))/v.Distance)*rare)
	}
}
