package model

import "slices"

// array is a growing array whose elements never move: it grows by chunks, so that growth neither copies nor leaves
// half of the memory unused. The zero array is empty.
//
// A fork of an array has the same chunks until one of the two writes to them, which is why the original is told to share
// them first. An array that is never forked may be written by at, one that is by edit only.
type array[T any] struct {
	chunks []*[arrayChunk]T
	shared []bool // chunks that another array may have too; no longer than chunks
	n      int
}

const (
	arrayShift = 5
	arrayChunk = 1 << arrayShift
)

// at returns the element i < n.
func (a *array[T]) at(i int32) *T { return &a.chunks[i>>arrayShift][i&(arrayChunk-1)] }

// edit returns the element i < n for writing. Pointers that at returned before may be stale.
func (a *array[T]) edit(i int32) *T {
	c := int(i >> arrayShift)
	if c < len(a.shared) && a.shared[c] {
		own := *a.chunks[c]
		a.chunks[c], a.shared[c] = &own, false
	}
	return a.at(i)
}

// grow makes room for the element i and returns it for writing.
func (a *array[T]) grow(i int32) *T {
	for int(i) >= len(a.chunks)<<arrayShift {
		a.chunks = append(a.chunks, new([arrayChunk]T))
	}
	a.n = max(a.n, int(i)+1)
	return a.edit(i)
}

// share makes the array ready to be forked.
func (a *array[T]) share() { a.shared = allTrue(a.shared, len(a.chunks)) }

// fork returns an array with the same elements. It changes nothing.
func (a *array[T]) fork() array[T] {
	return array[T]{chunks: slices.Clone(a.chunks), shared: slices.Clone(a.shared), n: a.n}
}

// allTrue returns n times true, in the memory of flags if there is enough.
func allTrue(flags []bool, n int) []bool {
	flags = slices.Grow(flags[:0], n)[:n]
	for i := range flags {
		flags[i] = true
	}
	return flags
}
