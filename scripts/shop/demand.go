package shop

import (
	"math"
	"math/rand/v2"
	"sort"
)

const (
	popularitySkew = 0.9  // exponent of Zipf's law within a category
	categorySkew   = 0.6  // the same between categories
	trendFactor    = 30.0 // how much more a trending product is wanted
	trends         = 6    // products that trend at once
	laterShare     = 10   // one product in so many is not yet on sale at the beginning
)

// demand is what shoppers want without looking at what they saw before. It drifts: products come on sale, and trends
// come and go.
type demand struct {
	weights    []float64 // by item; 0 while it is not on sale
	trending   []item    // oldest first
	later      []item    // not yet on sale, next first
	inCategory [][]float64
	categories []float64
}

func newDemand(rnd *rand.Rand, products int) *demand {
	d := &demand{weights: make([]float64, products), inCategory: make([][]float64, products/perCategory)}
	for c := range d.inCategory {
		for rank, i := range rnd.Perm(perCategory) {
			d.weights[c*perCategory+i] = zipf(rank, popularitySkew)
		}
	}
	for _, i := range rnd.Perm(products)[:products/laterShare] {
		d.later = append(d.later, item(i))
		d.weights[i] = -d.weights[i] // not on sale; remembers what it will be
	}
	order := rnd.Perm(len(d.inCategory))
	weights := make([]float64, len(order))
	for rank, c := range order {
		weights[c] = zipf(rank, categorySkew)
	}
	d.categories = cumulate(weights)
	for c := range d.inCategory {
		d.refresh(c)
	}
	return d
}

func zipf(rank int, exponent float64) float64 { return math.Pow(float64(rank+1), -exponent) }

// onSale reports whether shoppers can find i.
func (d *demand) onSale(i item) bool { return d.weights[i] > 0 }

// drift brings the next product on sale, and starts a trend in place of the oldest: the new product's, or once there is
// none, a random one's.
func (d *demand) drift(rnd *rand.Rand) {
	next := item(rnd.IntN(len(d.weights)))
	if len(d.later) > 0 {
		next, d.later = d.later[0], d.later[1:]
		d.weights[next] = -d.weights[next]
	}
	if len(d.trending) == trends {
		d.weights[d.trending[0]] /= trendFactor
		d.refresh(categoryOf(d.trending[0]))
		d.trending = d.trending[1:]
	}
	d.weights[next] *= trendFactor
	d.trending = append(d.trending, next)
	d.refresh(categoryOf(next))
}

// refresh recomputes what pick chooses from in a category.
func (d *demand) refresh(c int) {
	weights := make([]float64, perCategory)
	for i := range weights {
		weights[i] = max(d.weights[c*perCategory+i], 0)
	}
	d.inCategory[c] = cumulate(weights)
}

// category draws a category by its popularity.
func (d *demand) category(rnd *rand.Rand) int { return draw(rnd, d.categories) }

// pick draws a product of a category by its popularity.
func (d *demand) pick(rnd *rand.Rand, category int) item {
	return item(category*perCategory + draw(rnd, d.inCategory[category]))
}

// substitute draws another product of the same line by its popularity, or the product itself when no other is on sale.
func (d *demand) substitute(rnd *rand.Rand, i item) item {
	start := lineStart(i)
	var sums [variants]float64
	sum := 0.0
	for v := range sums {
		if other := start + item(v); other != i {
			sum += max(d.weights[other], 0)
		}
		sums[v] = sum
	}
	if sum == 0 {
		return i
	}
	return start + item(draw(rnd, sums[:]))
}

// cumulate turns weights into running sums.
func cumulate(weights []float64) []float64 {
	sums := make([]float64, len(weights))
	sum := 0.0
	for i, w := range weights {
		sum += w
		sums[i] = sum
	}
	return sums
}

// draw picks a position in proportion to its part of the running sums.
func draw(rnd *rand.Rand, sums []float64) int {
	x := rnd.Float64() * sums[len(sums)-1]
	return sort.Search(len(sums)-1, func(i int) bool { return sums[i] > x })
}
