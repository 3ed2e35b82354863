package main

import (
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
)

// cgroupLimits are the files that say how much memory the container may have, of cgroup v2 and v1. Outside of one there is none.
var cgroupLimits = []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}

// memoryLimit is how many bytes of memory this process may have, or 0 when nobody says: the smaller of GOMEMLIMIT and the container's.
func memoryLimit() int64 {
	limit := debug.SetMemoryLimit(-1)
	for _, file := range cgroupLimits {
		limit = min(limit, readLimit(file))
	}
	if limit >= unlimited {
		return 0
	}
	return limit
}

// unlimited is less than what cgroup v1 says where there is no limit: the largest multiple of a page.
const unlimited = math.MaxInt64 - 1<<20

func readLimit(file string) int64 {
	text, err := os.ReadFile(file)
	if err != nil {
		return math.MaxInt64
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64) // "max" is no number, and no limit
	if err != nil || n <= 0 {
		return math.MaxInt64
	}
	return n
}

// defaultBudget is the memory for open batches and uploads under a limit. With the garbage that Go collects by default, at most as much as
// what lives, a quarter of the limit becomes half of it; the other half is for the models.
func defaultBudget(limit int64) int64 {
	if limit == 0 {
		return 1 << 30
	}
	return max(limit/4, 64<<20)
}
