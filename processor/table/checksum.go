package table

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// The footer holds a checksum (CRC-32C) of the whole file, itself included, with noChecksum in its own place. Parquet has
// checksums of pages only: a flipped bit in the header of a page could read as other rows, or make parquet-go follow a
// number as if it were a pointer.
const (
	noChecksum     = "00000000"
	checksumPrefix = KeyChecksum + "\x18\x08" // how Thrift writes the key, and that a string of 8 bytes follows
)

// verify compares the file of size bytes at src with its checksum.
func verify(src io.ReaderAt, size int64) error {
	start, err := footerStart(src, size)
	if err != nil {
		return err
	}
	at, err := checksumAt(src, start, size)
	if err != nil {
		return err
	}
	want := make([]byte, len(noChecksum))
	if _, err := src.ReadAt(want, at); err != nil {
		return fmt.Errorf("read checksum: %w", err)
	}
	sum, err := checksum(src, at, size)
	if err != nil {
		return err
	}
	if sum != string(want) {
		return fmt.Errorf("its checksum is %s, not that of its footer", sum)
	}
	return nil
}

// stamp puts the checksum into a finished file.
func stamp(file []byte) error {
	src, size := bytes.NewReader(file), int64(len(file))
	start, err := footerStart(src, size)
	if err != nil {
		return err
	}
	at, err := checksumAt(src, start, size)
	if err != nil {
		return err
	}
	sum, err := checksum(src, at, size)
	copy(file[at:], sum)
	return err
}

// checksumAt is where the checksum stands. Its key is the last one of the footer, so whatever looks like it comes before.
func checksumAt(src io.ReaderAt, start, size int64) (int64, error) {
	footer := make([]byte, size-start)
	if _, err := src.ReadAt(footer, start); err != nil && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("read footer: %w", err)
	}
	i := bytes.LastIndex(footer, []byte(checksumPrefix))
	if at := i + len(checksumPrefix); i >= 0 && at+len(noChecksum) <= len(footer) {
		return start + int64(at), nil
	}
	return 0, errors.New("there is no checksum in the footer")
}

func checksum(src io.ReaderAt, at, size int64) (string, error) {
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	after := at + int64(len(noChecksum))
	whole := io.MultiReader(
		io.NewSectionReader(src, 0, at), bytes.NewReader([]byte(noChecksum)), io.NewSectionReader(src, after, size-after),
	)
	if _, err := io.CopyBuffer(sum, whole, make([]byte, pageSize)); err != nil {
		return "", fmt.Errorf("read file: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
