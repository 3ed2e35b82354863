package model

import "math/bits"

// candidates are the items that a query has come across, in the order in which it did: its own items first. They are
// scratch memory, reused from query to query.
type candidates struct {
	slots []uint64 // open addressing, a power of two, at most half full: 1 + item above its position; 0 if empty
	table []uint64 // what slots is the beginning of
	shift uint
	items []int32
	votes []int64 // of the pass that is under way
	total []int64 // of the passes that are done
	place []uint8 // 1 + position in the query of the pass under way, 0 if not in it
}

// fewBits is the size of the table at the beginning of a query: most have a few hundred candidates, and a small table
// stays in the first cache.
const fewBits = 11

// reset forgets all candidates.
func (c *candidates) reset() {
	c.items, c.votes, c.total, c.place = c.items[:0], c.votes[:0], c.total[:0], c.place[:0]
	c.resize(fewBits)
}

func (c *candidates) resize(bits uint) {
	if len(c.table) < 1<<bits {
		c.table = make([]uint64, 1<<bits)
	}
	c.slots, c.shift = c.table[:1<<bits], 32-bits
	clear(c.slots)
	for index, item := range c.items {
		c.slots[c.slot(item)] = slotOf(item, index)
	}
}

func slotOf(item int32, index int) uint64 { return uint64(uint32(item+1))<<32 | uint64(index) }

// slot returns where an item is, or the empty slot where it would be.
func (c *candidates) slot(item int32) int {
	at := c.home(item)
	for c.slots[at] != 0 && uint32(c.slots[at]>>32) != uint32(item+1) {
		at = (at + 1) & (len(c.slots) - 1)
	}
	return at
}

// home returns where the search for an item begins.
func (c *candidates) home(item int32) int { return int(uint32(item) * hashFactor >> (c.shift & 31)) }

// hashFactor spreads consecutive numbers over a table (Knuth's multiplicative hashing).
const hashFactor = 2654435769

// index returns the position of an item, adding it if it is new.
func (c *candidates) index(item int32) int32 {
	if s := c.slots[c.home(item)]; uint32(s>>32) == uint32(item+1) {
		return int32(uint32(s))
	}
	return c.search(item)
}

// search is index for an item that is not at home.
func (c *candidates) search(item int32) int32 {
	at := c.slot(item)
	if s := c.slots[at]; s != 0 {
		return int32(uint32(s))
	}
	index := len(c.items)
	c.slots[at] = slotOf(item, index)
	c.items = append(c.items, item)
	c.votes, c.total, c.place = append(c.votes, 0), append(c.total, 0), append(c.place, 0)
	if 2*len(c.items) > len(c.slots) {
		c.resize(32 - c.shift + 1)
	}
	return int32(index)
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
