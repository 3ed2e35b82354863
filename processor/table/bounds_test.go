package table

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// TestColumnsWithoutBounds writes values that nothing bounds: their columns have no index, and all others have one.
func TestColumnsWithoutBounds(t *testing.T) {
	rows := someRows(3, 20)
	rows[4].Raw = new(bytes.Repeat([]byte{0xff}, 100))
	rows[7].Recommendations = []Recommendation{{"a", math.NaN()}, {"b", 1}}
	file := writeFile(t, Options{}, rows, nil)
	for _, chunk := range open(t, file).Metadata().RowGroups[0].Columns {
		name := strings.Join(chunk.MetaData.PathInSchema, ".")
		without := name == "raw" || name == "recommendations.list.element.score"
		if has := chunk.ColumnIndexLength > 0; has == without {
			t.Errorf("%s has an index: %v", name, has)
		}
		if s := chunk.MetaData.Statistics; without && (s.MinValue != nil || s.MaxValue != nil) {
			t.Errorf("%s has bounds", name)
		}
		if chunk.OffsetIndexLength == 0 {
			t.Errorf("%s has no offsets of its pages", name)
		}
	}
	if got := readFile(t, file)[7].Recommendations; len(got) != 2 || !math.IsNaN(got[0].Score) || got[1].Score != 1 {
		t.Errorf("got %v", got)
	}
}

// TestZeroHasTwoSigns checks that the bounds of zeros are those of both, as readers may compare with either.
func TestZeroHasTwoSigns(t *testing.T) {
	for _, zero := range []float64{0, math.Copysign(0, -1)} {
		rows := []Row{{ArrivalTime: arrival, Recommendations: []Recommendation{{"a", zero}}}}
		s := open(t, writeFile(t, Options{}, rows, nil)).Metadata().RowGroups[0].Columns[recommendedScore].MetaData.Statistics
		low, high := parquet.Double.Value(s.MinValue).Double(), parquet.Double.Value(s.MaxValue).Double()
		if low != 0 || !math.Signbit(low) || high != 0 || math.Signbit(high) {
			t.Errorf("the bounds of %v are %v and %v", zero, low, high)
		}
	}
}

func TestRaised(t *testing.T) {
	for in, want := range map[string]string{"a": "b", "a\xff": "b", "ab": "ac", "a\xff\xff": "b", "\xfe\xff": "\xff"} {
		got, ok := raised([]byte(in))
		if !ok || string(got) != want {
			t.Errorf("%q is raised to %q, %v, want %q", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "\xff", "\xff\xff"} {
		if got, ok := raised([]byte(in)); ok {
			t.Errorf("%q is raised to %q", in, got)
		}
	}
}

func TestBoundaryOrder(t *testing.T) {
	number := func(v int64) []byte { return plainInt(v) }
	for _, test := range []struct {
		low, high []int64
		null      int // page of nulls
		want      format.BoundaryOrder
	}{
		{[]int64{-3, -1, 2}, []int64{-2, 5, 5}, -1, format.Ascending},
		{[]int64{2, -1, -3}, []int64{5, 5, -2}, -1, format.Descending},
		{[]int64{1, 2, 3}, []int64{9, 8, 7}, -1, format.Unordered},
		{[]int64{1, 0, 3}, []int64{2, 0, 4}, 1, format.Ascending},
	} {
		var index format.ColumnIndex
		for i := range test.low {
			index.NullPages = append(index.NullPages, i == test.null)
			index.MinValues = append(index.MinValues, number(test.low[i]))
			index.MaxValues = append(index.MaxValues, number(test.high[i]))
		}
		if got := boundaryOrder(format.Int64, &index); got != test.want {
			t.Errorf("%v, %v: %v, want %v", test.low, test.high, got, test.want)
		}
	}
}

// TestPrefixOrdersStrings compares the order of prefixes with that of the strings.
func TestPrefixOrdersStrings(t *testing.T) {
	some := append(slices.Clone(someTexts), "a", "a\x00", "aaaaaaaa", "aaaaaaaab", "\xff", "\xff\xff\xff\xff\xff\xff\xff\xff\xff")
	for _, a := range some {
		for _, b := range some {
			if prefix(a) < prefix(b) && a >= b {
				t.Errorf("%.20q sorts before %.20q by its prefix", a, b)
			}
		}
	}
}
