package model

import (
	"hash/maphash"
	"math/bits"
)

// dict gives texts dense numbers, and reuses the numbers of forgotten texts. Several numbers may have equal texts (the
// visits of one session), so a lookup is a [probe] over the numbers of a text.
//
// The table is open addressing with linear probing, cut into segments that grow by half, each for itself: growth never
// stops the world and the table is never far from full. The seed is random per process and moves nothing that can be
// seen: numbers depend on the order of the calls alone, and results do not depend on numbers.
type dict struct {
	texts    arena
	refs     array[textRef] // by number
	spare    []int32        // numbers to reuse
	next     int32          // first number never used
	seed     maphash.Seed
	segments [dictSegments]dictSegment
}

type dictSegment struct {
	slots []int32 // 1 + number, 0 if empty
	n     int
}

const dictSegments = 256

// init makes the zero dict usable.
func (d *dict) init() { d.seed = maphash.MakeSeed() }

// text returns the text of a number in use.
func (d *dict) text(id int32) string { return d.texts.text(*d.refs.at(id)) }

// probe is a position in the table, at the numbers whose text is text.
type probe struct {
	segment *dictSegment
	slot    int
	text    string
}

// probe starts a lookup.
func (d *dict) probe(text string) probe {
	segment, slot := d.home(text)
	return probe{segment: segment, slot: slot, text: text}
}

// home returns where the search for a text begins.
func (d *dict) home(text string) (*dictSegment, int) {
	h := maphash.String(d.seed, text)
	segment := &d.segments[h>>56]
	slot, _ := bits.Mul64(h<<8, uint64(len(segment.slots)))
	return segment, int(slot)
}

// find returns the next number of the probe's text, or -1.
func (d *dict) find(p *probe) int32 {
	slots := p.segment.slots
	for len(slots) > 0 && slots[p.slot] != 0 {
		id := slots[p.slot] - 1
		p.slot = p.segment.after(p.slot)
		if d.text(id) == p.text {
			return id
		}
	}
	return -1
}

func (s *dictSegment) after(slot int) int {
	if slot++; slot == len(s.slots) {
		return 0
	}
	return slot
}

// lookup returns the first number of a text, or -1.
func (d *dict) lookup(text string) int32 {
	p := d.probe(text)
	return d.find(&p)
}

// add gives a text a new number, also if it has one already.
func (d *dict) add(text string) int32 {
	if len(d.texts.sparse) > 0 {
		d.texts.evacuate(d.move)
	}
	id := d.number()
	*d.refs.grow(id) = d.texts.put(text)
	segment, _ := d.home(text)
	if segment.n++; segment.n*8 > len(segment.slots)*7 {
		d.grow(segment)
	}
	d.insert(id, text)
	return id
}

func (d *dict) number() int32 {
	if k := len(d.spare); k > 0 {
		id := d.spare[k-1]
		d.spare = d.spare[:k-1]
		return id
	}
	d.next++
	return d.next - 1
}

// insert puts a number into the first empty slot from its home.
func (d *dict) insert(id int32, text string) {
	segment, slot := d.home(text)
	for segment.slots[slot] != 0 {
		slot = segment.after(slot)
	}
	segment.slots[slot] = id + 1
}

func (d *dict) grow(s *dictSegment) {
	old := s.slots
	s.slots = make([]int32, len(old)+len(old)/2+8)
	for _, v := range old {
		if v != 0 {
			d.insert(v-1, d.text(v-1))
		}
	}
}

// remove forgets a number and closes the gap that it leaves in its run of slots.
func (d *dict) remove(id int32) {
	segment, slot := d.slotOf(id, *d.refs.at(id))
	hole := slot
	for {
		slot = segment.after(slot)
		if segment.slots[slot] == 0 {
			break
		}
		if _, home := d.home(d.text(segment.slots[slot] - 1)); !between(hole, home, slot) {
			segment.slots[hole] = segment.slots[slot]
			hole = slot
		}
	}
	segment.slots[hole] = 0
	segment.n--
	d.texts.drop(*d.refs.at(id))
	d.spare = append(d.spare, id)
}

// between reports whether home is cyclically after the hole and not after the slot: an entry there may stay.
func between(hole, home, slot int) bool {
	if hole < slot {
		return hole < home && home <= slot
	}
	return hole < home || home <= slot
}

// slotOf returns the slot that holds the number.
func (d *dict) slotOf(id int32, ref textRef) (*dictSegment, int) {
	segment, slot := d.home(d.texts.text(ref))
	for segment.slots[slot] != id+1 {
		slot = segment.after(slot)
	}
	return segment, slot
}

// move stores the text at ref anew if a number uses it.
func (d *dict) move(ref textRef) {
	p := d.probe(d.texts.text(ref))
	for id := d.find(&p); id >= 0; id = d.find(&p) {
		if at := d.refs.at(id); *at == ref {
			*at = d.texts.put(p.text)
			d.texts.drop(ref)
			return
		}
	}
}

// len returns how many numbers are in use.
func (d *dict) len() int { return int(d.next) - len(d.spare) }
