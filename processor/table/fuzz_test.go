package table

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"testing"
)

// FuzzFooter puts any footer behind sound pages. Unlike that of rows, reading it is not preceded by a comparison with the checksum.
func FuzzFooter(f *testing.F) {
	golden, err := os.ReadFile("testdata/v1.parquet")
	if err != nil {
		f.Fatal(err)
	}
	start, err := footerStart(bytes.NewReader(golden), int64(len(golden)))
	if err != nil {
		f.Fatal(err)
	}
	pages := golden[:start]
	f.Add(golden[start : len(golden)-trailerSize])
	for seed := range uint64(2) {
		file := writeFile(f, Options{GroupRows: 64}, someRows(seed, 100), map[string]string{"k": "v"})
		at, err := footerStart(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file[at : len(file)-trailerSize])
	}
	f.Fuzz(func(t *testing.T, footer []byte) {
		file := append(bytes.Clone(pages), footer...)
		file = append(binary.LittleEndian.AppendUint32(file, uint32(len(footer))), footerMagic...)
		src, size := bytes.NewReader(file), int64(len(file))
		info, err := ReadInfo(src, size)
		if err != nil && (!errors.Is(err, ErrCorrupt) || info.Rows != 0 || info.Keys != nil) {
			t.Fatalf("got %+v, %v", info, err)
		}
		again, againErr := ReadInfo(src, size)
		if (err == nil) != (againErr == nil) || info.Rows != again.Rows || len(info.Keys) != len(again.Keys) {
			t.Fatalf("read twice: %+v, %v and %+v, %v", info, err, again, againErr)
		}
		for name, read := range readers { // none gets past the checksum
			if err := read(t.Context(), src, size, func(int) error { return nil }); err == nil && !bytes.Equal(file, golden) || err != nil && !errors.Is(err, ErrCorrupt) {
				t.Fatalf("%s: %v", name, err)
			}
		}
	})
}
