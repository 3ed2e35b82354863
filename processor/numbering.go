package processor

import "math/rand/v2"

// numbering finds the numbers of sessions by their digests. It is an open hash table whose slots hold the upper half of a hash above 1 + number, so
// that a search, growth and removal look at sessions only to be sure, and eight slots are in a line of the cache.
//
// The multipliers are random, since who can choose the ids of sessions should not choose their slots, and move nothing that can be seen.
type numbering struct {
	slots []uint64
	count int
	odd   digest
}

const firstNumbers = 64 // slots

func newNumbering() numbering {
	return numbering{slots: make([]uint64, firstNumbers), odd: digest{rand.Uint64() | 1, rand.Uint64() | 1}}
}

func (n *numbering) hash(id digest) uint32 { return uint32((id[0]*n.odd[0] + id[1]*n.odd[1]) >> 32) }

// home is where the search for a hash begins.
func (n *numbering) home(hash uint32) int { return int(uint64(hash) * uint64(len(n.slots)) >> 32) }

func (n *numbering) after(slot int) int { return (slot + 1) & (len(n.slots) - 1) }

// find returns the number of a session, -1 if it has none. Open is what is known of each, by number.
func (n *numbering) find(id digest, open []openSession) int32 {
	hash := n.hash(id)
	for slot := n.home(hash); n.slots[slot] != 0; slot = n.after(slot) {
		if v := n.slots[slot]; uint32(v>>32) == hash && open[uint32(v)-1].id == id {
			return int32(uint32(v)) - 1
		}
	}
	return -1
}

// add gives a session that has no number one.
func (n *numbering) add(id digest, number int32) {
	if n.count++; n.count*5 > len(n.slots)*4 {
		n.grow()
	}
	n.place(uint64(n.hash(id))<<32 | uint64(number+1))
}

func (n *numbering) grow() {
	old := n.slots
	n.slots = make([]uint64, 2*len(old))
	for _, v := range old {
		if v != 0 {
			n.place(v)
		}
	}
}

func (n *numbering) place(v uint64) {
	slot := n.home(uint32(v >> 32))
	for n.slots[slot] != 0 {
		slot = n.after(slot)
	}
	n.slots[slot] = v
}

// remove takes the number from a session that has it, and closes the gap that it leaves in a run of slots.
func (n *numbering) remove(id digest, number int32) {
	v := uint64(n.hash(id))<<32 | uint64(number+1)
	hole := n.home(uint32(v >> 32))
	for n.slots[hole] != v {
		hole = n.after(hole)
	}
	for slot := n.after(hole); n.slots[slot] != 0; slot = n.after(slot) {
		if n.distance(n.home(uint32(n.slots[slot]>>32)), slot) >= n.distance(hole, slot) {
			n.slots[hole] = n.slots[slot]
			hole = slot
		}
	}
	n.slots[hole] = 0
	n.count--
}

// distance is how many slots one is behind another.
func (n *numbering) distance(from, to int) int { return (to - from) & (len(n.slots) - 1) }
