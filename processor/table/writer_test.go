package table

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// maybe is nil in a third of the cases.
func maybe[T any](rng *rand.Rand, values ...T) *T {
	if rng.IntN(3) == 0 {
		return nil
	}
	return new(values[rng.IntN(len(values))])
}

var (
	someTexts   = []string{"", "x", "Luleå", "日本語", "😀", "a\x00b", "line\nbreak", `{"a":1}`, strings.Repeat("long ", 400)}
	someInts    = []int64{0, 1, -1, 1 << 53, 1<<53 + 1, math.MaxInt64, math.MinInt64}
	someAmounts = []int64{0, 1, -1, 99_500, 1e18 - 1, -1e18 + 1}
	someScores  = []float64{0, math.Copysign(0, -1), 1.5, -1e300, math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(1)}
	someRaws    = [][]byte{{}, {0}, []byte("raw"), bytes.Repeat([]byte{0xff, 0xfe}, 3000)}
	someTimes   = []time.Time{
		time.Unix(0, 0).UTC(), time.Date(1678, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2261, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
		time.Date(2026, 11, 23, 9, 30, 0, 123_456_000, time.UTC),
	}
)

// someRow has any value in any column.
func someRow(rng *rand.Rand) Row {
	pick := func() string { return someTexts[rng.IntN(len(someTexts))] }
	text := func() *string { return maybe(rng, someTexts...) }
	r := Row{
		ShardID: pick(), SequenceNumber: pick(), SubSequence: rng.Int32(), Line: -rng.Int32(), PartitionKey: pick(),
		ExplicitHashKey: text(), ArrivalTime: someTimes[rng.IntN(len(someTimes))], EventTime: maybe(rng, someTimes...),
		EventID: text(), SessionID: text(), CustomerID: text(), KeyID: text(), City: text(), Country: text(),
		CreditLimit: maybe(rng, someAmounts...), ModelVersion: maybe(rng, 0, 1, math.MinInt32, int32(math.MaxInt32)),
		Duplicate: rng.IntN(2) == 0, Extra: text(), Error: text(), Raw: maybe(rng, someRaws...),
		VisitStarted: maybe(rng, someTimes...),
	}
	if rng.IntN(3) > 0 {
		r.BrowseHistory = []Entry{}
		for range rng.IntN(4) {
			r.BrowseHistory = append(r.BrowseHistory, Entry{
				ProductCode: text(), Quantity: maybe(rng, someInts...), InShoppingCart: maybe(rng, true, false), Event: text(),
				Category: text(), Brand: text(), Price: maybe(rng, someAmounts...), Currency: text(), Extra: text(), TouchOffset: maybe(rng, someAmounts...),
			})
		}
	}
	if rng.IntN(3) > 0 {
		r.Recommendations = []Recommendation{}
		for range rng.IntN(30) {
			r.Recommendations = append(r.Recommendations, Recommendation{pick(), someScores[rng.IntN(len(someScores))]})
		}
	}
	return r
}

func someRows(seed uint64, n int) []Row {
	rng := rand.New(rand.NewPCG(seed, 7))
	rows := make([]Row, n)
	for i := range rows {
		rows[i] = someRow(rng)
	}
	return rows
}

func readFile(t testing.TB, file []byte) []Row {
	t.Helper()
	var rows []Row
	err := Read(t.Context(), bytes.NewReader(file), int64(len(file)), func(some []Row) error {
		rows = append(rows, some...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// sameRows compares rows, and their bits: -0 is not 0.
func sameRows(t *testing.T, got, want []Row) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("row %d:\n got %s\nwant %s", i, dump(got[i]), dump(want[i]))
		}
		for j, r := range got[i].Recommendations {
			if math.Signbit(r.Score) != math.Signbit(want[i].Recommendations[j].Score) {
				t.Fatalf("row %d: score %d has another sign", i, j)
			}
		}
	}
}

// dump shows a row with what its pointers point to.
func dump(r Row) string {
	var b strings.Builder
	var show func(v reflect.Value)
	show = func(v reflect.Value) {
		switch {
		case v.Kind() == reflect.Pointer && v.IsNil(), v.Kind() == reflect.Slice && v.IsNil():
			b.WriteString("null ")
		case v.Kind() == reflect.Pointer:
			show(v.Elem())
		case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
			b.WriteString("[ ")
			for i := range v.Len() {
				for j := range v.Index(i).NumField() {
					show(v.Index(i).Field(j))
				}
			}
			b.WriteString("] ")
		default:
			fmt.Fprintf(&b, "%.60q ", fmt.Sprint(v.Interface()))
		}
	}
	for i := range reflect.ValueOf(r).NumField() {
		show(reflect.ValueOf(r).Field(i))
	}
	return b.String()
}

func TestRoundTrip(t *testing.T) {
	for _, n := range []int{0, 1, 63, 64, 65, 1000} {
		rows := someRows(uint64(n), n)
		sameRows(t, readFile(t, writeFile(t, Options{GroupRows: 300}, rows, nil)), rows)
	}
}

// TestRoundTripOfEveryColumn writes each column alone, null and not, so that no other column can stand in for it.
func TestRoundTripOfEveryColumn(t *testing.T) {
	full := func() Row {
		return Row{
			ShardID: "s", SequenceNumber: "1", SubSequence: 2, Line: 3, PartitionKey: "p", ExplicitHashKey: new("7"),
			ArrivalTime: someTimes[3], EventTime: new(someTimes[0]), EventID: new("e"), SessionID: new("s"), CustomerID: new("c"),
			KeyID: new("k"), City: new("y"), Country: new("z"), CreditLimit: new(int64(5)), ModelVersion: new(int32(6)),
			Duplicate: true, Extra: new("{}"), Error: new("a: b"), Raw: new([]byte("r")), VisitStarted: new(someTimes[3]),
			BrowseHistory: []Entry{{
				ProductCode: new("P"), Quantity: new(int64(1)), InShoppingCart: new(true), Event: new("cart"),
				Category: new("a"), Brand: new("b"), Price: new(int64(9)), Currency: new("EUR"), Extra: new("{}"), TouchOffset: new(int64(-3)),
			}},
			Recommendations: []Recommendation{{"R", 0.5}},
		}
	}
	zero := Row{ArrivalTime: time.Unix(0, 0).UTC()}
	rows := []Row{zero, full()}
	columns := reflect.TypeFor[Row]()
	for i := range columns.NumField() {
		alone, without := zero, full()
		reflect.ValueOf(&alone).Elem().Field(i).Set(reflect.ValueOf(full()).Field(i))
		reflect.ValueOf(&without).Elem().Field(i).Set(reflect.ValueOf(zero).Field(i))
		rows = append(rows, alone, without)
	}
	entries := reflect.TypeFor[Entry]()
	for i := range entries.NumField() {
		alone, without := Entry{}, full().BrowseHistory[0]
		reflect.ValueOf(&alone).Elem().Field(i).Set(reflect.ValueOf(full().BrowseHistory[0]).Field(i))
		reflect.ValueOf(&without).Elem().Field(i).SetZero()
		r := zero
		r.BrowseHistory = []Entry{alone, {}, without}
		rows = append(rows, r)
	}
	sameRows(t, readFile(t, writeFile(t, Options{}, rows, nil)), rows)
}

func TestBytesDependOnRowsOnly(t *testing.T) {
	large := Row{ArrivalTime: someTimes[3], Raw: new(bytes.Repeat([]byte("raw "), 1<<18))}
	rows := slices.Concat(someRows(1, 500), newCatalog(3).rows(3000, 20), []Row{large, large, large}, someRows(2, 100))
	o := Options{GroupRows: 1000, GroupBytes: 256 << 10}
	want := sha256.Sum256(writeFile(t, o, rows, map[string]string{"a": "1"}))
	w, err := NewWriter(o)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(8, 9))
	for round := range 6 {
		w.Reset()
		for i := 0; i < len(rows); {
			n := min(1+rng.IntN([]int{1, 2, 7, 64, 100, 5000}[round]), len(rows)-i)
			if err := w.Append(rows[i : i+n]); err != nil {
				t.Fatal(err)
			}
			if i += n; w.Rows() != i {
				t.Fatalf("Rows() = %d, want %d", w.Rows(), i)
			}
		}
		file, err := w.Close(map[string]string{"a": "1"})
		if err != nil {
			t.Fatal(err)
		}
		if got := sha256.Sum256(file); got != want {
			t.Errorf("round %d: the bytes depend on how the rows were appended", round)
		}
	}
}

// TestAppendKeepsNothing overwrites the rows between Append and Close.
func TestAppendKeepsNothing(t *testing.T) {
	rows := someRows(3, 10)
	want := writeFile(t, Options{}, rows, nil)
	w, err := NewWriter(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Append(rows); err != nil {
		t.Fatal(err)
	}
	scribble(reflect.ValueOf(rows))
	got, err := w.Close(nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("the file changed with the rows")
	}
}

// scribble sets everything that rows reach, but the bytes of Raw, to zero.
func scribble(v reflect.Value) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time](), v.Type() == reflect.TypeFor[[]byte]():
		v.SetZero()
	case v.Kind() == reflect.Pointer && !v.IsNil():
		scribble(v.Elem())
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			scribble(v.Index(i))
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			scribble(v.Field(i))
		}
	default:
		v.SetZero()
	}
}

func TestWriterReset(t *testing.T) {
	w, err := NewWriter(Options{GroupRows: 100})
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(4) {
		rows := someRows(seed, 250)
		if err := w.Append(rows); err != nil {
			t.Fatal(err)
		}
		if seed == 1 { // given up half-way
			w.Reset()
			if w.Rows() != 0 || w.Size() > 1<<16 {
				t.Errorf("after Reset: %d rows, %d bytes", w.Rows(), w.Size())
			}
			continue
		}
		meta := map[string]string{fmt.Sprintf("key %d", seed): "x"}
		file, err := w.Close(meta)
		if err != nil {
			t.Fatal(err)
		}
		w.Reset()
		if want := writeFile(t, Options{GroupRows: 100}, rows, meta); !bytes.Equal(file, want) {
			t.Errorf("file %d of a reused writer differs from that of a new one", seed)
		}
	}
}

func TestClosedFilesStayIntact(t *testing.T) {
	w, err := NewWriter(Options{})
	if err != nil {
		t.Fatal(err)
	}
	var files [][]byte
	var sums [][32]byte
	for seed := range uint64(3) {
		if err := w.Append(someRows(seed, 100)); err != nil {
			t.Fatal(err)
		}
		file, err := w.Close(nil)
		if err != nil {
			t.Fatal(err)
		}
		files, sums = append(files, file), append(sums, sha256.Sum256(file))
		w.Reset()
	}
	for i := range files {
		if sha256.Sum256(files[i]) != sums[i] {
			t.Errorf("file %d changed while later ones were written", i)
		}
	}
}

func TestWriterRefuses(t *testing.T) {
	for _, o := range []Options{{GroupRows: -1}, {GroupBytes: -1}} {
		if _, err := NewWriter(o); err == nil {
			t.Errorf("options %+v are accepted", o)
		}
	}
	w, err := NewWriter(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Close(map[string]string{KeySchemaHash: "x"}); err == nil || !strings.Contains(err.Error(), KeySchemaHash) {
		t.Errorf("reserved key: %v", err)
	}
	if err := w.Append(someRows(1, 1)); err == nil {
		t.Error("Append succeeds after Close")
	}
	if _, err := w.Close(nil); err == nil {
		t.Error("Close succeeds twice")
	}
	w.Reset()
	if err := w.Append(someRows(1, 1)); err != nil {
		t.Errorf("Append after Reset: %v", err)
	}
}

func TestRowGroupsAreBounded(t *testing.T) {
	rows := slices.Repeat(newCatalog(5).rows(10_000, 20), 3)
	for _, test := range []struct {
		name    string
		options Options
		min     int
		max     int
	}{
		{"by rows", Options{GroupRows: 1000}, 30, 30}, // of 1,024, the last smaller
		{"by bytes", Options{GroupBytes: 3 << 20}, 2, 5},
		{"by neither", Options{}, 1, 1},
	} {
		file := writeFile(t, test.options, rows, nil)
		info, err := ReadInfo(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		if info.Groups < test.min || info.Groups > test.max || info.Rows != int64(len(rows)) {
			t.Errorf("%s: %d row groups, %d rows", test.name, info.Groups, info.Rows)
		}
	}
}

func TestSizeEstimatesTheFile(t *testing.T) {
	c := newCatalog(5)
	w, err := NewWriter(Options{GroupBytes: 2 << 20})
	if err != nil {
		t.Fatal(err)
	}
	for w.Rows() < 30_000 {
		if err := w.Append(c.rows(37, 20)); err != nil {
			t.Fatal(err)
		}
		if perRow := int(w.Size()) / w.Rows(); w.Rows() > 5000 && (perRow < 150 || perRow > 700) {
			t.Fatalf("%d bytes per row after %d rows", perRow, w.Rows())
		}
	}
	estimate := w.Size()
	file, err := w.Close(nil)
	if err != nil {
		t.Fatal(err)
	}
	if low, high := int64(len(file)), int64(len(file))+2<<20; estimate < low*97/100 || estimate > high {
		t.Errorf("estimate %d for a file of %d", estimate, len(file))
	}
	w.Reset()
	if err := w.Append([]Row{{ArrivalTime: someTimes[3], Raw: new(make([]byte, 5<<20))}}); err != nil {
		t.Fatal(err)
	}
	if size := w.Size(); size < 1<<10 {
		t.Errorf("a row of 5 MiB counts %d bytes", size)
	}
}

// TestWriterMemoryIsBounded appends some hundred megabytes of input.
func TestWriterMemoryIsBounded(t *testing.T) {
	c := newCatalog(5)
	rows := c.rows(5000, 20)
	w, err := NewWriter(Options{GroupBytes: 4 << 20})
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range 20 {
		if err := w.Append(rows); err != nil {
			t.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	kept := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	if limit := 2*int64(cap(w.out)) + 32<<20; kept > limit {
		t.Errorf("a writer with %d MiB of output keeps %d MiB", len(w.out)>>20, kept>>20)
	}
	t.Logf("%d rows, %d MiB of output, %d MiB kept", w.Rows(), len(w.out)>>20, kept>>20)
	runtime.KeepAlive(rows)
}

func TestAppendAllocatesLittle(t *testing.T) {
	rows := newCatalog(5).rows(640, 20)
	w, err := NewWriter(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, batch := range []int{10, 64} {
		w.Reset()
		write := func() {
			for i := 0; i < len(rows); i += batch {
				if err := w.Append(rows[i : i+batch]); err != nil {
					t.Fatal(err)
				}
			}
		}
		for range 20 {
			write()
		}
		if perRow := testing.AllocsPerRun(20, write) / float64(len(rows)); perRow > 0.2 {
			t.Errorf("appending %d at a time: %.2f allocations per row", batch, perRow)
		}
	}
}
