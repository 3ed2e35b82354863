//go:build !linux

package model

import "time"

var processStart = time.Now()

// cpuTime returns wall time where the CPU time of a thread is not at hand.
func cpuTime() time.Duration { return time.Since(processStart) }
