package lease

import "math"

// The sizes below are in records/s. A core decodes, recommends and commits about 5,000 records/s.
const (
	// leaseCost is what an idle lease costs its owner: five reads a second, a timer, a chain. It makes idle fleets balance by count.
	// A lease with a lower rate counts as idle.
	leaseCost = 10
	// minGain is one per cent of a core. Loads that could not be brought down by as much, in all, are left alone.
	minGain = 50
	// minShare is the part of a worker's load by which moves have to bring it down, in all.
	minShare = 0.05
	// Two measurements of a steady rate differ by up to 40 %: each is within 20 % of the truth. The sum of many is steadier:
	// the error of one measurement has a standard deviation of 11.5 %, and 0.6 is five times that.
	noiseOfOne  = 0.4
	noiseOfMany = 0.6
	// Leases count as alike when their standard deviation is below a fifth of the mean, and the means of two workers within 1.5.
	maxVariance = 0.04
	maxQuotient = 1.5
)

// load is what the leases of one worker amount to.
type load struct {
	leases int
	weight float64 // records/s, leaseCost for each lease included
	rate   float64 // records/s
	square float64 // sum of the squares of the rates
}

// rate returns the records/s of a lease, whatever its row says.
func rate(l *Lease) float64 {
	if l.Rate > 0 { // not NaN either
		return min(l.Rate, 1e12)
	}
	return 0
}

func weight(l *Lease) float64 { return leaseCost + rate(l) }

func (a *load) add(l *Lease) {
	r := rate(l)
	a.leases++
	a.weight += leaseCost + r
	a.rate += r
	a.square += r * r
}

func (a *load) remove(l *Lease) {
	r := rate(l)
	a.leases--
	a.weight -= leaseCost + r
	a.rate -= r
	a.square -= r * r
}

// apart reports whether a is heavier than b by more than what the noise of measurement explains, and by enough to care.
func (a *load) apart(b *load) bool {
	d := a.weight - b.weight
	return d >= 2*minGain && d >= 2*minShare*a.weight && d >= a.noise(b)
}

// noise bounds by how much the difference of two steady loads appears to change.
func (a *load) noise(b *load) float64 {
	return min(noiseOfOne*(a.rate+b.rate), noiseOfMany*math.Sqrt(max(0, a.square+b.square)))
}

// alike reports whether all leases of two workers weigh about the same, so that their number says as much as the measured load,
// and says it without noise.
func (a *load) alike(b *load) bool {
	if a.leases == 0 || b.leases == 0 {
		return true
	}
	x, y := a.weight/float64(a.leases), b.weight/float64(b.leases)
	return max(x, y) <= maxQuotient*min(x, y) && a.variance() <= maxVariance && b.variance() <= maxVariance
}

// variance returns that of the leases' weights, in units of the square of their mean.
func (a *load) variance() float64 {
	n, mean := float64(a.leases), a.weight/float64(a.leases)
	deviation := a.square/n - (a.rate/n)*(a.rate/n)
	return deviation / (mean * mean)
}

// gain returns by how much the higher of two loads falls when a lease of weight w moves from a to b.
func gain(a, b *load, w float64) float64 { return min(w, a.weight-b.weight-w) }

// evenShare returns the load that each of the workers would have if leases could be cut at will, except that a lease heavier than
// that keeps a worker busy alone.
func evenShare(leases []*Lease, workers int) float64 {
	share := math.Inf(1)
	for {
		rest, left := 0.0, workers
		for _, l := range leases {
			if w := weight(l); w > share {
				left--
			} else {
				rest += w
			}
		}
		next := rest / float64(max(1, left))
		if next >= share {
			return share
		}
		share = next
	}
}
