//go:build !unix

package tail

import (
	"io/fs"
	"os"
)

// inodeOf is not known here: files are told by their content alone.
func inodeOf(fs.FileInfo) uint64 { return 0 }

// lock keeps nobody out here.
func lock(*os.File) (bool, error) { return true, nil }
