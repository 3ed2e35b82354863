package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// compactAbove is the journal size in bytes below which compaction is never due.
const compactAbove = 1 << 20

// file is what the journal needs of an *os.File.
type file interface {
	io.WriteCloser
	Truncate(size int64) error
	Sync() error
}

// Journal is an open log. Its methods must not be called concurrently.
type Journal struct {
	dir        string
	lock       io.Closer
	file       file
	generation uint64
	size       int64 // of the journal's good part
	limit      int64 // size at which compaction is due
	cut        int64
	buffer     []byte
	broken     error
}

// Open locks and reads a directory, which is made if it is missing, and hands every entry of snapshot and journal to replay
// in order; an entry's bytes are only valid during the call. It fails when another process has the directory, when replay fails, and when what is there is damaged.
func Open(dir string, replay func(entry []byte) error) (*Journal, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make journal directory: %w", err)
	}
	lock, err := lockDir(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("lock journal directory: %w", err)
	}
	j := &Journal{dir: dir, lock: lock}
	if err := j.load(replay); err != nil {
		return nil, errors.Join(err, j.release())
	}
	return j, nil
}

// load replays the newest generation, opens its journal behind the good part and removes all other files.
func (j *Journal) load(replay func(entry []byte) error) error {
	files, err := listFiles(j.dir)
	if err != nil {
		return err
	}
	if err := j.loadSnapshot(files, replay); err != nil {
		return err
	}
	if err := j.openJournal(replay); err != nil {
		return err
	}
	return files.removeExcept(j.generation)
}

func (j *Journal) loadSnapshot(files fileList, replay func(entry []byte) error) error {
	j.generation = files.newest()
	j.limit = compactAbove
	if j.generation == 0 {
		return nil
	}
	name := snapshotName(j.dir, j.generation)
	b, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read snapshot: %w", err)
	}
	j.limit = max(compactAbove, 2*int64(len(b)))
	if err := readSnapshot(b, replay); err != nil {
		return fmt.Errorf("read %s: %w", filepath.Base(name), err)
	}
	return nil
}

func (j *Journal) openJournal(replay func(entry []byte) error) error {
	name := journalName(j.dir, j.generation)
	b, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read journal: %w", err)
	}
	good, err := readEntries(b, replay)
	if err != nil {
		return fmt.Errorf("read %s: %w", filepath.Base(name), err)
	}
	j.cut = int64(len(b) - good)
	j.file, j.size, err = openAt(name, int64(good))
	return err
}

// openAt opens a journal for appending behind its good part. What lies beyond is cut off; a file without a header gets one.
func openAt(name string, good int64) (file, int64, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, 0, fmt.Errorf("open journal: %w", err)
	}
	err = f.Truncate(good)
	if err == nil && good == 0 {
		good = int64(len(header))
		_, err = f.WriteString(header)
	}
	if err != nil {
		return nil, 0, errors.Join(fmt.Errorf("prepare journal: %w", err), f.Close())
	}
	return f, good, nil
}

// Cut is the number of bytes of a torn entry that Open cut off.
func (j *Journal) Cut() int64 { return j.cut }

// Append adds an entry. When it returns nil the entry survives the death of the process; otherwise the entry is not in the
// journal. A failure that leaves the file in doubt makes every later Append fail.
func (j *Journal) Append(entry []byte) error {
	if j.broken != nil {
		return j.broken
	}
	if len(entry) > MaxEntry {
		return fmt.Errorf("append entry: %d bytes are more than %d", len(entry), MaxEntry)
	}
	j.buffer = appendFrame(j.buffer[:0], kindEntry, entry)
	if _, err := j.file.Write(j.buffer); err != nil {
		return j.undo(fmt.Errorf("append entry: %w", err))
	}
	j.size += int64(len(j.buffer))
	return nil
}

// undo removes what a failed write may have left.
func (j *Journal) undo(cause error) error {
	if err := j.file.Truncate(j.size); err != nil {
		j.broken = fmt.Errorf("journal is in doubt since: %w", errors.Join(cause, err))
	}
	return cause
}

// Due reports whether the journal has grown so much that Compact is worth its while.
func (j *Journal) Due() bool { return j.size > j.limit }

// Close waits until the journal is on disk and unlocks the directory.
func (j *Journal) Close() error {
	return errors.Join(j.file.Sync(), j.release())
}

// release closes what is open.
func (j *Journal) release() error {
	var err error
	if j.file != nil {
		err = j.file.Close()
	}
	return errors.Join(err, j.lock.Close())
}
