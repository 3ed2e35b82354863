package dynamo

import (
	"fmt"
	"iter"
	"maps"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
)

// TestRowsAgreeWithMap puts, replaces and removes rows at random and compares every way of reading with a map. Few ids make
// for many replacements, many ids for several chunks.
func TestRowsAgreeWithMap(t *testing.T) {
	for _, ids := range []int{5, 100, 6 * chunkSize} {
		t.Run(fmt.Sprint(ids), func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(ids), 1))
			var got rows
			want := map[string]*row{}
			for step := range 8 * ids {
				id := fmt.Sprintf("%05d", r.IntN(ids))
				if r.IntN(3) == 0 || step > 6*ids && r.IntN(3) > 0 {
					got.put(id, nil)
					delete(want, id)
				} else {
					to := &row{attr.Map{"id": attr.String(id)}, r.IntN(100)}
					got.put(id, to)
					want[id] = to
				}
				if got.get(id) != want[id] {
					t.Fatalf("step %d: get %s", step, id)
				}
				if step%(1+ids/10) == 0 {
					compareRows(t, r, &got, want, ids)
				}
			}
			for id := range want {
				got.put(id, nil)
			}
			compareRows(t, r, &got, nil, ids)
		})
	}
}

func compareRows(t *testing.T, r *rand.Rand, got *rows, want map[string]*row, ids int) {
	t.Helper()
	bytes := 0
	for _, w := range want {
		bytes += w.size
	}
	if got.count != len(want) || got.bytes != bytes {
		t.Fatalf("%d rows of %d bytes, want %d of %d", got.count, got.bytes, len(want), bytes)
	}
	sorted := slices.Sorted(maps.Keys(want))
	for _, s := range []span{
		{},
		{low: fmt.Sprintf("%05d", r.IntN(ids))},
		{high: fmt.Sprintf("%05d", r.IntN(ids))},
		{fmt.Sprintf("%05d", r.IntN(ids)), fmt.Sprintf("%05d", r.IntN(ids)) + "x"},
		{"", "0"},
		{"9", ""},
	} {
		var in []*row
		for _, id := range sorted {
			if id >= s.low && (s.high == "" || id < s.high) {
				in = append(in, want[id])
			}
		}
		if !slices.Equal(slices.Collect(got.ascend(s)), in) {
			t.Fatalf("ascending %q", s)
		}
		slices.Reverse(in)
		if !slices.Equal(slices.Collect(got.descend(s)), in) {
			t.Fatalf("descending %q", s)
		}
		if len(in) > 0 && first(got.descend(s)) != in[0] {
			t.Fatalf("first descending %q", s)
		}
	}
}

func first(rows iter.Seq[*row]) *row {
	for r := range rows {
		return r
	}
	return nil
}

// TestIDsSortBySortKeyWithinPartitions has partition keys that are each other's beginning, and sort keys likewise.
func TestIDsSortBySortKeyWithinPartitions(t *testing.T) {
	s := schema{{"h", attr.KindString, true}, {"r", attr.KindString, false}}
	texts := []string{"a", "a\x00", "ab", "b", "\x01", "é"}
	for _, h := range texts {
		prefix := s.partition(attr.String(h))
		for _, r := range texts {
			id := s.id(attr.Map{"h": attr.String(h), "r": attr.String(r)})
			if id <= prefix || id >= beyond(prefix) {
				t.Errorf("%q/%q is outside of its partition", h, r)
			}
			for _, other := range texts {
				if p := s.partition(attr.String(other)); other != h && id >= p && id < beyond(p) {
					t.Errorf("%q/%q is in the partition of %q", h, r, other)
				}
				if (id < s.id(attr.Map{"h": attr.String(h), "r": attr.String(other)})) != (r < other) {
					t.Errorf("%q: %q and %q are in the wrong order", h, r, other)
				}
			}
		}
	}
}

func TestBeyond(t *testing.T) {
	for prefix, want := range map[string]string{"": "", "a": "b", "a\xff": "b", "\xff\xff": "", "a\x00": "a\x01", "a\xff\x00": "a\xff\x01"} {
		if got := beyond(prefix); got != want {
			t.Errorf("beyond %q is %q, want %q", prefix, got, want)
		}
	}
}

// TestSegmentsPartitionHashes compares segment bounds with their definition: segment = hash × total / 2^64.
func TestSegmentsPartitionHashes(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 20000 {
		total := 1 + r.Uint64N(1+[...]uint64{3, 100, maxSegments - 1}[r.IntN(3)])
		hash := r.Uint64()
		if r.IntN(2) == 0 { // next to a bound
			hash, _ = bits.Div64(r.Uint64N(total), 0, total)
			hash += r.Uint64N(3) - 1
		}
		want, _ := bits.Mul64(hash, total)
		id := string(append([]byte{}, byte(hash>>56), byte(hash>>48), byte(hash>>40), byte(hash>>32), byte(hash>>24), byte(hash>>16), byte(hash>>8), byte(hash)))
		low, high := segmentStart(want, total), segmentStart(want+1, total)
		if id < low || high != "" && id >= high {
			t.Fatalf("hash %x is not in segment %d of %d", hash, want, total)
		}
	}
}
