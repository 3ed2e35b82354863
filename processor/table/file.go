package table

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// ErrCorrupt means that the bytes are no file of this table, or a damaged one.
var ErrCorrupt = errors.New("not a readable table file")

// file is an open file. parquet-go panics on some damaged files, so every call of it goes through guard.
type file struct {
	*parquet.File
	src *source
}

// source remembers why a read has failed: that the store is gone does not make the file corrupt. A read outside of the file
// does, and does not reach the store.
type source struct {
	io.ReaderAt
	size int64
	err  error
}

func (s *source) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off > s.size {
		return 0, errors.New("an offset lies outside of the file")
	}
	n, err := s.ReaderAt.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// openFile reads the footer. Bloom filters and page indexes are for other readers.
func openFile(src io.ReaderAt, size int64) (*file, error) {
	f := &file{src: &source{ReaderAt: src, size: size}}
	err := f.guard(func() (err error) {
		if err := f.src.checkTrailer(); err != nil {
			return err
		}
		f.File, err = parquet.OpenFile(f.src, size,
			parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(pageSize))
		if err != nil {
			return err
		}
		return checkChunks(f.Metadata(), size)
	})
	return f, err
}

// checkChunks refuses what no file of ours has and what would make parquet-go work or allocate without end.
func checkChunks(footer *format.FileMetaData, size int64) error {
	for _, group := range footer.RowGroups {
		for i := range group.Columns {
			chunk := &group.Columns[i].MetaData
			switch chunk.Codec {
			case format.Zstd, format.Snappy, format.Uncompressed:
			default:
				return fmt.Errorf("column %d is compressed by %s", i, chunk.Codec)
			}
			if chunk.TotalCompressedSize < 0 || chunk.TotalCompressedSize > size || chunk.NumValues < 0 {
				return fmt.Errorf("column %d is larger than the file", i)
			}
		}
	}
	return nil
}

// checkTrailer compares the length of the footer with that of the file: parquet-go would allocate what it says.
func (s *source) checkTrailer() error {
	var trailer [trailerSize]byte
	if s.size < trailerSize+int64(len(footerMagic)) {
		return fmt.Errorf("%d bytes are too few", s.size)
	}
	if _, err := s.ReadAt(trailer[:], s.size-trailerSize); err != nil {
		return err
	}
	if string(trailer[4:]) != footerMagic {
		return errors.New("there is no magic number at its end")
	}
	if n := int64(binary.LittleEndian.Uint32(trailer[:])); n > s.size-trailerSize+int64(len(footerMagic)) {
		return errors.New("the footer is longer than the file")
	}
	return nil
}

// guard calls do, which uses parquet-go, and classifies how it fails.
func (f *file) guard(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = f.classify(panicked(p))
		}
	}()
	if err := do(); err != nil {
		return f.classify(err)
	}
	return nil
}

func (f *file) classify(err error) error {
	if f.src.err != nil {
		return fmt.Errorf("read table file: %w", f.src.err)
	}
	return fmt.Errorf("%w: %w", ErrCorrupt, err)
}

// panicked describes a panic by its position in the code; other values might hold content of the file.
func panicked(p any) error {
	if err, ok := p.(runtime.Error); ok {
		return err
	}
	return fmt.Errorf("panic of %T", p)
}

// Info is what the footer of a file tells.
type Info struct {
	Rows   int64
	Groups int               // row groups
	Keys   map[string]string // those of this package and those that were passed to Close
}

// ReadInfo reads the footer of the file of size bytes at src. The error wraps ErrCorrupt, or what src returned.
func ReadInfo(src io.ReaderAt, size int64) (Info, error) {
	f, err := openFile(src, size)
	if err != nil {
		return Info{}, err
	}
	footer := f.Metadata()
	info := Info{Rows: footer.NumRows, Groups: len(footer.RowGroups), Keys: make(map[string]string)}
	for _, kv := range footer.KeyValueMetadata {
		info.Keys[kv.Key] = kv.Value
	}
	return info, nil
}
