package table

import (
	"context"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
)

// readRows is how many rows Read and ReadFacts pass on at a time.
const readRows = 512

// Read passes the rows of the file of size bytes at src to each, in order, some hundred at a time. T is Row, or a struct
// that has some of the fields of Row with their tags: only their columns are read. A column that the file lacks, because
// it is older, is null, or an empty list. The slice belongs to Read again when each returns; what it points to may be kept.
//
// Read returns the first error of each as it is, the error of ctx, or one that wraps ErrCorrupt or what src returned.
func Read[T any](ctx context.Context, src io.ReaderAt, size int64, each func([]T) error) error {
	f, err := openFile(src, size)
	if err != nil {
		return err
	}
	var reader *parquet.GenericReader[T]
	err = f.guard(func() error {
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
			if end = err == io.EOF || n == 0; end && err == io.EOF {
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
