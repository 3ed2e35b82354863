package chart

import (
	"math"
	"strconv"
	"time"

	"gonum.org/v1/plot"
)

// Dates are ticks at round times, UTC, of an axis of seconds since 1970.
type Dates struct{}

const day = 24 * time.Hour

// steps are the distances of ticks that people count in.
var steps = []time.Duration{
	time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, day, 2 * day, 7 * day, 14 * day,
}

// mostDates are as many as have room beside each other.
const mostDates = 9

// Ticks implements plot.Ticker.
func (Dates) Ticks(low, high float64) []plot.Tick {
	for _, s := range steps {
		if (high-low)/s.Seconds() < mostDates {
			return shortTicks(low, high, s.Seconds())
		}
	}
	return monthTicks(low, high)
}

// shortTicks begin at a multiple of the step; weeks begin on Mondays.
func shortTicks(low, high, step float64) []plot.Tick {
	monday := 0.0
	if step >= 7*day.Seconds() {
		monday = 4 * day.Seconds() // the first one of 1970
	}
	var ticks []plot.Tick
	for at := math.Ceil((low-monday)/step)*step + monday; at <= high; at += step {
		ticks = append(ticks, plot.Tick{Value: at, Label: dateLabel(time.Unix(int64(at), 0).UTC(), step, len(ticks) == 0)})
	}
	return ticks
}

// monthTicks are at the first of months, or of some of them.
func monthTicks(low, high float64) []plot.Tick {
	from, to := time.Unix(int64(low), 0).UTC(), time.Unix(int64(high), 0).UTC()
	all := 12*(to.Year()-from.Year()) + int(to.Month()-from.Month())
	step, format := 1, "Jan 2006"
	for _, next := range []int{2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 12000} {
		if all/step >= mostDates {
			step = next
		}
	}
	if step >= 12 {
		format = "2006"
	}
	var ticks []plot.Tick
	for n := (12*from.Year() + int(from.Month()) - 1) / step * step; ; n += step {
		t := time.Date(n/12, time.Month(n%12+1), 1, 0, 0, 0, 0, time.UTC)
		if t.After(to) {
			return ticks
		}
		if !t.Before(from) {
			ticks = append(ticks, plot.Tick{Value: float64(t.Unix()), Label: t.Format(format)})
		}
	}
}

// dateLabel tells the time of the day where ticks are closer than days, and the day with the first one and at midnight.
func dateLabel(t time.Time, step float64, first bool) string {
	clock := "15:04"
	switch {
	case step >= day.Seconds():
		return t.Format("2 Jan")
	case step < 60:
		clock = "15:04:05"
	}
	if first || t.Truncate(day).Equal(t) {
		clock += "\n2 Jan"
	}
	return t.Format(clock)
}

// Tenths are ticks from 0 to the first one that is not below the greatest value, at a distance of 1, 2 or 5 tenths, hundredths and so on.
func Tenths(greatest float64) plot.ConstantTicks {
	if !(greatest > 0) {
		greatest = 1
	}
	const most = 8
	step, decimals := 1.0, 0
	for _, next := range []float64{.5, .2, .1, .05, .02, .01, .005, .002, .001} {
		if greatest/next > most {
			break
		}
		step, decimals = next, int(math.Ceil(-math.Log10(next)))
	}
	var ticks plot.ConstantTicks
	for n := 0.0; n == 0 || (n-1)*step < greatest-1e-9; n++ {
		ticks = append(ticks, plot.Tick{Value: n * step, Label: strconv.FormatFloat(n*step, 'f', decimals, 64)})
	}
	return ticks
}
