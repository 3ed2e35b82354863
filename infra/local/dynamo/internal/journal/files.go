package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	snapshotPrefix = "snapshot-"
	journalPrefix  = "journal-"
	unnamedSuffix  = ".tmp"
)

func snapshotName(dir string, generation uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%s%016x", snapshotPrefix, generation))
}

func journalName(dir string, generation uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%s%016x", journalPrefix, generation))
}

// fileList is what a directory holds: the generations of its snapshots and journals, and snapshots that never got a name.
type fileList struct {
	dir       string
	snapshots []uint64
	journals  []uint64
	unnamed   []string
}

func listFiles(dir string) (fileList, error) {
	list := fileList{dir: dir}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return list, fmt.Errorf("list journal directory: %w", err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasPrefix(name, snapshotPrefix) && strings.HasSuffix(name, unnamedSuffix) {
			list.unnamed = append(list.unnamed, filepath.Join(dir, name))
		}
		list.snapshots = appendGeneration(list.snapshots, name, snapshotPrefix)
		list.journals = appendGeneration(list.journals, name, journalPrefix)
	}
	return list, nil
}

func appendGeneration(generations []uint64, name, prefix string) []uint64 {
	text, ok := strings.CutPrefix(name, prefix)
	if !ok || len(text) != 16 {
		return generations
	}
	generation, err := strconv.ParseUint(text, 16, 64)
	if err != nil {
		return generations
	}
	return append(generations, generation)
}

// newest is the generation of the newest snapshot; 0 without one, which is the generation that begins empty.
func (l fileList) newest() uint64 {
	newest := uint64(0)
	for _, g := range l.snapshots {
		newest = max(newest, g)
	}
	return newest
}

// removeExcept removes the files of older generations and snapshots without a name. A journal that is newer than every
// snapshot means that its snapshot was taken away: an error, since removing it would lose entries.
func (l fileList) removeExcept(current uint64) error {
	var errs []error
	for _, name := range l.unnamed {
		errs = append(errs, os.Remove(name))
	}
	for _, g := range l.journals {
		if g > current {
			return fmt.Errorf("journal of generation %d has no snapshot", g)
		}
		if g < current {
			errs = append(errs, removeGeneration(l.dir, g))
		}
	}
	for _, g := range l.snapshots {
		if g < current {
			errs = append(errs, removeGeneration(l.dir, g))
		}
	}
	return errors.Join(errs...)
}

// removeGeneration removes both files of a generation, if they are there.
func removeGeneration(dir string, generation uint64) error {
	return errors.Join(removeFile(snapshotName(dir, generation)), removeFile(journalName(dir, generation)))
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func removeFile(name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
