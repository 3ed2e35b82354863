package upstream

import (
	"math"
	"time"
)

// forget is how much of the usual rate is left after a minute: an hour's worth counts.
var forget = math.Exp(-1.0 / 60)

// pace is how much arrives in a shard.
type pace struct {
	term   int64     // lease counter of the term
	last   time.Time // newest arrival, or when somebody first asked
	heard  bool      // last is an arrival
	minute int64     // of last, if anything has arrived; 0 when nothing has
	count  int64     // arrivals in it
	mean   float64   // rows a minute, over whole minutes, not yet divided by weight
	weight float64
}

// arrive counts a row.
func (p *pace) arrive(at time.Time) {
	if at.After(p.last) {
		p.last, p.heard = at, true
	}
	number := at.Unix() / 60
	if number <= p.minute {
		p.count++
		return
	}
	if p.minute > 0 {
		p.mean = p.mean*forget + float64(p.count)*(1-forget)
		p.weight = p.weight*forget + (1 - forget)
		empty := math.Pow(forget, float64(number-p.minute-1))
		p.mean, p.weight = p.mean*empty, 1-(1-p.weight)*empty
	}
	p.minute, p.count = number, 1
}

// usual is how many rows arrive in a second, -1 before a whole minute has been seen.
func (p *pace) usual() float64 {
	if p.weight == 0 {
		return -1
	}
	return p.mean / p.weight / 60
}
