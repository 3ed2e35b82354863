package model

import (
	"math/bits"
	"slices"
)

// slab allocates small blocks of 32-bit words, without pointers for the garbage collector to follow and without an
// allocation per block. In a timed slab each word has a Touch, kept apart from the words: who looks at many blocks wants
// the words alone, and more of them in the cache.
//
// Blocks come in size classes, four to an octave. A page holds blocks of one class, and returns to the common pool when
// its last block is freed. So a catalogue whose lists all grow from 1 to 256 does not leave the memory of the smaller
// classes behind. Pages are small, because a fork copies those that it writes to.
type slab struct {
	timed   bool
	pages   []*[slabPageLen]uint32
	times   []*[slabPageLen]Touch // if timed, beside each page
	shared  []bool                // pages that another slab has too; no longer than pages
	meta    []slabPage
	partial [slabClasses]int32 // 1 + first page of the class with room, 0 if there is none
	spare   []int32            // pages of no class
}

// slabPage is the account of a page. Its free blocks are chained through their first words.
type slabPage struct {
	live, bump int16 // blocks in use; blocks handed out at least once
	free       int16 // 1 + first free block, 0 if there is none
	class      uint8
	listed     bool // on the list of its class
	prev, next int32
}

const (
	slabShift   = 10
	slabPageLen = 1 << slabShift // words
	slabClasses = 36             // words 1 to 1024
)

// blockRef addresses a block: page number and word within the page.
type blockRef uint32

// slabClass returns the smallest class that holds n ≥ 1 words.
func slabClass(n int) int {
	if n <= 8 {
		return n - 1
	}
	octave := bits.Len(uint(n-1)) - 3 // 1 for 9 to 16
	return 4 + 4*octave + (n-1)>>octave - 4
}

// slabCapacity returns the number of words of a class.
func slabCapacity(class int) int {
	if class < 8 {
		return class + 1
	}
	octave := (class - 4) / 4
	return (class%4 + 5) << octave
}

// alloc returns a block for n ≥ 1 words, which are not cleared.
func (s *slab) alloc(n int) blockRef {
	class := slabClass(n)
	page := s.partial[class] - 1
	if page < 0 {
		page = s.open(class)
	}
	m := &s.meta[page]
	m.live++
	block := m.free - 1
	size := slabCapacity(class)
	if block >= 0 {
		m.free = int16(s.pages[page][int(block)*size])
	} else {
		block = m.bump
		m.bump++
	}
	if m.free == 0 && int(m.bump) == slabPageLen/size {
		s.unlist(page)
	}
	return blockRef(int(page)<<slabShift | int(block)*size)
}

// free gives back a block of n words.
func (s *slab) free(ref blockRef, n int) {
	class := slabClass(n)
	page := int32(ref >> slabShift)
	m := &s.meta[page]
	word := int(ref & (slabPageLen - 1))
	s.edit(ref, 1)[0] = uint32(m.free)
	m.free = int16(word/slabCapacity(class)) + 1
	m.live--
	if m.live == 0 {
		s.unlist(page)
		s.spare = append(s.spare, page)
	} else if !m.listed {
		s.list(page, class)
	}
}

// resize returns a block for n words that begins with the first min(n, old) words, and their times, of the block of old
// words, which it gives back. It is the same block while n stays in its class.
func (s *slab) resize(ref blockRef, old, n int) blockRef {
	if slabClass(old) == slabClass(n) {
		return ref
	}
	grown := s.alloc(n)
	copy(s.edit(grown, n), s.words(ref, min(old, n)))
	if s.timed {
		copy(s.touches(grown, n), s.touches(ref, min(old, n)))
	}
	s.free(ref, old)
	return grown
}

// edit returns the first n words of a block for writing; then their times may be written too. What words and touches
// returned before may be stale.
func (s *slab) edit(ref blockRef, n int) []uint32 {
	if page := ref >> slabShift; int(page) < len(s.shared) && s.shared[page] {
		s.unshare(page)
	}
	return s.words(ref, n)
}

func (s *slab) unshare(page blockRef) {
	own := *s.pages[page]
	s.pages[page], s.shared[page] = &own, false
	if s.timed {
		own := *s.times[page]
		s.times[page] = &own
	}
}

// words returns the first n words of a block. In a slab that is never forked they may be written.
func (s *slab) words(ref blockRef, n int) []uint32 {
	at := int(ref & (slabPageLen - 1))
	return s.pages[ref>>slabShift][at : at+n : at+n]
}

// touches returns the times of the first n words of a block of a timed slab.
func (s *slab) touches(ref blockRef, n int) []Touch {
	at := int(ref & (slabPageLen - 1))
	return s.times[ref>>slabShift][at : at+n : at+n]
}

// open gives a page to a class.
func (s *slab) open(class int) int32 {
	page := int32(len(s.pages))
	if k := len(s.spare); k > 0 {
		page, s.spare = s.spare[k-1], s.spare[:k-1]
	} else {
		s.pages = append(s.pages, new([slabPageLen]uint32))
		s.meta = append(s.meta, slabPage{})
		if s.timed {
			s.times = append(s.times, new([slabPageLen]Touch))
		}
	}
	s.meta[page] = slabPage{}
	s.list(page, class)
	return page
}

// share makes the slab ready to be forked.
func (s *slab) share() { s.shared = allTrue(s.shared, len(s.pages)) }

// fork returns a slab with the same blocks. It changes nothing.
func (s *slab) fork() slab {
	f := *s
	f.pages, f.times, f.shared = slices.Clone(s.pages), slices.Clone(s.times), slices.Clone(s.shared)
	f.meta, f.spare = slices.Clone(s.meta), slices.Clone(s.spare)
	return f
}

// list puts a page at the head of its class.
func (s *slab) list(page int32, class int) {
	m := &s.meta[page]
	m.class, m.listed, m.prev, m.next = uint8(class), true, 0, s.partial[class]
	if m.next > 0 {
		s.meta[m.next-1].prev = page + 1
	}
	s.partial[class] = page + 1
}

// unlist takes a page off the list of its class, if it is on it.
func (s *slab) unlist(page int32) {
	m := &s.meta[page]
	if !m.listed {
		return
	}
	if m.prev > 0 {
		s.meta[m.prev-1].next = m.next
	} else {
		s.partial[m.class] = m.next
	}
	if m.next > 0 {
		s.meta[m.next-1].prev = m.prev
	}
	m.listed = false
}
