package table

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// readRows is how many rows Read and ReadFacts pass on at a time.
const readRows = 512

// Read passes the rows of the file of size bytes at src to each, in order, some hundred at a time. T is Row, or a struct
// that has some of the fields of Row with their tags: only their columns are read. A column that the file lacks, because
// it is older, is null, or an empty list. The slice belongs to Read again when each returns; what it points to may be kept.
//
// All of the file is read first, to compare it with its checksum, so src should be memory. Read returns the first error of
// each as it is, the error of ctx, or one that wraps ErrCorrupt or what src returned.
func Read[T any](ctx context.Context, src io.ReaderAt, size int64, each func([]T) error) error {
	f, err := openFile(src, size, true)
	if err != nil {
		return err
	}
	var reader *parquet.GenericReader[T]
	err = f.guard(func() error {
		if err := checkColumns(parquet.SchemaOf(new(T)), f.Schema()); err != nil {
			return err
		}
		reader = parquet.NewGenericReader[T](f.File)
		return nil
	})
	if err != nil {
		return err
	}
	err = readAll(ctx, f, reader, each)
	if closeErr := f.guard(reader.Close); err == nil {
		err = closeErr
	}
	return err
}

// checkColumns compares the types of the columns that two schemas share. parquet-go would convert between any two types,
// and take numbers for pointers.
func checkColumns(want, have *parquet.Schema) error {
	for _, path := range want.Columns() {
		w, _ := want.Lookup(path...)
		h, ok := have.Lookup(path...)
		switch {
		case !ok:
		case h.Node.Type().Kind() != w.Node.Type().Kind():
			return fmt.Errorf("column %s is %s, want %s", strings.Join(path, "."), h.Node.Type().Kind(), w.Node.Type().Kind())
		case h.MaxRepetitionLevel != w.MaxRepetitionLevel:
			return fmt.Errorf("column %s is nested in %d lists, want %d", strings.Join(path, "."), h.MaxRepetitionLevel, w.MaxRepetitionLevel)
		}
	}
	return nil
}

func readAll[T any](ctx context.Context, f *file, reader *parquet.GenericReader[T], each func([]T) error) error {
	rows := make([]T, readRows)
	var total int64
	for end := false; !end; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := 0
		err := f.guard(func() (err error) {
			n, err = reader.Read(rows)
			if end = errors.Is(err, io.EOF) || n == 0; end && errors.Is(err, io.EOF) {
				return nil
			}
			return err
		})
		if err != nil {
			return err
		}
		total += int64(n)
		if n > 0 {
			if err := each(rows[:n]); err != nil {
				return err
			}
		}
	}
	if want := f.NumRows(); total != want {
		return f.classify(fmt.Errorf("it has %d rows of %d", total, want))
	}
	return nil
}
