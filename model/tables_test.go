package model

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"testing"
)

// The weights are part of what makes lists equal on every machine: a change of any digit is a change of the model.
func TestTablesAreGolden(t *testing.T) {
	tb := newTables(DefaultParams())
	for _, c := range []struct {
		name      string
		got, want []int64
	}{
		{"recency", tb.recency, []int64{1048576, 734003, 513801, 359660, 251761, 176232, 123362, 86353, 60447, 42312}},
		{"rank", tb.rank[:4], []int64{1048576, 1042285, 1035994, 1029702}},
		{"norm", tb.norm[1:6], []int64{1048576, 741455, 605395, 524288, 468937}},
		{"reminder", tb.reminder[:4], []int64{0, 2097152, 1482910, 1210790}},
		{"kernel of the newest", tb.kernel[0][recordView-2 : recordView+3], []int64{52428, 209715, 1048576, 262144, 65536}},
		{"covisit of the second", tb.covisit[1][recordView-1 : recordView+2], []int64{367001, 0, 524288}},
		{"kind", tb.kind[:], []int64{1048576, 1572864, 1572864}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s is %v, want %v", c.name, c.got, c.want)
		}
	}
	const want = "1b02344452b01548"
	sum := sha256.Sum256(fmt.Append(nil, tb.recency, tb.rank, tb.norm, tb.kernel, tb.covisit, tb.single, tb.reminder, tb.kind))
	if got := hex.EncodeToString(sum[:8]); got != want {
		t.Errorf("digest of all tables is %s, want %s", got, want)
	}
}

// TestTablesAreWhatTheySay compares the integers with the functions that they stand for.
func TestTablesAreWhatTheySay(t *testing.T) {
	tb := newTables(DefaultParams())
	near := func(what string, got int64, want float64) {
		t.Helper()
		if diff := math.Abs(float64(got)/one - want); diff > 0.002 {
			t.Errorf("%s is %.5f, want %.5f", what, float64(got)/one, want)
		}
	}
	for p := range tb.recency {
		near(fmt.Sprint("recency ", p), tb.recency[p], math.Pow(.7, float64(p)))
		for d := range 10 {
			near(fmt.Sprint("kernel ", p, d), tb.kernel[p][recordView+d], math.Exp(-float64(p)/4)*math.Pow(.25, float64(d)))
		}
	}
	for n := 1; n <= recordView; n++ {
		near(fmt.Sprint("norm ", n), tb.norm[n], 1/math.Sqrt(float64(n)))
	}
}

func TestRoot(t *testing.T) {
	values := []int64{0, 1, 2, 3, 4, 8, 9, 15, 16, 1<<40 - 1, 1 << 40, 1<<62 - 1, math.MaxInt64}
	for v := range int64(5000) {
		values = append(values, v)
	}
	for _, v := range values {
		r := root(v)
		if r*r > v || (r+1)*(r+1) <= v && r < 3037000499 {
			t.Errorf("root of %d is %d", v, r)
		}
	}
}

func TestShare(t *testing.T) {
	for _, c := range []struct{ v, best, weight, want int64 }{
		{0, 5, one, 0},
		{5, 5, one, one},
		{1, 2, one, one / 2},
		{1, 3, 3 * one, 3 * (one / 3)},
		{1<<50 - 1, 1 << 50, one, one - 1},
		{1 << 61, math.MaxInt64, one, one / 4},
		{math.MaxInt64, math.MaxInt64, one, one},
	} {
		if got := share(c.v, c.best, c.weight); got != c.want {
			t.Errorf("share(%d, %d, %d) is %d, want %d", c.v, c.best, c.weight, got, c.want)
		}
	}
}
