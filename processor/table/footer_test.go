package table

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
)

// open opens a file with parquet-go, page index and all.
func open(t *testing.T, data []byte) *parquet.File {
	t.Helper()
	f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFooterKeys(t *testing.T) {
	file := writeFile(t, Options{}, someRows(1, 3), map[string]string{"shard": "s", "model.7": "snapshot"})
	info, err := ReadInfo(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"shard": "s", "model.7": "snapshot", "schema_version": "2", "schema_hash": SchemaHash(), "created_by": createdBy,
	}
	if sum := info.Keys[KeyChecksum]; len(sum) != 8 || sum == noChecksum {
		t.Errorf("checksum is %q", sum)
	}
	delete(info.Keys, KeyChecksum)
	if len(info.Keys) != len(want) {
		t.Errorf("keys are %v, want %v", info.Keys, want)
	}
	for key, value := range want {
		if info.Keys[key] != value {
			t.Errorf("key %s is %q, want %q", key, info.Keys[key], value)
		}
	}
	if info.Rows != 3 || info.Groups != 1 {
		t.Errorf("%d rows in %d groups", info.Rows, info.Groups)
	}
}

func TestFooterStaysSmall(t *testing.T) {
	rows := newCatalog(3).rows(200, 2)
	for i := range rows {
		rows[i].Raw = new(bytes.Repeat([]byte{byte(i), 'r'}, 1<<16))
		rows[i].Extra = new(strings.Repeat("extra", 1000+i))
		rows[i].BrowseHistory = []Entry{{Extra: new(strings.Repeat("x", 5000+i))}}
	}
	file := writeFile(t, Options{}, rows, nil)
	footer := int(file[len(file)-8]) | int(file[len(file)-7])<<8 | int(file[len(file)-6])<<16 | int(file[len(file)-5])<<24
	if footer > 12<<10 {
		t.Errorf("the footer has %d bytes", footer)
	}
	sameRows(t, readFile(t, file), rows)
	for _, chunk := range open(t, file).Metadata().RowGroups[0].Columns {
		name := strings.Join(chunk.MetaData.PathInSchema, ".")
		s := chunk.MetaData.Statistics
		switch name {
		case "raw", "extra", "browse_history.list.element.extra":
			if s.MinValue != nil || s.MaxValue != nil || s.Min != nil || s.Max != nil {
				t.Errorf("%s has bounds of %d and %d bytes", name, len(s.MinValue), len(s.MaxValue))
			}
		case "sequence_number", "session_id", "arrival_time":
			if s.MinValue == nil || s.MaxValue == nil {
				t.Errorf("%s has no bounds", name)
			}
		}
	}
}

// TestBoundsHold compares the bounds of every page and column chunk with the values that they stand for.
func TestBoundsHold(t *testing.T) {
	rows := slices.Concat(newCatalog(3).rows(2500, 5), someRows(5, 700))
	for i := range 300 { // long values at the upper end of the order of bytes
		rows[i].Extra = new(strings.Repeat("\U0010ffff", 5+i))
	}
	f := open(t, writeFile(t, Options{GroupRows: 1100}, rows, nil))
	if len(f.RowGroups()) != 3 {
		t.Fatalf("%d row groups, want 3", len(f.RowGroups()))
	}
	checked := 0
	for g, group := range f.RowGroups() {
		for c, chunk := range group.ColumnChunks() {
			index, err := chunk.ColumnIndex()
			if err != nil {
				t.Fatal(err)
			}
			stats := f.Metadata().RowGroups[g].Columns[c].MetaData.Statistics
			pages := chunk.Pages()
			for p := range index.NumPages() {
				page, err := pages.ReadPage()
				if err != nil {
					t.Fatal(err)
				}
				values := make([]parquet.Value, page.NumValues())
				if n, _ := page.Values().ReadValues(values); n != len(values) {
					t.Fatalf("%d values of %d", n, len(values))
				}
				for _, v := range values {
					if v.IsNull() {
						continue
					}
					if index.NullPage(p) {
						t.Fatalf("column %d: page %d claims to have only nulls", c, p)
					}
					typ := chunk.Type()
					if typ.Compare(v, index.MinValue(p)) < 0 || typ.Compare(v, index.MaxValue(p)) > 0 {
						t.Fatalf("column %d, page %d: %q is not in %q..%q", c, p, v, index.MinValue(p), index.MaxValue(p))
					}
					if stats.MinValue != nil {
						low, high := typ.Kind().Value(stats.MinValue), typ.Kind().Value(stats.MaxValue)
						if typ.Compare(v, low) < 0 || typ.Compare(v, high) > 0 {
							t.Fatalf("column %d: %q is not in %q..%q", c, v, low, high)
						}
					}
					checked++
				}
				parquet.Release(page)
			}
			if err := pages.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if checked < 50_000 {
		t.Errorf("only %d values were compared", checked)
	}
}

// TestIndexOfSequenceNumbers checks that pages can be told apart by sequence number, which differ at their end.
func TestIndexOfSequenceNumbers(t *testing.T) {
	rows := newCatalog(3).rows(5000, 0)
	f := open(t, writeFile(t, Options{}, rows, nil))
	leaf, _ := f.Schema().Lookup("sequence_number")
	index, err := f.RowGroups()[0].ColumnChunks()[leaf.ColumnIndex].ColumnIndex()
	if err != nil {
		t.Fatal(err)
	}
	if index.NumPages() < 3 {
		t.Fatalf("%d pages, too few to compare", index.NumPages())
	}
	for p := 1; p < index.NumPages(); p++ {
		if index.MaxValue(p-1).String() >= index.MinValue(p).String() {
			t.Errorf("pages %d and %d overlap: ..%s, %s..", p-1, p, index.MaxValue(p-1), index.MinValue(p))
		}
	}
	if first, last := index.MinValue(0).String(), index.MaxValue(index.NumPages()-1).String(); first != rows[0].SequenceNumber ||
		last != rows[len(rows)-1].SequenceNumber {
		t.Errorf("the index begins at %s and ends at %s", first, last)
	}
}

func TestBloomFilterFindsSessions(t *testing.T) {
	rows := newCatalog(2).rows(4000, 0)
	rows[5].SessionID = nil
	f := open(t, writeFile(t, Options{GroupRows: 1000}, rows, nil))
	leaf, _ := f.Schema().Lookup("session_id")
	row := 0
	for _, group := range f.RowGroups() {
		filter := group.ColumnChunks()[leaf.ColumnIndex].BloomFilter()
		if filter == nil {
			t.Fatal("there is no Bloom filter")
		}
		for range group.NumRows() {
			if id := rows[row].SessionID; id != nil {
				if ok, err := filter.Check(parquet.ValueOf(*id)); err != nil || !ok {
					t.Fatalf("session of row %d is not found: %v", row, err)
				}
			}
			row++
		}
		rng, found := rand.New(rand.NewPCG(4, 4)), 0
		for range 10_000 {
			if ok, _ := filter.Check(parquet.ValueOf(newVisitor(rng).session)); ok {
				found++
			}
		}
		if found > 500 {
			t.Errorf("%d of 10,000 absent sessions pass the filter", found)
		}
	}
}

func TestFileClaimsNoOrder(t *testing.T) {
	rows := newCatalog(2).rows(500, 1)
	slices.Reverse(rows)
	f := open(t, writeFile(t, Options{GroupRows: 100}, rows, nil))
	for i, group := range f.Metadata().RowGroups {
		if len(group.SortingColumns) != 0 {
			t.Errorf("row group %d claims the order %v", i, group.SortingColumns)
		}
	}
	sameRows(t, readFile(t, writeFile(t, Options{GroupRows: 100}, rows, nil)), rows)
}

func TestTimesAreMicrosecondsInUTC(t *testing.T) {
	local := time.FixedZone("CET", 3600)
	rows := []Row{{ArrivalTime: time.Date(2026, 11, 23, 10, 0, 0, 123_456_789, local)}}
	got := readFile(t, writeFile(t, Options{}, rows, nil))[0].ArrivalTime
	if want := time.Date(2026, 11, 23, 9, 0, 0, 123_456_000, time.UTC); !got.Equal(want) || got.Location() != time.UTC {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestVerify(t *testing.T) {
	meta := map[string]string{"zzz": checksumPrefix + noChecksum, checksumPrefix: "x"}
	file := writeFile(t, Options{GroupRows: 64}, someRows(9, 100), meta)
	check := func(file []byte) error { return verify(bytes.NewReader(file), int64(len(file))) }
	if err := check(file); err != nil {
		t.Fatal(err)
	}
	for at := range file {
		file[at] ^= 1 << (at % 8)
		if check(file) == nil {
			t.Fatalf("a flipped bit in byte %d goes unnoticed", at)
		}
		file[at] ^= 1 << (at % 8)
	}
	for _, bad := range [][]byte{nil, file[:len(file)-1], file[1:], []byte(checksumPrefix + "0000"), []byte("PAR1PAR1PAR1")} {
		if check(bad) == nil {
			t.Errorf("%d bytes pass", len(bad))
		}
	}
	if info, err := ReadInfo(bytes.NewReader(file), int64(len(file))); err != nil || info.Keys["zzz"] != meta["zzz"] {
		t.Errorf("a key that looks like the checksum has the value %q, %v", info.Keys["zzz"], err)
	}
}

// TestChecksumIsCRC32C computes it in the plainest way.
func TestChecksumIsCRC32C(t *testing.T) {
	file := writeFile(t, Options{}, someRows(9, 10), nil)
	info, err := ReadInfo(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	sum := info.Keys[KeyChecksum]
	blank := bytes.Replace(file, []byte(sum), []byte("00000000"), 1)
	if want := fmt.Sprintf("%08x", crc32.Checksum(blank, crc32.MakeTable(crc32.Castagnoli))); sum != want {
		t.Errorf("the checksum is %s, want %s", sum, want)
	}
}
