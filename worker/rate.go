package worker

import (
	"math"
	"sync"
	"time"
)

// rate is an exponentially weighted mean of records per second, with a time constant of one minute.
type rate struct {
	mu     sync.Mutex
	value  float64
	weight float64 // of what value is made of: below 1 while the mean is young
	since  time.Time
	count  int
}

const rateWindow = time.Minute

func (r *rate) add(now time.Time, records int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count += records
	if r.since.IsZero() {
		r.since = now
		return
	}
	dt := now.Sub(r.since).Seconds()
	if dt < 1 {
		return
	}
	keep := math.Exp(-dt / rateWindow.Seconds())
	r.value = keep*r.value + (1-keep)*float64(r.count)/dt
	r.weight = keep*r.weight + 1 - keep
	r.since, r.count = now, 0
}

func (r *rate) perSecond() float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.weight == 0 {
		return 0
	}
	return r.value / r.weight
}
