package table

import (
	"time"
	"unsafe"
)

// What bytes a file has depends on when rows are handed to parquet-go, not only on the rows. They are therefore handed
// over in chunks that begin at the start of the file and end after chunkRows rows or chunkBytes bytes: so the bytes depend
// on nothing but the rows. chunkRows is also what parquet-go writes at a time.
const (
	chunkRows  = 64
	chunkBytes = 1 << 20
)

// chunk counts the rows of the open chunk and keeps a copy of those that earlier calls of Append brought.
type chunk struct {
	n     int
	bytes int64
	rows  []Row

	// What the pointers and slices of rows point to. A pointer stays good when its arena moves.
	texts   []string
	ints    []int64
	numbers []int32
	bools   []bool
	times   []time.Time
	raws    [][]byte
	entries []Entry
	recs    []Recommendation
}

func (c *chunk) count(r *Row) {
	c.n++
	c.bytes += size(r)
}

func (c *chunk) full() bool { return c.n >= chunkRows || c.bytes >= chunkBytes }

// reset begins a chunk. It drops the references of the last one.
func (c *chunk) reset() {
	c.n, c.bytes = 0, 0
	c.rows = cleared(c.rows)
	c.texts, c.raws = cleared(c.texts), cleared(c.raws)
	c.entries, c.recs = cleared(c.entries), cleared(c.recs)
	c.ints, c.numbers, c.bools, c.times = c.ints[:0], c.numbers[:0], c.bools[:0], c.times[:0]
}

// heap is the bytes of the arenas. What their strings refer to belongs to the caller.
func (c *chunk) heap() int64 {
	return room(c.rows) + room(c.texts) + room(c.ints) + room(c.numbers) + room(c.bools) + room(c.times) +
		room(c.raws) + room(c.entries) + room(c.recs)
}

func room[T any](s []T) int64 { return int64(cap(s)) * int64(unsafe.Sizeof(*new(T))) }

func cleared[T any](s []T) []T {
	clear(s)
	return s[:0]
}

// keep copies rows, which are counted already.
func (c *chunk) keep(rows []Row) {
	for i := range rows {
		r := rows[i]
		r.ExplicitHashKey = kept(&c.texts, r.ExplicitHashKey)
		r.EventTime = kept(&c.times, r.EventTime)
		r.EventID = kept(&c.texts, r.EventID)
		r.SessionID = kept(&c.texts, r.SessionID)
		r.CustomerID = kept(&c.texts, r.CustomerID)
		r.KeyID = kept(&c.texts, r.KeyID)
		r.City = kept(&c.texts, r.City)
		r.Country = kept(&c.texts, r.Country)
		r.CreditLimit = kept(&c.ints, r.CreditLimit)
		r.BrowseHistory = c.keepEntries(r.BrowseHistory)
		r.Recommendations = keptSlice(&c.recs, r.Recommendations)
		r.ModelVersion = kept(&c.numbers, r.ModelVersion)
		r.Extra = kept(&c.texts, r.Extra)
		r.Error = kept(&c.texts, r.Error)
		r.Raw = kept(&c.raws, r.Raw)
		r.VisitStarted = kept(&c.times, r.VisitStarted)
		c.rows = append(c.rows, r)
	}
}

func (c *chunk) keepEntries(entries []Entry) []Entry {
	entries = keptSlice(&c.entries, entries)
	for i := range entries {
		x := &entries[i]
		x.ProductCode = kept(&c.texts, x.ProductCode)
		x.Quantity = kept(&c.ints, x.Quantity)
		x.InShoppingCart = kept(&c.bools, x.InShoppingCart)
		x.Event = kept(&c.texts, x.Event)
		x.Category = kept(&c.texts, x.Category)
		x.Brand = kept(&c.texts, x.Brand)
		x.Price = kept(&c.ints, x.Price)
		x.Currency = kept(&c.texts, x.Currency)
		x.Extra = kept(&c.texts, x.Extra)
		x.TouchOffset = kept(&c.ints, x.TouchOffset)
	}
	return entries
}

// kept copies what v points to into the arena; nil stays nil.
func kept[T any](arena *[]T, v *T) *T {
	if v == nil {
		return nil
	}
	*arena = append(*arena, *v)
	return &(*arena)[len(*arena)-1]
}

// keptSlice copies s into the arena; nil stays nil and empty stays empty.
func keptSlice[T any](arena *[]T, s []T) []T {
	if len(s) == 0 {
		return s
	}
	start := len(*arena)
	*arena = append(*arena, s...)
	return (*arena)[start:len(*arena):len(*arena)]
}

// size is about what a row takes in the buffers of a file, in bytes.
func size(r *Row) int64 {
	const fixed, perEntry, perRecommendation = 64, 32, 16
	n := fixed + len(r.SequenceNumber) + len(r.PartitionKey) + len(r.Recommendations)*perRecommendation +
		length(r.SessionID) + length(r.EventID) + length(r.CustomerID) + length(r.City) + length(r.Country) +
		length(r.Extra) + length(r.Error)
	if r.Raw != nil {
		n += len(*r.Raw)
	}
	for i := range r.BrowseHistory {
		x := &r.BrowseHistory[i]
		n += perEntry + length(x.Category) + length(x.Brand) + length(x.Extra)
	}
	return int64(n)
}

func length(s *string) int {
	if s == nil {
		return 0
	}
	return len(*s)
}
