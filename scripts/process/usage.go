package process

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Usage is what a process uses, and has used since it began.
type Usage struct {
	CPU      time.Duration // of all cores
	Resident int64         // bytes of memory
	Peak     int64         // the most of it
	Files    int           // that are open, sockets among them
}

// clockTick is the unit of CPU time in /proc, which is the same on every Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// UsageOf reads what a process uses. Only Linux tells.
func UsageOf(pid int) (u Usage, err error) {
	if u.CPU, err = cpuOf(pid); err != nil {
		return u, err
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return u, fmt.Errorf("read memory: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		name, text, _ := strings.Cut(strings.TrimSuffix(line, " kB\n"), ":")
		into := map[string]*int64{"VmRSS": &u.Resident, "VmHWM": &u.Peak}[name]
		if into == nil {
			continue
		}
		kib, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil {
			return u, fmt.Errorf("read memory: %w", err)
		}
		*into = kib << 10
	}
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return u, fmt.Errorf("read open files: %w", err)
	}
	u.Files = len(files)
	return u, nil
}

func cpuOf(pid int) (sum time.Duration, err error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("read CPU time: %w", err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // behind the name, which may be anything
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, errors.New("read CPU time: /proc is not as expected")
	}
	for _, field := range fields[11:13] {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read CPU time: %w", err)
		}
		sum += time.Duration(ticks) * clockTick
	}
	return sum, nil
}
