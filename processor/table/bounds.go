package table

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"

	"github.com/parquet-go/parquet-go/format"
)

// maxBound is the longest minimum or maximum of a column chunk that a footer keeps. Without a limit a footer would hold
// the two largest values of raw and extra in full, and readers would fetch them with every footer.
const maxBound = 64

// bounds are the least and the greatest of some values of a column, each in the plain encoding.
type bounds struct {
	any      bool // there is a value
	missing  bool // nothing bounds the values: one is not a number
	min, max []byte
}

// extent finds the bounds of the values of the open page, of whatever type the column has.
type extent struct {
	any      bool
	missing  bool
	low      int64
	high     int64
	lowest   float64
	highest  float64
	lowKey   uint64 // the first 8 bytes of first, as a number: most strings can be told apart by them
	highKey  uint64
	first    []byte // at most kept bytes, of the least string
	last     []byte // and of the greatest
	reserved [2][kept]byte
}

// kept is how much of a string is compared: of a longer bound no more is written anywhere.
const kept = maxBound + 1

func (e *extent) reset() {
	e.any, e.missing = false, false
}

func (e *extent) int(v int64) {
	if !e.any {
		e.any, e.low, e.high = true, v, v
		return
	}
	e.low, e.high = min(e.low, v), max(e.high, v)
}

func (e *extent) double(v float64) {
	switch {
	case math.IsNaN(v):
		e.missing = true
	case !e.any:
		e.any, e.lowest, e.highest = true, v, v
	case v < e.lowest:
		e.lowest = v
	case v > e.highest:
		e.highest = v
	}
}

func (e *extent) text(s string) {
	if key := prefix(s); !e.any || key <= e.lowKey || key >= e.highKey {
		e.compare(s, key)
	}
}

// compare is for strings that may be a bound.
func (e *extent) compare(s string, key uint64) {
	if len(s) > kept {
		s = s[:kept]
	}
	if !e.any || s < string(e.first) {
		e.first, e.lowKey = append(e.reserved[0][:0], s...), key
	}
	if !e.any || s > string(e.last) {
		e.last, e.highKey = append(e.reserved[1][:0], s...), key
	}
	e.any = true
}

// prefix orders strings by their first 8 bytes.
func prefix(s string) (key uint64) {
	if len(s) >= 8 {
		return uint64(s[7]) | uint64(s[6])<<8 | uint64(s[5])<<16 | uint64(s[4])<<24 |
			uint64(s[3])<<32 | uint64(s[2])<<40 | uint64(s[1])<<48 | uint64(s[0])<<56
	}
	for i := range len(s) {
		key |= uint64(s[i]) << (56 - 8*i)
	}
	return key
}

// bounds returns what the extent has found.
func (e *extent) bounds(t format.Type) bounds {
	b := bounds{any: e.any || e.missing, missing: e.missing}
	if !e.any || e.missing {
		return b
	}
	switch t {
	case format.ByteArray:
		b.min, b.max = bytes.Clone(e.first), bytes.Clone(e.last)
	case format.Double:
		b.min, b.max = plainDouble(signed(e.lowest, -1)), plainDouble(signed(e.highest, 1))
	case format.Int32:
		b.min, b.max = plainInt(e.low)[:4], plainInt(e.high)[:4]
	case format.Boolean:
		b.min, b.max = plainInt(e.low)[:1], plainInt(e.high)[:1]
	default:
		b.min, b.max = plainInt(e.low), plainInt(e.high)
	}
	return b
}

// signed makes zero the one that bounds both zeros, as Parquet demands.
func signed(v, sign float64) float64 {
	if v == 0 {
		return math.Copysign(0, sign)
	}
	return v
}

func plainInt(v int64) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(v)) }

func plainDouble(v float64) []byte { return binary.LittleEndian.AppendUint64(nil, math.Float64bits(v)) }

// compareBounds compares two bounds of a column.
func compareBounds(t format.Type, a, b []byte) int {
	switch t {
	case format.Int32:
		return compareNumbers(int32(binary.LittleEndian.Uint32(a)), int32(binary.LittleEndian.Uint32(b)))
	case format.Int64:
		return compareNumbers(int64(binary.LittleEndian.Uint64(a)), int64(binary.LittleEndian.Uint64(b)))
	case format.Double:
		return compareNumbers(math.Float64frombits(binary.LittleEndian.Uint64(a)), math.Float64frombits(binary.LittleEndian.Uint64(b)))
	}
	return bytes.Compare(a, b)
}

func compareNumbers[T int32 | int64 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// chunkStatistics joins the bounds of the pages of a column chunk. Bounds that are too long are left out: the page index
// keeps shortened ones, which still prune.
func chunkStatistics(t format.Type, pages []page, nulls int64) format.Statistics {
	s := format.Statistics{NullCount: nulls}
	for i := range pages {
		b := &pages[i].bounds
		if b.missing {
			return format.Statistics{NullCount: nulls}
		}
		if !b.any {
			continue
		}
		if s.MinValue == nil || compareBounds(t, b.min, s.MinValue) < 0 {
			s.MinValue = b.min
		}
		if s.MaxValue == nil || compareBounds(t, b.max, s.MaxValue) > 0 {
			s.MaxValue = b.max
		}
	}
	if len(s.MinValue) > maxBound || len(s.MaxValue) > maxBound {
		s.MinValue, s.MaxValue = nil, nil
	}
	return s
}

// columnIndex is the index of the pages of a column chunk. There is none when a page has values without bounds.
func columnIndex(t format.Type, pages []page, limit int) (index format.ColumnIndex, ok bool) {
	for i := range pages {
		p := &pages[i]
		low, high, ok := shortened(t, p.bounds, limit)
		if !ok {
			return format.ColumnIndex{}, false
		}
		index.NullPages = append(index.NullPages, !p.bounds.any)
		index.NullCounts = append(index.NullCounts, p.nulls)
		index.MinValues = append(index.MinValues, low)
		index.MaxValues = append(index.MaxValues, high)
	}
	index.BoundaryOrder = boundaryOrder(t, &index)
	return index, true
}

// shortened cuts the bounds of strings to limit bytes. A cut maximum is raised, since it has to stay above what was cut off; there is none above
// bytes of 255.
func shortened(t format.Type, b bounds, limit int) (low, high []byte, ok bool) {
	if !b.any {
		return []byte{}, []byte{}, true
	}
	low, high, ok = b.min, b.max, !b.missing
	if t != format.ByteArray || !ok {
		return low, high, ok
	}
	low = low[:min(len(low), limit)]
	if len(high) > limit {
		high, ok = raised(high[:limit])
	}
	return low, high, ok
}

// raised returns the shortest string above all that begin with s.
func raised(s []byte) (_ []byte, ok bool) {
	s = slices.Clone(s)
	for n := len(s); n > 0; n-- {
		if s[n-1]++; s[n-1] != 0 {
			return s[:n], true
		}
	}
	return nil, false
}

// boundaryOrder says how the pages that are not all null are ordered.
func boundaryOrder(t format.Type, index *format.ColumnIndex) format.BoundaryOrder {
	ascending, descending, last := true, true, -1
	for i, null := range index.NullPages {
		if null {
			continue
		}
		if last >= 0 {
			low := compareBounds(t, index.MinValues[last], index.MinValues[i])
			high := compareBounds(t, index.MaxValues[last], index.MaxValues[i])
			ascending = ascending && low <= 0 && high <= 0
			descending = descending && low >= 0 && high >= 0
		}
		last = i
	}
	switch {
	case ascending:
		return format.Ascending
	case descending:
		return format.Descending
	}
	return format.Unordered
}
