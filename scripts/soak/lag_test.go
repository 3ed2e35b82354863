package main

import (
	"testing"
	"time"
)

func TestLag(t *testing.T) {
	at := func(s, lag int, replaying bool) point {
		return point{at: time.Duration(s) * time.Second, lag: time.Duration(lag) * time.Second, known: true, replaying: replaying}
	}
	l := lagOf([]point{
		at(5, 4, false), at(10, 31, false), at(15, 36, false), at(20, 8, false), {at: 25 * time.Second}, at(30, 900, true), at(35, 40, false), at(40, 0, false),
	})
	if l.Worst != 40*time.Second || l.WorstReplaying != 900*time.Second || l.Behind != 2 || l.LongestBehind != 10*time.Second || l.Unknown != 0.125 || l.LongestReplay != 5*time.Second || l.Median != 8*time.Second {
		t.Errorf("%+v", l)
	}
}
