//go:build !unix

package kinesis

import (
	"fmt"
	"os"
	"path/filepath"
)

// lockDir cannot keep other processes away on this platform.
func lockDir(dir string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	return file, nil
}
