package processor

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// append appends the sessions, the least recent first, with their ids in the order in which they came: see rows.State.
func (d *duplicates) append(b []byte) []byte {
	var more []int32
	for at := d.oldest; at > 0; at = d.order[at-1].next {
		s := &d.open[at-1]
		b = binary.LittleEndian.AppendUint64(b, s.id[0])
		b = binary.LittleEndian.AppendUint64(b, s.id[1])
		b = binary.AppendVarint(b, s.last)
		b = binary.AppendUvarint(b, uint64(s.count))
		b = appendIDs(b, s.ids[:min(int(s.count), len(s.ids))])
		more = more[:0]
		for at := s.more; at > 0; at = d.more[at-1].next {
			more = append(more, at-1)
		}
		for _, at := range slices.Backward(more) {
			b = appendIDs(b, d.more[at].ids[:d.more[at].count])
		}
	}
	return b
}

func appendIDs(b []byte, ids []uint64) []byte {
	for _, id := range ids {
		b = binary.LittleEndian.AppendUint64(b, id)
	}
	return b
}

// load joins what append has written, and reports whether it makes sense. The sessions of several logs are put in order.
func (d *duplicates) load(b []byte) bool {
	r := sessionReader{b}
	for len(r.rest) > 0 && !r.bad() {
		session, last := digest{r.word(), r.word()}, r.signed()
		for range r.words() {
			d.note(session, r.word(), last)
		}
	}
	var order []int32
	for at := d.oldest; at > 0; at = d.order[at-1].next {
		order = append(order, at-1)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(d.open[a].last, d.open[b].last) })
	d.oldest, d.newest = 0, 0
	for _, number := range order {
		d.link(number)
	}
	return !r.bad()
}

// sessionReader reads what append has written. After something that makes no sense everything is empty.
type sessionReader struct{ rest []byte }

func (r *sessionReader) bad() bool { return r.rest == nil }

func (r *sessionReader) signed() int64 {
	v, n := binary.Varint(r.rest)
	r.skip(n, n > 0)
	return v
}

// words reads a number of words.
func (r *sessionReader) words() int {
	v, n := binary.Uvarint(r.rest)
	if r.skip(n, n > 0 && v <= uint64(len(r.rest)-n)/8); r.bad() {
		return 0
	}
	return int(v)
}

func (r *sessionReader) word() uint64 {
	if len(r.rest) < 8 {
		r.rest = nil
		return 0
	}
	v := binary.LittleEndian.Uint64(r.rest)
	r.skip(8, true)
	return v
}

func (r *sessionReader) skip(n int, ok bool) {
	if !ok || r.bad() {
		r.rest = nil
		return
	}
	r.rest = r.rest[n:]
}
