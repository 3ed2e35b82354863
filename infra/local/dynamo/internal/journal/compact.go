package journal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
)

// Compact begins a new generation with a snapshot that consists of the given entries. If the snapshot cannot be written the
// journal goes on as before, and compaction is not due again until the journal has doubled.
func (j *Journal) Compact(entries iter.Seq2[[]byte, error]) error {
	next := j.generation + 1
	size, err := writeSnapshot(snapshotName(j.dir, next), entries)
	if err != nil {
		j.limit = 2 * j.size
		return fmt.Errorf("write snapshot: %w", err)
	}
	// The snapshot has its name: from here on the next Open reads the new generation, so nothing may go to the old one.
	fresh, good, err := openAt(journalName(j.dir, next), 0)
	if err != nil {
		j.broken = fmt.Errorf("journal has no file since: %w", err)
		return j.broken
	}
	old, oldGeneration := j.file, j.generation
	j.file, j.size, j.generation = fresh, good, next
	j.limit = max(compactAbove, 2*size)
	if err := errors.Join(old.Close(), syncDir(j.dir)); err != nil {
		return fmt.Errorf("finish generation %d: %w", oldGeneration, err)
	}
	return removeGeneration(j.dir, oldGeneration)
}

// writeSnapshot writes, syncs and only then names a snapshot.
func writeSnapshot(name string, entries iter.Seq2[[]byte, error]) (size int64, err error) {
	unnamed := name + unnamedSuffix
	f, err := os.Create(unnamed)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(unnamed))
		}
	}()
	size, err = writeEntries(f, entries)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return 0, err
	}
	if err := os.Rename(unnamed, name); err != nil {
		return 0, err
	}
	return size, nil
}

func writeEntries(w io.Writer, entries iter.Seq2[[]byte, error]) (size int64, err error) {
	b := bufio.NewWriterSize(w, 1<<16)
	n, err := b.WriteString(header)
	size = int64(n)
	var buffer []byte
	count := uint64(0)
	for entry, entryErr := range entries {
		if err = errors.Join(err, entryErr); err != nil {
			return size, err
		}
		if len(entry) > MaxEntry {
			return size, fmt.Errorf("entry of %d bytes is more than %d", len(entry), MaxEntry)
		}
		buffer = appendFrame(buffer[:0], kindEntry, entry)
		n, err = b.Write(buffer)
		size += int64(n)
		count++
	}
	buffer = appendFrame(buffer[:0], kindEnd, binary.BigEndian.AppendUint64(nil, count))
	_, endErr := b.Write(buffer)
	return size + int64(len(buffer)), errors.Join(err, endErr, b.Flush())
}
