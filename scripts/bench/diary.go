package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

// kind is what an entry of a diary is about.
type kind string

// The kinds.
const (
	granted kind = "granted" // the worker has the lease of the shard; streamrec only
	opened  kind = "opened"  // reading of the shard is about to begin
	record  kind = "record"  // a record has been processed
)

// event is an entry of a diary.
type event struct {
	At       time.Time // by the wall clock, which all processes of the machine share
	Kind     kind
	Worker   string
	Shard    string
	Sequence string // of a record
}

// diary is where a worker process writes what it does. Every entry is one write to the file, so that a killed process leaves all
// that it wrote. It is safe for concurrent use.
type diary struct{ file *os.File }

func openDiary(path string) (*diary, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open diary: %w", err)
	}
	return &diary{file}, nil
}

// note appends an entry. sequence is "-" for what is not about a record.
func (d *diary) note(k kind, shard, sequence string) error {
	line := fmt.Appendf(nil, "%d %s %s %s\n", time.Now().UnixNano(), k, shard, sequence)
	if _, err := d.file.Write(line); err != nil {
		return fmt.Errorf("write diary: %w", err)
	}
	return nil
}

// diaryReader follows a diary that may still be written.
type diaryReader struct {
	path   string
	worker string
	offset int64
	rest   []byte // of an entry that was not complete yet
}

// next returns the entries that have been added since the last call. A diary that does not exist yet is empty.
func (r *diaryReader) next() ([]event, error) {
	file, err := os.Open(r.path)
	if os.IsNotExist(err) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("open diary: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	text, err := io.ReadAll(io.NewSectionReader(file, r.offset, 1<<40))
	if err != nil {
		return nil, fmt.Errorf("read diary: %w", err)
	}
	r.offset += int64(len(text))
	text = append(r.rest, text...)
	end := bytes.LastIndexByte(text, '\n') + 1
	r.rest = text[end:]
	return parseDiary(r.worker, string(text[:end]))
}

func parseDiary(worker, text string) (events []event, err error) {
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) != 4 {
			return nil, fmt.Errorf("diary of %s: entry %q has %d fields, want 4", worker, line, len(f))
		}
		at, err := strconv.ParseInt(f[0], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("diary of %s: %w", worker, err)
		}
		events = append(events, event{At: time.Unix(0, at), Kind: kind(f[1]), Worker: worker, Shard: f[2], Sequence: f[3]})
	}
	return events, nil
}
