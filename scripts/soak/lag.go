package main

import (
	"slices"
	"time"
)

// lagReport says how long the oldest record that was not committed had been waiting.
type lagReport struct {
	Median, P99, Worst time.Duration // replays apart
	Behind             int           // times that it was more than behindLimit, replays apart
	LongestBehind      time.Duration
	WorstReplaying     time.Duration // while a replay was on its way
	LongestReplay      time.Duration // from its plan until readers saw it
	Unknown            float64       // share of the looks that could not tell of every shard
}

// behindLimit is more than a fleet needs to detect a failure, take over and write a batch.
const behindLimit = 30 * time.Second

func lagOf(points []point) (l lagReport) {
	known := slices.DeleteFunc(slices.Clone(points), func(p point) bool { return !p.known })
	l.Unknown = float64(len(points)-len(known)) / float64(max(1, len(points)))
	var lags []float64
	for _, p := range known {
		if p.replaying {
			l.WorstReplaying = max(l.WorstReplaying, p.lag)
		} else {
			lags = append(lags, float64(p.lag))
		}
	}
	rounded := func(q float64) time.Duration { return time.Duration(quantile(lags, q)).Round(100 * time.Millisecond) }
	l.Median, l.P99, l.Worst = rounded(0.5), rounded(0.99), rounded(1)
	l.Behind, l.LongestBehind = spells(known, func(p point) bool { return !p.replaying && p.lag > behindLimit })
	_, l.LongestReplay = spells(points, func(p point) bool { return p.replaying })
	return l
}

// spells counts the times in which something is so without a break, and returns how long the longest lasted, up to the first point that is different.
func spells(points []point, so func(point) bool) (n int, longest time.Duration) {
	began := time.Duration(-1)
	for _, p := range points {
		switch {
		case so(p) && began < 0:
			began = p.at
			n++
		case so(p):
			longest = max(longest, p.at-began)
		case began >= 0:
			longest = max(longest, p.at-began)
			began = -1
		}
	}
	return n, longest
}
