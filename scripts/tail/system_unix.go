//go:build unix

package tail

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// inodeOf is the number of a file in its file system.
func inodeOf(info fs.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return s.Ino
	}
	return 0
}

// lock keeps other processes out, until the file is closed. It reports whether it could.
func lock(f *os.File) (bool, error) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}
