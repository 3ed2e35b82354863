package table

import (
	"errors"
	"fmt"
)

// Options configure a Writer.
type Options struct {
	// Codec compresses the pages. The writers of a process should share one. Defaults to a Codec of the Writer's own.
	Codec *Codec
	// GroupRows bounds the rows of a row group. Defaults to 65,536.
	GroupRows int
	// GroupBytes bounds what a row group takes in memory, and so the memory of a Writer beside its finished row groups; a
	// large row may exceed it. Defaults to 16 MiB.
	GroupBytes int64
}

func (o Options) withDefaults() (Options, error) {
	if o.GroupRows < 0 || o.GroupBytes < 0 {
		return o, errors.New("row group bounds are negative")
	}
	if o.GroupRows == 0 {
		o.GroupRows = 1 << 16
	}
	if o.GroupBytes == 0 {
		o.GroupBytes = 16 << 20
	}
	if o.Codec != nil {
		return o, nil
	}
	var err error
	o.Codec, err = NewCodec(1)
	return o, err
}

// Writer builds one file at a time in memory. It is not safe for concurrent use.
type Writer struct {
	options Options
	out     []byte // the row groups that are finished
	done    []finished
	group   *group

	rows int
	err  error // what a call has returned: the file is lost
}

// NewWriter returns a Writer with an empty file.
func NewWriter(o Options) (*Writer, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("make table writer: %w", err)
	}
	w := &Writer{options: o}
	w.Reset()
	return w, nil
}

// Reset drops what was appended and begins a new file.
func (w *Writer) Reset() {
	*w = Writer{options: w.options, group: newGroup(w.options.Codec)}
}

// indexSize is how many bytes of a string the page index keeps. The numbers of one shard differ only at their end.
func indexSize(path []string) int {
	if path[0] == "sequence_number" {
		return maxBound
	}
	return 16
}

// Append adds rows in order. It keeps nothing of them. The bytes of the file depend on the rows alone, not on how they are
// divided between calls.
func (w *Writer) Append(rows []Row) error {
	if w.err != nil {
		return w.err
	}
	for i := range rows {
		if w.err = w.add(&rows[i]); w.err != nil {
			return w.err
		}
	}
	return nil
}

func (w *Writer) add(r *Row) error {
	if err := w.group.add(r); err != nil {
		return fmt.Errorf("write row: %w", err)
	}
	w.rows++
	if w.group.rows < w.options.GroupRows && int64(w.group.size) < w.options.GroupBytes {
		return nil
	}
	return w.endGroup()
}

// endGroup ends the open row group, if it has rows, and begins another.
func (w *Writer) endGroup() error {
	if w.group.rows == 0 {
		return nil
	}
	if len(w.out) == 0 {
		w.out = append(w.out, footerMagic...)
	}
	out, done, err := w.group.appendTo(w.out)
	if err != nil {
		return fmt.Errorf("write row group: %w", err)
	}
	done.group.Ordinal = int16(len(w.done))
	w.out, w.done = out, append(w.done, done)
	w.group = newGroup(w.options.Codec)
	return nil
}

// Rows is how many rows were appended since the file began.
func (w *Writer) Rows() int { return w.rows }

// Size estimates what Close would return, in bytes. What is not compressed yet counts in full, so the estimate is too
// high by less than a row group.
func (w *Writer) Size() int64 {
	return int64(len(w.out)+w.group.size) + footerBase + int64(len(w.done)+1)*footerPerGroup
}

// Heap is the bytes of heap that the Writer holds, within some per cent. The Codec is not counted, nor what all writers share. Close
// takes the size of the file more for a moment, and leaves next to nothing.
func (w *Writer) Heap() int64 {
	return int64(cap(w.out)) + w.group.heap() + int64(len(w.done))*footerHeap
}

// Close ends the file and returns all of it; the caller owns the bytes. The footer has the keys of meta and those of this
// package, which meta must not contain. After Close only Reset makes sense.
func (w *Writer) Close(meta map[string]string) ([]byte, error) {
	if w.err != nil {
		return nil, w.err
	}
	w.err = errors.New("table writer is closed")
	kvs, err := keyValues(meta)
	if err != nil {
		return nil, fmt.Errorf("close file: %w", err)
	}
	if err := w.endGroup(); err != nil {
		return nil, fmt.Errorf("close file: %w", err)
	}
	file, err := appendFooter(w.out, w.done, kvs)
	if err != nil {
		return nil, fmt.Errorf("close file: %w", err)
	}
	w.out, w.done = nil, nil
	return file, nil
}
