//go:build unix

package journal

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// lockDir takes the exclusive lock of a file, which the kernel drops when the process ends.
func lockDir(name string) (io.Closer, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errors.New("another process uses it")
		}
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
