package table

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/streamrec/streamrec/processor/event"
)

func readFacts(t testing.TB, file []byte) []Fact {
	t.Helper()
	var facts []Fact
	err := ReadFacts(t.Context(), bytes.NewReader(file), int64(len(file)), func(some []Fact) error {
		for _, f := range some {
			f.Steps = slices.Clone(f.Steps)
			facts = append(facts, f)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

// factOf is what ReadFacts should make of a row.
func factOf(r Row) Fact {
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	f := Fact{
		ShardID: r.ShardID, SequenceNumber: r.SequenceNumber, SubSequence: r.SubSequence, Line: r.Line, PartitionKey: r.PartitionKey,
		ExplicitHashKey: text(r.ExplicitHashKey), Arrival: r.ArrivalTime, EventID: text(r.EventID), SessionID: text(r.SessionID),
		Duplicate: r.Duplicate,
	}
	for _, x := range r.BrowseHistory {
		if typ, _ := event.ParseType(text(x.Event)); text(x.ProductCode) != "" {
			f.Steps = append(f.Steps, Step{text(x.ProductCode), typ, text(x.Category), text(x.Brand)})
		}
	}
	return f
}

func TestReadFactsAgreesWithRows(t *testing.T) {
	for _, test := range []struct {
		rows []Row
		o    Options
	}{
		{nil, Options{}},
		{someRows(11, 3), Options{}},
		{someRows(12, 5000), Options{GroupRows: 700}}, // several pages, groups and reads
		{newCatalog(3).rows(20_000, 0), Options{}},
	} {
		facts := readFacts(t, writeFile(t, test.o, test.rows, nil))
		if len(facts) != len(test.rows) {
			t.Fatalf("%d facts of %d rows", len(facts), len(test.rows))
		}
		for i, f := range facts {
			if want := factOf(test.rows[i]); !reflect.DeepEqual(f, want) {
				t.Fatalf("row %d:\n got %+v\nwant %+v", i, f, want)
			}
		}
	}
}

func TestFactHashKey(t *testing.T) {
	f := Fact{PartitionKey: "p", ExplicitHashKey: "256"}
	if got := f.HashKey(); got != (event.HashKey{14: 1}) {
		t.Errorf("explicit: %x", got)
	}
	f.ExplicitHashKey = ""
	if got := f.HashKey(); got != event.HashOf("p") {
		t.Errorf("of the partition key: %x", got)
	}
}

// some has columns of Row in another order, and without field ids.
type some struct {
	Line          int32       `parquet:"line"`
	City          *string     `parquet:"city,optional"`
	BrowseHistory []someEntry `parquet:"browse_history,list,optional"`
	ArrivalTime   time.Time   `parquet:"arrival_time,timestamp(microsecond)"`
}

type someEntry struct {
	Price *int64 `parquet:"price,decimal(4:18),optional"`
}

func TestReadSomeColumns(t *testing.T) {
	rows := someRows(13, 2000)
	file := writeFile(t, Options{GroupRows: 500}, rows, nil)
	i := 0
	err := Read(t.Context(), bytes.NewReader(file), int64(len(file)), func(got []some) error {
		for _, g := range got {
			want := some{Line: rows[i].Line, City: rows[i].City, ArrivalTime: rows[i].ArrivalTime}
			if rows[i].BrowseHistory != nil {
				want.BrowseHistory = []someEntry{}
			}
			for _, x := range rows[i].BrowseHistory {
				want.BrowseHistory = append(want.BrowseHistory, someEntry{x.Price})
			}
			if !reflect.DeepEqual(g, want) {
				t.Fatalf("row %d: got %+v, want %+v", i, g, want)
			}
			i++
		}
		return nil
	})
	if err != nil || i != len(rows) {
		t.Errorf("%d rows, %v", i, err)
	}
}

// TestReadOlderFile reads a file that lacks columns of today.
func TestReadOlderFile(t *testing.T) {
	type older struct {
		ShardID string  `parquet:"shard_id,id(1),dict"`
		City    *string `parquet:"city,id(13),optional,dict"`
	}
	var b bytes.Buffer
	w := parquet.NewGenericWriter[older](&b)
	if _, err := w.Write([]older{{"s", new("Lund")}, {"s", nil}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got := readFile(t, b.Bytes())
	if len(got) != 2 || *got[0].City != "Lund" || got[1].City != nil || len(got[0].BrowseHistory) != 0 || got[0].Country != nil {
		t.Errorf("got %+v", got)
	}
	err := ReadFacts(t.Context(), bytes.NewReader(b.Bytes()), int64(b.Len()), func([]Fact) error { return nil })
	if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "sequence_number is missing") {
		t.Errorf("facts of a file without their columns: %v", err)
	}
}

func TestReadFactsChecksTypes(t *testing.T) {
	type other struct {
		ShardID int64 `parquet:"shard_id"`
	}
	var b bytes.Buffer
	w := parquet.NewGenericWriter[other](&b)
	if _, err := w.Write([]other{{1}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	err := ReadFacts(t.Context(), bytes.NewReader(b.Bytes()), int64(b.Len()), func([]Fact) error { return nil })
	if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "shard_id is INT64") {
		t.Errorf("got %v", err)
	}
}

// readers are Read and ReadFacts as one type.
var readers = map[string]func(ctx context.Context, src io.ReaderAt, size int64, each func(n int) error) error{
	"Read": func(ctx context.Context, src io.ReaderAt, size int64, each func(n int) error) error {
		return Read(ctx, src, size, func(rows []Row) error { return each(len(rows)) })
	},
	"ReadFacts": func(ctx context.Context, src io.ReaderAt, size int64, each func(n int) error) error {
		return ReadFacts(ctx, src, size, func(facts []Fact) error { return each(len(facts)) })
	},
}

func TestReadStops(t *testing.T) {
	file := writeFile(t, Options{}, newCatalog(2).rows(5*readRows, 1), nil)
	src, size := bytes.NewReader(file), int64(len(file))
	for name, read := range readers {
		t.Run(name, func(t *testing.T) {
			stop, calls := errors.New("stop"), 0
			err := read(t.Context(), src, size, func(int) error {
				calls++
				return stop
			})
			if err != stop || calls != 1 {
				t.Errorf("after an error of each: %v, %d calls", err, calls)
			}
			ctx, cancel := context.WithCancel(t.Context())
			calls = 0
			err = read(ctx, src, size, func(int) error {
				if calls++; calls == 2 {
					cancel()
				}
				return nil
			})
			if !errors.Is(err, context.Canceled) || calls != 2 {
				t.Errorf("after the context is done: %v, %d calls", err, calls)
			}
			defer func() {
				if p := recover(); p != "mine" {
					t.Errorf("a panic of each became %v", p)
				}
			}()
			_ = read(t.Context(), src, size, func(int) error { panic("mine") })
		})
	}
}

// failing is a store that fails after some reads.
type failing struct {
	io.ReaderAt
	left int
	err  error
}

func (f *failing) ReadAt(p []byte, off int64) (int, error) {
	if f.left--; f.left < 0 {
		return 0, f.err
	}
	return f.ReaderAt.ReadAt(p, off)
}

func TestReadReportsTheStore(t *testing.T) {
	file := writeFile(t, Options{GroupRows: 500}, newCatalog(2).rows(1500, 1), nil)
	gone := errors.New("connection reset")
	for name, read := range readers {
		failed := 0
		for left := range 200 {
			src := &failing{ReaderAt: bytes.NewReader(file), left: left, err: gone}
			err := read(t.Context(), src, int64(len(file)), func(int) error { return nil })
			if src.left >= 0 && err == nil {
				break
			}
			failed++
			if !errors.Is(err, gone) || errors.Is(err, ErrCorrupt) {
				t.Fatalf("%s, after %d reads: %v", name, left, err)
			}
		}
		if failed < 10 {
			t.Errorf("%s: the store failed only %d times", name, failed)
		}
	}
}

// TestReadDamagedFiles flips bits all over a file. Nothing may panic, and what lies in pages may not read as other rows.
func TestReadDamagedFiles(t *testing.T) {
	rows := someRows(14, 100)
	file := writeFile(t, Options{GroupRows: 64}, rows, nil)
	facts := readFacts(t, file)
	pages := pageBytes(t, file)
	rng := rand.New(rand.NewPCG(5, 5))
	refused, tried := 0, 400
	for range tried {
		damaged := bytes.Clone(file)
		at := rng.IntN(len(file))
		damaged[at] ^= 1 << rng.IntN(8)
		src, size := bytes.NewReader(damaged), int64(len(damaged))

		var got []Row
		err := Read(t.Context(), src, size, func(r []Row) error { got = append(got, r...); return nil })
		if err != nil && !errors.Is(err, ErrCorrupt) {
			t.Fatalf("byte %d: %v", at, err)
		}
		if err == nil && pages[at] && !reflect.DeepEqual(got, rows) {
			t.Fatalf("byte %d of a page is damaged, and other rows are read", at)
		}
		var gotFacts []Fact
		factErr := ReadFacts(t.Context(), src, size, func(f []Fact) error { gotFacts = append(gotFacts, f...); return nil })
		if factErr != nil && !errors.Is(factErr, ErrCorrupt) {
			t.Fatalf("byte %d: facts: %v", at, factErr)
		}
		if factErr == nil && pages[at] && len(gotFacts) != len(facts) {
			t.Fatalf("byte %d of a page is damaged, and other facts are read", at)
		}
		if err != nil {
			refused++
		}
	}
	if refused < tried/2 {
		t.Errorf("only %d of %d damaged files were refused", refused, tried)
	}
	for n := range 64 { // cut off
		if _, err := ReadInfo(bytes.NewReader(file[:n*len(file)/64]), int64(n*len(file)/64)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("file cut to %d/64: %v", n, err)
		}
	}
}

// TestReadRefusesWrongOffsets reads files whose footers point outside of them.
func TestReadRefusesWrongOffsets(t *testing.T) {
	file := writeFile(t, Options{}, someRows(15, 50), nil)
	for _, offset := range []int64{-1, -1 << 40, int64(len(file)), 1 << 40} {
		footer := open(t, file).Metadata()
		for i := range footer.RowGroups[0].Columns {
			column := &footer.RowGroups[0].Columns[i].MetaData
			column.DataPageOffset, column.DictionaryPageOffset = offset, 0
		}
		kvs, err := keyValues(nil)
		if err != nil {
			t.Fatal(err)
		}
		damaged, err := replaceFooter(bytes.Clone(file), footer, kvs)
		if err != nil {
			t.Fatal(err)
		}
		for name, read := range readers {
			err := read(t.Context(), bytes.NewReader(damaged), int64(len(damaged)), func(int) error { return nil })
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("%s, offset %d: %v", name, offset, err)
			}
		}
	}
}

// TestReadRefusesOtherCodecs reads a file that claims a codec whose decoder does not end on foreign bytes.
func TestReadRefusesOtherCodecs(t *testing.T) {
	file := writeFile(t, Options{}, someRows(15, 50), nil)
	footer := open(t, file).Metadata()
	footer.RowGroups[0].Columns[3].MetaData.Codec = format.Lz4Raw
	damaged, err := replaceFooter(bytes.Clone(file), footer, []format.KeyValue{{Key: KeyChecksum, Value: noChecksum}})
	if err != nil {
		t.Fatal(err)
	}
	for name, read := range readers {
		err := read(t.Context(), bytes.NewReader(damaged), int64(len(damaged)), func(int) error { return nil })
		if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "LZ4_RAW") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// pageBytes marks the bytes of a file that a checksum covers: the pages without their headers.
func pageBytes(t *testing.T, file []byte) []bool {
	t.Helper()
	covered := make([]bool, len(file))
	f := open(t, file)
	for g := range f.Metadata().RowGroups {
		for c := range f.Metadata().RowGroups[g].Columns {
			chunk := f.RowGroups()[g].ColumnChunks()[c]
			index, err := chunk.OffsetIndex()
			if err != nil {
				t.Fatal(err)
			}
			for p := range index.NumPages() {
				start, size := int(index.Offset(p)), int(index.CompressedPageSize(p))
				for i := start + min(size, 64); i < start+size; i++ { // headers are shorter than 64 bytes
					covered[i] = true
				}
			}
		}
	}
	return covered
}

// FuzzOpen opens any bytes. What passes Verify must read in full.
func FuzzOpen(f *testing.F) {
	for seed := range uint64(3) {
		f.Add(writeFile(f, Options{}, someRows(seed, int(seed)*2), nil))
	}
	f.Add([]byte("PAR1PAR1"))
	f.Fuzz(func(t *testing.T, file []byte) {
		src, size := bytes.NewReader(file), int64(len(file))
		info, err := ReadInfo(src, size)
		if err != nil && !errors.Is(err, ErrCorrupt) {
			t.Errorf("ReadInfo: %v", err)
		}
		if Verify(file) != nil {
			return
		}
		for name, read := range readers {
			n := 0
			if err := read(t.Context(), src, size, func(rows int) error { n += rows; return nil }); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if int64(n) != info.Rows {
				t.Errorf("%s: %d rows of %d", name, n, info.Rows)
			}
		}
	})
}
