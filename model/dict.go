package model

import (
	"hash/maphash"
	"slices"
)

// dict gives texts dense numbers, and reuses the numbers of forgotten texts. Several numbers may have equal texts (the
// visits of one session), so a lookup is a [probe] over the numbers of a text. What is known by a number, R, is kept beside
// where its text is: whoever looks a text up needs both, and finds them in one line of the cache.
//
// The table is open addressing with linear probing. A slot holds 32 bits of hash beside the number, so that probing,
// growth and removal touch no text but the one that is sought. The table is cut into segments that grow by an eighth,
// each for itself: growth never stops the world and the table is never far from full.
//
// The seed is random per process and moves nothing that can be seen: numbers depend on the order of the calls alone,
// and results do not depend on numbers.
type dict[R any] struct {
	texts    arena
	rows     array[named[R]] // by number
	spare    []int32         // numbers to reuse
	next     int32           // first number never used
	seed     maphash.Seed
	segments [dictSegments]dictSegment
}

// named is what is known by a number, and where its text is.
type named[R any] struct {
	text textRef
	row  R
}

// dictSegment is a part of the table. A slot is the hash above 1 + number, 0 if it is empty.
type dictSegment struct {
	slots  []uint64
	n      int32
	shared bool // another dict has the slots too
}

const (
	dictSegments    = 4096
	dictSegmentBits = 12
)

// init makes the zero dict usable.
func (d *dict[R]) init() { d.seed = maphash.MakeSeed() }

// text returns the text of a number in use.
func (d *dict[R]) text(id int32) string { return d.texts.text(d.rows.at(id).text) }

// row returns what is known by a number in use.
func (d *dict[R]) row(id int32) *R { return &d.rows.at(id).row }

// editRow returns it for writing. Pointers that row returned before may be stale.
func (d *dict[R]) editRow(id int32) *R { return &d.rows.edit(id).row }

// probe is a position in the table, in the run of slots where the numbers of a text are.
type probe struct {
	text    string
	segment *dictSegment
	slot    int
	hash    uint32
}

// probe starts a lookup.
func (d *dict[R]) probe(text string) probe {
	h := maphash.String(d.seed, text)
	p := probe{text: text, segment: &d.segments[h>>(64-dictSegmentBits)], hash: uint32(h)}
	p.slot = p.segment.home(p.hash)
	return p
}

// home returns where the search for a hash begins.
func (s *dictSegment) home(hash uint32) int {
	return int(uint64(hash) * uint64(len(s.slots)) >> 32)
}

func (s *dictSegment) after(slot int) int {
	if slot++; slot == len(s.slots) {
		return 0
	}
	return slot
}

// find returns the next number of the probe's text, or -1.
func (d *dict[R]) find(p *probe) int32 {
	s := p.segment
	if len(s.slots) == 0 {
		return -1
	}
	for v := s.slots[p.slot]; v != 0; v = s.slots[p.slot] {
		p.slot = s.after(p.slot)
		if id := int32(uint32(v)) - 1; uint32(v>>32) == p.hash && d.text(id) == p.text {
			return id
		}
	}
	return -1
}

// lookup returns the first number of a text, or -1.
func (d *dict[R]) lookup(text string) int32 {
	p := d.probe(text)
	return d.find(&p)
}

// add gives a text a new number, also if it has one already, under which row is known.
func (d *dict[R]) add(text string, row R) int32 {
	if len(d.texts.sparse) > 0 {
		d.texts.evacuate(d.move)
	}
	id := d.number()
	*d.rows.grow(id) = named[R]{d.texts.put(text), row}
	p := d.probe(text)
	p.segment.add(uint64(p.hash)<<32 | uint64(id+1))
	return id
}

func (d *dict[R]) number() int32 {
	if k := len(d.spare); k > 0 {
		id := d.spare[k-1]
		d.spare = d.spare[:k-1]
		return id
	}
	d.next++
	return d.next - 1
}

// add puts a value into the first empty slot from its home, in a table at most five sixths full.
func (s *dictSegment) add(v uint64) {
	if s.n++; int(s.n)*6 > len(s.slots)*5 {
		s.grow()
	}
	s.place(v)
}

func (s *dictSegment) grow() {
	old := s.slots
	s.slots, s.shared = slices.Grow([]uint64(nil), len(old)+len(old)/8+8), false
	s.slots = s.slots[:cap(s.slots)] // all that the allocator gives
	for _, v := range old {
		if v != 0 {
			s.place(v)
		}
	}
}

func (s *dictSegment) place(v uint64) {
	s.own()
	slot := s.home(uint32(v >> 32))
	for s.slots[slot] != 0 {
		slot = s.after(slot)
	}
	s.slots[slot] = v
}

// remove forgets a number.
func (d *dict[R]) remove(id int32) {
	p := d.probe(d.text(id))
	for int32(uint32(p.segment.slots[p.slot])) != id+1 {
		p.slot = p.segment.after(p.slot)
	}
	p.segment.remove(p.slot)
	d.texts.drop(d.rows.at(id).text)
	d.spare = append(d.spare, id)
}

// remove empties a slot and closes the gap that it leaves in its run.
func (s *dictSegment) remove(hole int) {
	s.own()
	for slot := s.after(hole); s.slots[slot] != 0; slot = s.after(slot) {
		if !between(hole, s.home(uint32(s.slots[slot]>>32)), slot) {
			s.slots[hole] = s.slots[slot]
			hole = slot
		}
	}
	s.slots[hole] = 0
	s.n--
}

// between reports whether home is cyclically after the hole and not after the slot: what is in the slot may stay.
func between(hole, home, slot int) bool {
	if hole < slot {
		return hole < home && home <= slot
	}
	return hole < home || home <= slot
}

// own makes sure that the slots may be written.
func (s *dictSegment) own() {
	if s.shared {
		s.slots, s.shared = slices.Clone(s.slots), false
	}
}

// share makes the dict ready to be forked.
func (d *dict[R]) share() {
	for i := range d.segments {
		d.segments[i].shared = true
	}
	d.texts.share()
	d.rows.share()
}

// fork returns a dict with the same texts and numbers. It changes nothing.
func (d *dict[R]) fork() dict[R] {
	f := *d
	f.texts, f.rows, f.spare = d.texts.fork(), d.rows.fork(), slices.Clone(d.spare)
	return f
}

// move stores the text at ref anew if a number uses it.
func (d *dict[R]) move(ref textRef) {
	p := d.probe(d.texts.text(ref))
	for id := d.find(&p); id >= 0; id = d.find(&p) {
		if d.rows.at(id).text == ref {
			d.rows.edit(id).text = d.texts.put(p.text)
			d.texts.drop(ref)
			return
		}
	}
}

// len returns how many numbers are in use.
func (d *dict[R]) len() int { return int(d.next) - len(d.spare) }
