package cputime

import (
	"runtime"
	"testing"
	"time"
)

func TestThreadAdvancesWithWork(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start := Thread()
	for Thread()-start < time.Millisecond {
	}
	if again := Thread(); again < start+time.Millisecond {
		t.Errorf("time went from %v to %v", start, again)
	}
}
