package produce

import (
	"context"
	"time"
)

// tick is how far ahead of its time a record may go. At high rates it makes a few long waits out of many short ones,
// which no clock keeps.
const tick = 5 * time.Millisecond

// pace decides when a record may go. Times are absolute, counted from the first record.
type pace struct {
	rate, speed float64 // at most one is not 0
	now         func() time.Time
	sleep       func(context.Context, time.Duration) error

	start    time.Time
	recorded time.Time // of the first record
	records  int64
}

// next waits until the next record may be made: the rate's part.
func (p *pace) next(ctx context.Context) error {
	if p.start.IsZero() {
		p.start = p.now()
	}
	due := p.start
	if p.rate > 0 {
		due = p.start.Add(seconds(float64(p.records) / p.rate))
	}
	p.records++
	return p.until(ctx, due)
}

// replay waits until a record of the given time may go: the speed's part. A record that is older than the first goes at
// once, and so does one that is older than the one before it.
func (p *pace) replay(ctx context.Context, recorded time.Time) error {
	if p.speed == 0 {
		return nil
	}
	if p.recorded.IsZero() {
		p.recorded = recorded
	}
	return p.until(ctx, p.start.Add(seconds(recorded.Sub(p.recorded).Seconds()/p.speed)))
}

func (p *pace) until(ctx context.Context, due time.Time) error {
	if wait := due.Sub(p.now()); wait >= tick {
		return p.sleep(ctx, wait)
	}
	return ctx.Err()
}

// longest is a wait that nobody waits for, and that a duration can still hold.
const longest = 100 * 365 * 24 * time.Hour

func seconds(s float64) time.Duration {
	return time.Duration(min(s, longest.Seconds()) * float64(time.Second))
}

// sleep waits on the real clock.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
