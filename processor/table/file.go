package table

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/parquet-go/parquet-go"
)

// ErrCorrupt means that the bytes are no file of this table, or a damaged one.
var ErrCorrupt = errors.New("not a readable table file")

// file is an open file. parquet-go panics on some files that it cannot read, so every call of it goes through guard.
type file struct {
	*parquet.File
	src *source
}

// source remembers why a read has failed: that the store is gone does not make the file corrupt.
type source struct {
	io.ReaderAt
	err error
}

func (s *source) ReadAt(p []byte, off int64) (int, error) {
	n, err := s.ReaderAt.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// openFile reads the footer, after comparing the whole file with its checksum if verified is wanted. Bloom filters and page
// indexes are for other readers.
func openFile(src io.ReaderAt, size int64, verified bool) (*file, error) {
	f := &file{src: &source{ReaderAt: src}}
	err := f.guard(func() error {
		if err := f.check(size, verified); err != nil {
			return err
		}
		var err error
		f.File, err = parquet.OpenFile(f.src, size,
			parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(pageSize))
		return err
	})
	return f, err
}

// check looks at the footer and, if verified is wanted, compares the whole file with its checksum, before parquet-go sees it.
func (f *file) check(size int64, verified bool) error {
	start, err := footerStart(f.src, size)
	if err != nil {
		return err
	}
	if verified {
		if err := verify(f.src, size); err != nil {
			return err
		}
	}
	footer := make([]byte, size-trailerSize-start)
	if _, err := f.src.ReadAt(footer, start); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read footer: %w", err)
	}
	return checkFooter(footer)
}

// footerStart is where the footer begins. parquet-go would allocate whatever length the file claims.
func footerStart(src io.ReaderAt, size int64) (int64, error) {
	var trailer [trailerSize]byte
	if size < trailerSize+int64(len(footerMagic)) {
		return 0, fmt.Errorf("%d bytes are too few", size)
	}
	if _, err := src.ReadAt(trailer[:], size-trailerSize); err != nil && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("read end of file: %w", err)
	}
	if string(trailer[4:]) != footerMagic {
		return 0, errors.New("there is no magic number at its end")
	}
	start := size - trailerSize - int64(binary.LittleEndian.Uint32(trailer[:]))
	if start < int64(len(footerMagic)) {
		return 0, errors.New("the footer is longer than the file")
	}
	return start, nil
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

// ReadInfo reads the footer of the file of size bytes at src and nothing else, so it cannot compare the checksum. The error
// wraps ErrCorrupt, or what src returned.
func ReadInfo(src io.ReaderAt, size int64) (Info, error) {
	f, err := openFile(src, size, false)
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
