package cputime

import (
	"syscall"
	"time"
	"unsafe"
)

// Thread returns the CPU time that the calling thread has used. Differences mean something only while the goroutine
// stays on its thread: see [runtime.LockOSThread]. It returns 0 if the system does not tell.
func Thread() time.Duration {
	const threadClock = 3 // CLOCK_THREAD_CPUTIME_ID
	var ts syscall.Timespec
	_, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, threadClock, uintptr(unsafe.Pointer(&ts)), 0)
	if errno != 0 {
		return 0
	}
	return time.Duration(ts.Nano())
}
