package dynamo

import (
	"iter"
	"slices"
	"strings"

	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
)

// chunkSize bounds how many entries an insertion has to move.
const chunkSize = 512

// row is a stored item and its size in bytes. A row is immutable: a write replaces it, so readers need no lock once they
// have it.
type row struct {
	item attr.Map
	size int
}

func newRow(item attr.Map) *row {
	return &row{item, item.ItemSize()}
}

// rows holds the rows of a table in the order of their ids, in sorted chunks. The zero value is empty.
type rows struct {
	chunks [][]entry
	count  int
	bytes  int
}

type entry struct {
	id  string
	row *row
}

// span is the half-open range of ids from low up to, not including, high. An empty high is no limit.
type span struct{ low, high string }

func byID(e entry, id string) int { return strings.Compare(e.id, id) }

// find locates an id, or the place to insert it.
func (r *rows) find(id string) (chunk, at int, found bool) {
	chunk, found = slices.BinarySearchFunc(r.chunks, id, func(c []entry, id string) int { return byID(c[0], id) })
	if !found && chunk > 0 {
		chunk--
	}
	if len(r.chunks) == 0 {
		return 0, 0, false
	}
	at, found = slices.BinarySearchFunc(r.chunks[chunk], id, byID)
	return chunk, at, found
}

// get is the row with an id, nil if there is none.
func (r *rows) get(id string) *row {
	if chunk, at, found := r.find(id); found {
		return r.chunks[chunk][at].row
	}
	return nil
}

// put stores a row under an id; nil removes what is there.
func (r *rows) put(id string, to *row) {
	chunk, at, found := r.find(id)
	if found {
		r.account(r.chunks[chunk][at].row, -1)
	}
	r.account(to, +1)
	switch {
	case found && to != nil:
		r.chunks[chunk][at].row = to
	case found:
		r.remove(chunk, at)
	case to != nil:
		r.insert(chunk, at, entry{id, to})
	}
}

func (r *rows) account(row *row, sign int) {
	if row != nil {
		r.count += sign
		r.bytes += sign * row.size
	}
}

func (r *rows) insert(chunk, at int, e entry) {
	if len(r.chunks) == 0 {
		r.chunks = [][]entry{{e}}
		return
	}
	c := slices.Insert(r.chunks[chunk], at, e)
	r.chunks[chunk] = c
	if half := len(c) / 2; len(c) > chunkSize {
		r.chunks[chunk] = slices.Clone(c[:half])
		r.chunks = slices.Insert(r.chunks, chunk+1, slices.Clone(c[half:]))
	}
}

func (r *rows) remove(chunk, at int) {
	c := slices.Delete(r.chunks[chunk], at, at+1)
	r.chunks[chunk] = c
	if len(c) == 0 {
		r.chunks = slices.Delete(r.chunks, chunk, chunk+1)
	}
}

// ascend yields the rows of a span in order.
func (r *rows) ascend(s span) iter.Seq[*row] {
	return func(yield func(*row) bool) {
		if len(r.chunks) == 0 {
			return
		}
		chunk, at, _ := r.find(s.low)
		for ; chunk < len(r.chunks); chunk, at = chunk+1, 0 {
			for _, e := range r.chunks[chunk][at:] {
				if s.high != "" && e.id >= s.high || !yield(e.row) {
					return
				}
			}
		}
	}
}

// descend yields the rows of a span in reverse order.
func (r *rows) descend(s span) iter.Seq[*row] {
	return func(yield func(*row) bool) {
		chunk, at := len(r.chunks)-1, chunkSize
		if s.high != "" && chunk >= 0 {
			chunk, at, _ = r.find(s.high)
		}
		for ; chunk >= 0; chunk, at = chunk-1, chunkSize {
			c := r.chunks[chunk]
			for _, e := range slices.Backward(c[:min(at, len(c))]) {
				if e.id < s.low || !yield(e.row) {
					return
				}
			}
		}
	}
}
