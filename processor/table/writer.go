package table

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go"
)

// Options configure a Writer.
type Options struct {
	// Codec compresses the pages. The writers of a process should share one. Defaults to a Codec of the Writer's own.
	Codec *Codec
	// GroupRows bounds the rows of a row group; it is rounded up to whole chunks. Defaults to 65,536.
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

// pageSize is what a page holds before compression, so each of the columns of an open file buffers that much. Smaller
// pages compress worse, larger ones cost memory in every open file.
const pageSize = 64 << 10

// Writer builds one file at a time in memory. It is not safe for concurrent use.
type Writer struct {
	options Options
	out     *bytes.Buffer
	parquet *parquet.GenericWriter[Row]
	chunk   chunk

	rows       int
	groups     int   // row groups that are closed
	groupRows  int   // rows of the open one
	groupStart int64 // size of the file when it began
	err        error // what a call has returned: the file is lost
	buffered   bool  // parquet-go has its buffers
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

// keptOutput is how much room an empty file begins with at most: there are as many idle writers as idle shards.
const keptOutput = 8 << 20

// Reset drops what was appended and begins a new file.
func (w *Writer) Reset() {
	size := 0
	if w.out != nil {
		size = min(w.out.Len(), keptOutput) // files resemble their predecessors
	}
	w.out = bytes.NewBuffer(make([]byte, 0, size))
	if w.parquet == nil {
		w.parquet = parquet.NewGenericWriter[Row](w.out, writerOptions(w.options)...)
	} else {
		w.parquet.Reset(w.out)
	}
	w.chunk.reset()
	w.rows, w.groups, w.groupRows, w.groupStart, w.err = 0, 0, 0, 0, nil
}

func writerOptions(o Options) []parquet.WriterOption {
	return []parquet.WriterOption{
		parquet.Compression(o.Codec),
		parquet.CreatedBy("streamrec", fmt.Sprintf("%d.0.0", SchemaVersion), ""),
		// Version 1 compresses the levels of lists too, and every reader knows it.
		parquet.DataPageVersion(1),
		parquet.PageBufferSize(pageSize),
		parquet.WriteBufferSize(0), // the output is memory
		// The page index has the bounds of every page; the copies in the page headers would hold whole values.
		parquet.DataPageStatistics(false),
		parquet.ColumnIndexSizeLimit(indexSize),
		parquet.BloomFilters(parquet.SplitBlockFilter(bloomBits, "session_id")),
	}
}

// bloomBits is the size of the filter per value: about 1 % of absent sessions are not recognised as absent.
const bloomBits = 10

// indexSize is how many bytes of a string the page index keeps. The numbers of one shard differ only at their end.
func indexSize(path []string) int {
	if path[0] == "sequence_number" {
		return 64
	}
	return 16
}

// Append adds rows in order. It does not keep the rows nor what their pointers and slices point to, but it may share the
// contents of strings and of Raw until Close.
func (w *Writer) Append(rows []Row) error {
	if w.err != nil {
		return w.err
	}
	start := 0 // of the rows that are in no finished chunk
	for i := range rows {
		if w.chunk.count(&rows[i]); !w.chunk.full() {
			continue
		}
		if w.err = w.write(rows[start : i+1]); w.err != nil {
			return w.err
		}
		start = i + 1
	}
	w.chunk.keep(rows[start:])
	w.rows += len(rows)
	return nil
}

// write hands the open chunk to parquet-go: the rows that it has kept, and the rest.
func (w *Writer) write(rest []Row) error {
	defer w.chunk.reset()
	rows := rest
	if len(w.chunk.rows) > 0 {
		w.chunk.keep(rest)
		rows = w.chunk.rows
	}
	if len(rows) == 0 {
		return nil
	}
	w.buffered = true
	if _, err := w.parquet.Write(rows); err != nil {
		return fmt.Errorf("write rows: %w", err)
	}
	if w.groupRows += len(rows); w.groupRows < w.options.GroupRows && w.parquet.Size()-w.groupStart < w.options.GroupBytes {
		return nil
	}
	return w.endGroup()
}

func (w *Writer) endGroup() error {
	if err := w.parquet.Flush(); err != nil {
		return fmt.Errorf("write row group: %w", err)
	}
	w.groups++
	w.groupRows, w.groupStart = 0, w.parquet.Size()
	return nil
}

// Rows is how many rows were appended since the file began.
func (w *Writer) Rows() int { return w.rows }

// Size estimates what Close would return, in bytes. What is not compressed yet counts in full, so the estimate is too
// high by less than a row group.
func (w *Writer) Size() int64 {
	return w.parquet.Size() + w.chunk.bytes + footerBase + int64(w.groups+1)*footerPerGroup
}

// What parquet-go holds: buffers of every column from the first row on, and several times what it counts, for the
// hash tables of its dictionaries and since its buffers grow by doubling.
const (
	emptyHeap    = 200 << 10
	buffersHeap  = 700 << 10
	heapPerBytes = 4
)

// Heap estimates the bytes of heap that the Writer holds, with what it keeps for the next file. The Codec is not counted.
func (w *Writer) Heap() int64 {
	n := int64(emptyHeap) + int64(w.out.Cap()) + w.chunk.heap()
	if w.buffered {
		n += buffersHeap + heapPerBytes*(w.parquet.Size()-int64(w.out.Len()))
	}
	return n
}

// Close ends the file and returns all of it; the caller owns the bytes. The footer has the keys of meta and those of this
// package, which meta must not contain. After Close only Reset makes sense.
func (w *Writer) Close(meta map[string]string) ([]byte, error) {
	if w.err != nil {
		return nil, w.err
	}
	w.err = errors.New("table writer is closed")
	if err := w.write(nil); err != nil {
		return nil, fmt.Errorf("close file: %w", err)
	}
	kvs, err := keyValues(meta)
	if err != nil {
		return nil, fmt.Errorf("close file: %w", err)
	}
	if err := w.parquet.Close(); err != nil {
		return nil, fmt.Errorf("close file: %w", err)
	}
	file, err := replaceFooter(w.out.Bytes(), w.parquet.File().Metadata(), kvs)
	if err != nil {
		return nil, fmt.Errorf("close file: %w", err)
	}
	return file, nil
}
