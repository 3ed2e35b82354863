//go:build unix

package main

import (
	"errors"
	"os"
	"strconv"
	"syscall"
)

// niceness of what must not get in the way of live workers.
const niceness = 15

// lowerPriority gives this process less of the cores than others get. On Linux a priority is that of a thread, and threads that are started later have it from
// the one that starts them; elsewhere it is that of the process.
func lowerPriority() error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return syscall.Setpriority(syscall.PRIO_PROCESS, 0, niceness)
	}
	var errs []error
	for _, t := range threads {
		id, err := strconv.Atoi(t.Name())
		if err == nil {
			err = syscall.Setpriority(syscall.PRIO_PROCESS, id, niceness)
		}
		if !errors.Is(err, syscall.ESRCH) { // a thread that has ended
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
