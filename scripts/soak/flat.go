package main

import (
	"math"
	"slices"
	"time"
)

// judged is what is looked at in a process that has lived long enough, and whether it is flat: it is when the robust trend of the last half of its life,
// over that half, is less than a tenth of the median there, or than what is too little to count.
type judged struct {
	What   string  `json:"what"`
	Unit   string  `json:"unit"`
	Median float64 `json:"median"` // of the last half
	// PerHour is the slope of Theil and Sen: the median of the slopes of all pairs of samples.
	PerHour float64 `json:"perHour"`
	// PerVisit is what an open visit takes, of memory; the trend is that of what is left without it. Visits live for 24 hours, so their number grows.
	PerVisit float64 `json:"perVisit,omitempty"`
	Flat     bool    `json:"flat"`
}

// longEnough is the least half of a life that says something about trends.
const longEnough = 10 * time.Minute

// lastHalf returns the samples of the last half of a process's life in which something was known; none when that is too short.
func lastHalf(samples []sample, value func(sample) float64) (half []sample) {
	if len(samples) == 0 {
		return nil
	}
	first, last := samples[0].At, samples[len(samples)-1].At
	if (last-first)/2 < longEnough {
		return nil
	}
	for _, s := range samples {
		if s.At >= first+(last-first)/2 && value(s) > 0 {
			half = append(half, s)
		}
	}
	return half
}

// judge looks for a trend. perVisit tells that what grows with open visits is no leak.
func judge(what, unit string, samples []sample, value func(sample) float64, least float64, perVisit bool) (judged, bool) {
	half := lastHalf(samples, value)
	if len(half) < 20 {
		return judged{}, false
	}
	var hours, visits, values []float64
	for _, s := range half {
		hours, visits, values = append(hours, s.At.Hours()), append(visits, s.Visits), append(values, value(s))
	}
	j := judged{What: what, Unit: unit, Median: median(values)}
	if perVisit {
		j.PerHour, j.PerVisit = additive(hours, visits, values)
	} else {
		j.PerHour = slope(hours, values)
	}
	lasted := hours[len(hours)-1] - hours[0]
	j.Flat = j.PerHour*lasted < max(j.Median/10, least)
	return j, true
}

// additive explains values by a trend in x and one in y: each robust slope is that of what the other one leaves, in turn until they settle.
func additive(x, y, values []float64) (perX, perY float64) {
	less := func(by []float64, slope float64) []float64 {
		left := make([]float64, len(values))
		for i := range values {
			left[i] = values[i] - slope*by[i]
		}
		return left
	}
	for range 50 {
		perY = max(0, slope(y, less(x, perX)))
		perX = slope(x, less(y, perY))
	}
	return perX, perY
}

// slope is the median of the slopes of all pairs whose x differ (Theil 1950, Sen 1968), 0 when there is none.
func slope(x, y []float64) float64 {
	var slopes []float64
	for i := range x {
		for j := range i {
			if d := x[i] - x[j]; d != 0 {
				slopes = append(slopes, (y[i]-y[j])/d)
			}
		}
	}
	return median(slopes)
}

// median is that of the values, 0 of none.
func median(values []float64) float64 { return quantile(values, 0.5) }

// quantile is the nearest rank, 0 of no values.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	rank := int(math.Ceil(q * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}
