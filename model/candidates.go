package model

import "math/bits"

// candidates are the items that a query has come across, in the order in which it did: its own items first. They are
// scratch memory, reused from query to query.
type candidates struct {
	slots []candidateSlot // open addressing, a power of two, at most half full
	shift uint
	items []int32
	votes []int64 // of the pass that is under way
	total []int64 // of the passes that are done
	place []uint8 // 1 + position in the query of the pass under way, 0 if not in it
}

type candidateSlot struct {
	item  int32 // 1 + number, 0 if empty
	index int32
}

// reset forgets all candidates.
func (c *candidates) reset() {
	if c.slots == nil {
		c.resize(12)
	}
	clear(c.slots)
	c.items, c.votes, c.total, c.place = c.items[:0], c.votes[:0], c.total[:0], c.place[:0]
}

func (c *candidates) resize(bits uint) {
	c.slots = make([]candidateSlot, 1<<bits)
	c.shift = 32 - bits
	for index, item := range c.items {
		at := c.slot(item)
		c.slots[at] = candidateSlot{item + 1, int32(index)}
	}
}

// slot returns where an item is, or the empty slot where it would be.
func (c *candidates) slot(item int32) uint32 {
	at := uint32(item) * hashFactor >> c.shift
	for c.slots[at].item != 0 && c.slots[at].item != item+1 {
		at = (at + 1) & uint32(len(c.slots)-1)
	}
	return at
}

// hashFactor spreads consecutive numbers over a table (Knuth's multiplicative hashing).
const hashFactor = 2654435769

// index returns the position of an item, adding it if it is new.
func (c *candidates) index(item int32) int32 {
	s := &c.slots[c.slot(item)]
	if s.item == 0 {
		*s = candidateSlot{item + 1, int32(len(c.items))}
		c.items = append(c.items, item)
		c.votes, c.total, c.place = append(c.votes, 0), append(c.total, 0), append(c.place, 0)
		if index := s.index; 2*len(c.items) > len(c.slots) {
			c.resize(32 - c.shift + 1)
			return index
		}
	}
	return s.index
}

// fold adds the votes to the totals, scaled so that the most that any candidate from position first on has counts as
// weight, and clears them. It returns how many of those have votes.
func (c *candidates) fold(first int, weight int64) int {
	votes := c.votes[min(first, len(c.votes)):]
	total := c.total[min(first, len(c.total)):]
	voted, best := 0, int64(0)
	for _, v := range votes {
		best = max(best, v)
		if v > 0 {
			voted++
		}
	}
	for i, v := range votes {
		if v > 0 {
			total[i] += share(v, best, weight)
		}
	}
	clear(c.votes)
	return voted
}

// share returns weight · v / best for 0 ≤ v ≤ best. Very large numbers of votes lose their low bits first.
func share(v, best, weight int64) int64 {
	shift := max(0, bits.Len64(uint64(best))-62+fracBits)
	return mul((v>>shift)<<fracBits/(best>>shift), weight)
}
