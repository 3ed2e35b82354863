package table

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
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
		CustomerID: text(r.CustomerID), Duplicate: r.Duplicate,
	}
	if r.VisitStarted != nil {
		f.VisitStarted = *r.VisitStarted
	}
	for _, x := range r.BrowseHistory {
		if typ, _ := event.ParseType(text(x.Event)); text(x.ProductCode) != "" {
			step := Step{ProductCode: text(x.ProductCode), Type: typ, Category: text(x.Category), Brand: text(x.Brand)}
			if x.TouchOffset != nil {
				step.Learnt, step.TouchOffset = true, *x.TouchOffset
			}
			f.Steps = append(f.Steps, step)
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
	file := foreignFile(t, []older{{"s", new("Lund")}, {"s", nil}})
	got := readFile(t, file)
	if len(got) != 2 || *got[0].City != "Lund" || got[1].City != nil || len(got[0].BrowseHistory) != 0 || got[0].Country != nil {
		t.Errorf("got %+v", got)
	}
	err := ReadFacts(t.Context(), bytes.NewReader(file), int64(len(file)), func([]Fact) error { return nil })
	if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "sequence_number is missing") {
		t.Errorf("facts of a file without their columns: %v", err)
	}
}

func TestReadChecksTypes(t *testing.T) {
	type other struct {
		ShardID int64 `parquet:"shard_id"`
	}
	type nested struct {
		ShardID []string `parquet:"shard_id,list"`
		City    []string `parquet:"city"`
	}
	for want, file := range map[string][]byte{
		"shard_id is INT64":      foreignFile(t, []other{{1}}),
		"city is nested in 1 li": foreignFile(t, []nested{{City: []string{"a", "b"}}}),
	} {
		for name, read := range readers {
			want := want
			if name == "ReadFacts" && strings.HasPrefix(want, "city") {
				want = "shard_id is missing" // it looks at no city
			}
			err := read(t.Context(), bytes.NewReader(file), int64(len(file)), func(int) error { return nil })
			if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %s", name, err, want)
			}
		}
	}
}

// foreignFile writes rows of another type, with a checksum.
func foreignFile[T any](t *testing.T, rows []T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, parquet.KeyValueMetadata(KeyChecksum, noChecksum))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := stamp(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
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
			if !errors.Is(err, stop) || calls != 1 {
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

// TestReadDamagedFiles flips bits all over a file. Without the checksum some would panic, some allocate gigabytes, some
// follow numbers as pointers, and some read as other rows.
func TestReadDamagedFiles(t *testing.T) {
	file := writeFile(t, Options{GroupRows: 64}, someRows(14, 100), nil)
	refuse := func(damaged []byte, what string) {
		t.Helper()
		for name, read := range readers {
			called := false
			err := read(t.Context(), bytes.NewReader(damaged), int64(len(damaged)), func(int) error { called = true; return nil })
			if !errors.Is(err, ErrCorrupt) || called {
				t.Fatalf("%s, %s: %v, rows passed on: %v", name, what, err, called)
			}
		}
	}
	for at := range file {
		if at%7 == 0 || at > len(file)-200 {
			file[at] ^= 1 << (at % 8)
			refuse(file, fmt.Sprintf("bit flipped in byte %d", at))
			file[at] ^= 1 << (at % 8)
		}
	}
	for n := range 64 {
		refuse(file[:n*len(file)/64], fmt.Sprintf("cut to %d/64", n))
	}
	refuse(append(bytes.Clone(file), 0), "a byte more")
}

// TestReadRecovers reads files whose checksum is right and whose footer is not.
func TestReadRecovers(t *testing.T) {
	file := writeFile(t, Options{}, someRows(15, 50), nil)
	for name, damage := range map[string]func(footer *format.FileMetaData){
		"row groups without columns": func(f *format.FileMetaData) { f.RowGroups[0].Columns = nil },
		"one column less":            func(f *format.FileMetaData) { f.RowGroups[0].Columns = f.RowGroups[0].Columns[1:] },
		"no schema":                  func(f *format.FileMetaData) { f.Schema = nil },
		"other number of rows":       func(f *format.FileMetaData) { f.NumRows, f.RowGroups[0].NumRows = 51, 51 },
		"fewer rows":                 func(f *format.FileMetaData) { f.NumRows, f.RowGroups[0].NumRows = 49, 49 },
		"pages before the file": func(f *format.FileMetaData) {
			for i := range f.RowGroups[0].Columns {
				f.RowGroups[0].Columns[i].MetaData.DataPageOffset, f.RowGroups[0].Columns[i].MetaData.DictionaryPageOffset = -5, 0
			}
		},
	} {
		footer := open(t, file).Metadata()
		damage(footer)
		damaged := refooted(t, file, footer)
		for reader, read := range readers {
			err := read(t.Context(), bytes.NewReader(damaged), int64(len(damaged)), func(int) error { return nil })
			if err == nil {
				t.Errorf("%s, %s: no error", reader, name)
			}
		}
	}
}

// refooted gives a file another footer and the checksum that goes with it.
func refooted(t *testing.T, file []byte, footer *format.FileMetaData) []byte {
	t.Helper()
	start, err := footerStart(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := thrift.Marshal(new(thrift.CompactProtocol), footer)
	if err != nil {
		t.Fatal(err)
	}
	out := append(bytes.Clone(file[:start]), encoded...)
	out = append(binary.LittleEndian.AppendUint32(out, uint32(len(encoded))), footerMagic...)
	if err := stamp(out); err != nil {
		t.Fatal(err)
	}
	return out
}

// FuzzRead reads any bytes.
func FuzzRead(f *testing.F) {
	for seed := range uint64(3) {
		f.Add(writeFile(f, Options{}, someRows(seed, int(seed)*2), nil))
	}
	f.Add([]byte("PAR1PAR1PAR1"))
	f.Fuzz(func(t *testing.T, file []byte) {
		src, size := bytes.NewReader(file), int64(len(file))
		info, infoErr := ReadInfo(src, size)
		if infoErr != nil && !errors.Is(infoErr, ErrCorrupt) {
			t.Errorf("ReadInfo: %v", infoErr)
		}
		for name, read := range readers {
			n := 0
			err := read(t.Context(), src, size, func(rows int) error { n += rows; return nil })
			if err != nil && !errors.Is(err, ErrCorrupt) {
				t.Errorf("%s: %v", name, err)
			}
			if err == nil && (infoErr != nil || int64(n) != info.Rows) {
				t.Errorf("%s: %d rows of %d, %v", name, n, info.Rows, infoErr)
			}
		}
	})
}
