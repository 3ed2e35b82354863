package chart

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Check says why no picture could be saved in a file, before somebody has worked for it: its name ends in neither .png nor .svg, or it cannot be
// written. The file is left as it is.
func Check(path string) error {
	if _, err := extension(path); err != nil {
		return err
	}
	_, err := os.Lstat(path)
	isNew := errors.Is(err, fs.ErrNotExist)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return fmt.Errorf("write picture: %w", err)
	}
	err = f.Close()
	if isNew {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

// extension is .png or .svg.
func extension(path string) (string, error) {
	e := strings.ToLower(filepath.Ext(path))
	if e != ".png" && e != ".svg" {
		return "", fmt.Errorf("a picture is a file whose name ends in .png or .svg, not %q", filepath.Base(path))
	}
	return e, nil
}
