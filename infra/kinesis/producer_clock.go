package kinesis

import (
	"math"
	"time"
)

// systemTimer is a time.Timer in the shape of ProducerOptions.Timer.
func systemTimer(d time.Duration) (fired <-chan time.Time, stop func() bool) {
	t := time.NewTimer(d)
	return t.C, t.Stop
}

// alarm is one timer that follows the earliest of the times it is given.
type alarm struct {
	timer func(time.Duration) (<-chan time.Time, func() bool)
	at    time.Time // zero when not set
	fired <-chan time.Time
	stop  func() bool
}

// set makes the alarm go off at the given time; the zero time switches it off.
func (a *alarm) set(at, now time.Time) {
	if at.Equal(a.at) {
		return
	}
	a.clear()
	if at.IsZero() {
		return
	}
	a.at = at
	a.fired, a.stop = a.timer(at.Sub(now))
}

// clear switches the alarm off; it must be called when it has gone off.
func (a *alarm) clear() {
	if a.stop != nil {
		a.stop()
	}
	a.at, a.fired, a.stop = time.Time{}, nil, nil
}

// backoff is the wait after the given number of failures in a row, 1 or more: doubling from base to cap, drawn from the
// upper half, so that many producers that failed together do not come back together.
func backoff(base, limit time.Duration, failures int, random func() float64) time.Duration {
	longest := float64(limit)
	if doublings := failures - 1; doublings < 62 {
		longest = math.Min(longest, float64(base)*float64(uint64(1)<<doublings))
	}
	return time.Duration(longest/2 + longest/2*random())
}
