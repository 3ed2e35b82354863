package worker

import (
	"math"
	"sync"
	"time"
)

// rate is an exponentially weighted mean of records per second, with a time constant of one minute. It counts from the moment at which it is told to begin:
// what the first read brings was not there in no time.
type rate struct {
	mu     sync.Mutex
	value  float64
	weight float64 // of what value is made of: below 1 while the mean is young
	since  time.Time
	count  int
}

const (
	rateWindow = time.Minute
	// rateAge is how old a mean is at the least: younger ones would take what had piled up before the term for what arrives.
	rateAge = 10 * time.Second
)

func (r *rate) begin(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.since.IsZero() {
		r.since = now
	}
}

func (r *rate) add(now time.Time, records int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count += records
	r.settle(now)
}

// settle needs the lock. It brings what was counted into the mean.
func (r *rate) settle(now time.Time) {
	if r.since.IsZero() {
		r.since = now
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

// perSecond returns the mean until now: it also falls when nobody adds anything.
func (r *rate) perSecond(now time.Time) float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settle(now)
	return r.value / max(r.weight, 1-math.Exp(-rateAge.Seconds()/rateWindow.Seconds()))
}
