package chart

import (
	"strings"
	"testing"
	"time"

	"gonum.org/v1/plot"
)

func labelsOf(ticks []plot.Tick) string {
	var all []string
	for _, t := range ticks {
		all = append(all, strings.ReplaceAll(t.Label, "\n", "/"))
	}
	return strings.Join(all, " ")
}

func TestDates(t *testing.T) {
	at := time.Date(2026, 2, 27, 21, 10, 0, 0, time.UTC)
	for span, want := range map[time.Duration]string{
		4 * time.Second:            "21:10:00/27 Feb 21:10:01 21:10:02 21:10:03 21:10:04",
		40 * time.Minute:           "21:10/27 Feb 21:15 21:20 21:25 21:30 21:35 21:40 21:45 21:50",
		7 * time.Hour:              "22:00/27 Feb 23:00 00:00/28 Feb 01:00 02:00 03:00 04:00",
		10 * 24 * time.Hour:        "28 Feb 2 Mar 4 Mar 6 Mar 8 Mar",
		90 * 24 * time.Hour:        "2 Mar 16 Mar 30 Mar 13 Apr 27 Apr 11 May 25 May",
		365 * 24 * time.Hour:       "Mar 2026 May 2026 Jul 2026 Sep 2026 Nov 2026 Jan 2027",
		100 * 365 * 24 * time.Hour: "2040 2060 2080 2100 2120",
	} {
		low := float64(at.Unix())
		ticks := (Dates{}).Ticks(low, low+span.Seconds())
		if got := labelsOf(ticks); got != want {
			t.Errorf("%v has %s, want %s", span, got, want)
		}
		for i := 2; i < len(ticks) && span < 200*24*time.Hour; i++ {
			if ticks[i].Value-ticks[i-1].Value != ticks[1].Value-ticks[0].Value {
				t.Errorf("%v: ticks are not equally far from each other: %v", span, ticks)
			}
		}
	}
}

func TestTenths(t *testing.T) {
	for greatest, want := range map[float64]string{
		.66: "0.0 0.1 0.2 0.3 0.4 0.5 0.6 0.7", 1: "0.0 0.2 0.4 0.6 0.8 1.0", .7: "0.0 0.1 0.2 0.3 0.4 0.5 0.6 0.7", 0: "0.0 0.2 0.4 0.6 0.8 1.0",
		.011: "0.000 0.002 0.004 0.006 0.008 0.010 0.012", .15: "0.00 0.02 0.04 0.06 0.08 0.10 0.12 0.14 0.16",
	} {
		if got := labelsOf(Tenths(greatest)); got != want {
			t.Errorf("up to %v: %s, want %s", greatest, got, want)
		}
	}
}
