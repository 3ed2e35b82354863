package main

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/compare"
)

// quality is how often the next product of a session was in the list that the log holds for the moment before, and how often it
// was among the most popular products of that moment. A product that is looked at again at once does not count.
type quality struct {
	Predictions int     `json:"predictions"`
	HitRate     float64 `json:"hitRate"`
	Popularity  float64 `json:"popularityHitRate"`
}

// visit is one row that counts.
type visit struct {
	arrival          time.Time
	sequence         string
	session, product string
	list             []string
}

// measureQuality reads the whole log.
func measureQuality(ctx context.Context, bucket chain.Bucket, layout chain.Layout, k int) (quality, error) {
	var visits []visit
	for _, g := range layout.Generations() {
		for o, err := range bucket.List(ctx, layout.In(g).DataPrefix()) {
			if err != nil {
				return quality{}, err
			}
			if _, _, _, err := layout.ParseLinkKey(o.Key); err != nil {
				continue // another generation has replaced it
			}
			if visits, err = appendVisits(ctx, visits, bucket, o.Key); err != nil {
				return quality{}, err
			}
		}
	}
	slices.SortStableFunc(visits, func(a, b visit) int {
		return cmp.Or(a.arrival.Compare(b.arrival), chain.Compare(a.sequence, b.sequence))
	})
	return score(visits, k), nil
}

// appendVisits reads an object.
func appendVisits(ctx context.Context, visits []visit, bucket chain.Bucket, key string) ([]visit, error) {
	body, _, err := bucket.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	rows, err := compare.Read(ctx, body)
	for i := range rows {
		if product := rows[i].Product(); product != "" {
			visits = append(visits, visitOf(&rows[i], product))
		}
	}
	return visits, err
}

func visitOf(r *compare.Row, product string) visit {
	v := visit{arrival: r.ArrivalTime, sequence: r.SequenceNumber, session: *r.SessionID, product: product}
	for _, l := range r.Lists {
		v.list = append(v.list, l.ProductCode)
	}
	return v
}

// score replays the visits in the order of their arrival.
func score(visits []visit, k int) (q quality) {
	before := map[string]visit{}
	top := popularity{counts: map[string]int{}}
	hits, popular := 0, 0
	for _, v := range visits {
		if last, ok := before[v.session]; ok && last.product != v.product {
			q.Predictions++
			if slices.Contains(last.list[:min(k, len(last.list))], v.product) {
				hits++
			}
			if slices.Contains(top.best(k), v.product) {
				popular++
			}
		}
		before[v.session] = v
		top.add(v.product)
	}
	if q.Predictions > 0 {
		q.HitRate, q.Popularity = float64(hits)/float64(q.Predictions), float64(popular)/float64(q.Predictions)
	}
	return q
}

// popularity keeps the products sorted by how often they were seen.
type popularity struct {
	counts map[string]int
	order  []string
	place  map[string]int
}

func (p *popularity) add(product string) {
	if p.place == nil {
		p.place = map[string]int{}
	}
	i, ok := p.place[product]
	if !ok {
		i = len(p.order)
		p.order = append(p.order, product)
		p.place[product] = i
	}
	p.counts[product]++
	for ; i > 0 && p.counts[p.order[i-1]] < p.counts[product]; i-- {
		p.order[i-1], p.order[i] = p.order[i], p.order[i-1]
		p.place[p.order[i]] = i
	}
	p.place[product] = i
}

func (p *popularity) best(k int) []string { return p.order[:min(k, len(p.order))] }
