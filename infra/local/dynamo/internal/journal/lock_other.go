//go:build !unix

package journal

import (
	"io"
	"os"
)

// lockDir opens the lock file. Without flock nothing keeps a second process out.
func lockDir(name string) (io.Closer, error) {
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
}
