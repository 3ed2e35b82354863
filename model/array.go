package model

// array is a growing array whose elements never move: it grows by chunks, so that growth neither copies nor leaves
// half of the memory unused. The zero array is empty.
type array[T any] struct {
	chunks [][]T
	n      int
}

const (
	arrayShift = 12
	arrayChunk = 1 << arrayShift
)

// at returns the element i < n.
func (a *array[T]) at(i int32) *T { return &a.chunks[i>>arrayShift][i&(arrayChunk-1)] }

// grow makes room for the element i and returns it.
func (a *array[T]) grow(i int32) *T {
	for int(i) >= len(a.chunks)<<arrayShift {
		a.chunks = append(a.chunks, make([]T, arrayChunk))
	}
	a.n = max(a.n, int(i)+1)
	return a.at(i)
}
