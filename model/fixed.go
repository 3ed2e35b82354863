package model

import "math/bits"

// Scores are fixed-point integers with fracBits fractional bits, so sums do not depend on their order and no compiler
// may fuse or reorder anything. one is the value 1.
const (
	fracBits = 20
	one      = 1 << fracBits
)

// Permille is a weight in thousandths: 500 is one half.
type Permille int

// fixed returns the weight as a fixed-point number, rounded down.
func (p Permille) fixed() int64 { return int64(p) * one / 1000 }

// mul multiplies two non-negative fixed-point numbers, rounding down.
func mul(a, b int64) int64 { return a * b >> fracBits }

// powers returns 1, r, r², … as n fixed-point numbers, each rounded down from the one before.
func powers(r Permille, n int) []int64 {
	w := make([]int64, n)
	for i, v := 0, int64(one); i < n; i, v = i+1, mul(v, r.fixed()) {
		w[i] = v
	}
	return w
}

// inverseRoot returns 1/√n rounded down, for n ≥ 1.
func inverseRoot(n int) int64 { return root(one * one / int64(n)) }

// root returns the integer square root of v ≥ 0, by Newton's method from above.
func root(v int64) int64 {
	if v == 0 {
		return 0
	}
	x := int64(1) << ((bits.Len64(uint64(v)) + 1) / 2)
	for {
		y := (x + v/x) / 2
		if y >= x {
			return x
		}
		x = y
	}
}
