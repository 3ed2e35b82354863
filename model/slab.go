package model

import (
	"math/bits"
	"slices"
	"unsafe"
)

// slab allocates small blocks of 32-bit words, without pointers for the garbage collector to follow and without an
// allocation per block. In a timed slab each word has a Touch, kept apart from the words: who looks at many blocks wants
// the words alone, and more of them in the cache.
//
// Blocks come in size classes, four to an octave. A page holds blocks of one class, as many as fit into slabPageLen words but
// at least one, and is given up when its last block is freed. So a catalogue whose lists all grow from 1 to 256 does not
// leave the memory of the smaller classes behind. Pages are small, because a fork copies those that it writes to.
type slab struct {
	timed   bool
	pages   []*uint32 // the first word of each, nil if it was given up
	times   []*Touch  // if timed, beside each page
	shared  []bool    // pages that another slab has too; no longer than pages
	meta    array[slabPage]
	partial [slabClasses]int32 // 1 + first page of the class with room, 0 if there is none
	spare   []int32            // numbers of pages that were given up
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
	slabShift   = 8
	slabPageLen = 1 << slabShift
	slabClasses = 36 // words 1 to 1024
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

// slabBlocks returns the number of blocks in a page of a class.
func slabBlocks(class int) int { return max(1, slabPageLen/slabCapacity(class)) }

// alloc returns a block for n ≥ 1 words, which are not cleared.
func (s *slab) alloc(n int) blockRef {
	class := slabClass(n)
	page := s.partial[class] - 1
	if page < 0 {
		page = s.open(class)
	}
	m := s.meta.edit(page)
	m.live++
	block := m.free - 1
	size := slabCapacity(class)
	if block >= 0 {
		m.free = int16(s.words(slabRef(page, int(block)*size), 1)[0])
	} else {
		block = m.bump
		m.bump++
	}
	if m.free == 0 && int(m.bump) == slabBlocks(class) {
		s.unlist(page)
	}
	return slabRef(page, int(block)*size)
}

func slabRef(page int32, word int) blockRef { return blockRef(page)<<slabShift | blockRef(word) }

func (ref blockRef) page() int32 { return int32(ref >> slabShift) }

func (ref blockRef) word() int { return int(ref & (slabPageLen - 1)) }

// free gives back a block of n words.
func (s *slab) free(ref blockRef, n int) {
	class := slabClass(n)
	page := ref.page()
	m := s.meta.edit(page)
	if m.live--; m.live == 0 {
		s.close(page)
		return
	}
	s.edit(ref, 1)[0] = uint32(m.free)
	m.free = int16(ref.word()/slabCapacity(class)) + 1
	if !m.listed {
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
	if page := ref.page(); int(page) < len(s.shared) && s.shared[page] {
		s.unshare(page)
	}
	return s.words(ref, n)
}

func (s *slab) unshare(page int32) {
	n := slabLength(int(s.meta.at(page).class))
	s.shared[page] = false
	s.pages[page] = &append([]uint32(nil), unsafe.Slice(s.pages[page], n)...)[0]
	if s.timed {
		s.times[page] = &append([]Touch(nil), unsafe.Slice(s.times[page], n)...)[0]
	}
}

// words returns the first n words of a block, which must have them. In a slab that is never forked they may be written.
func (s *slab) words(ref blockRef, n int) []uint32 {
	return unsafe.Slice((*uint32)(unsafe.Add(unsafe.Pointer(s.pages[ref.page()]), ref.word()*4)), n)
}

// touches returns the times of the first n words of a block of a timed slab.
func (s *slab) touches(ref blockRef, n int) []Touch {
	return unsafe.Slice((*Touch)(unsafe.Add(unsafe.Pointer(s.times[ref.page()]), ref.word()*8)), n)
}

// slabLength returns the number of words in a page of a class.
func slabLength(class int) int { return slabBlocks(class) * slabCapacity(class) }

// open begins a page of a class.
func (s *slab) open(class int) int32 {
	page := int32(len(s.pages))
	if k := len(s.spare); k > 0 {
		page, s.spare = s.spare[k-1], s.spare[:k-1]
	} else {
		s.pages = append(s.pages, nil)
		if s.timed {
			s.times = append(s.times, nil)
		}
	}
	if int(page) < len(s.shared) {
		s.shared[page] = false
	}
	s.pages[page] = &make([]uint32, slabLength(class))[0]
	if s.timed {
		s.times[page] = &make([]Touch, slabLength(class))[0]
	}
	*s.meta.grow(page) = slabPage{}
	s.list(page, class)
	return page
}

// close gives up a page.
func (s *slab) close(page int32) {
	s.unlist(page)
	s.pages[page] = nil
	if s.timed {
		s.times[page] = nil
	}
	s.spare = append(s.spare, page)
}

// share makes the slab ready to be forked.
func (s *slab) share() {
	s.shared = allTrue(s.shared, len(s.pages))
	s.meta.share()
}

// fork returns a slab with the same blocks. It changes nothing.
func (s *slab) fork() slab {
	f := *s
	f.pages, f.times, f.shared = slices.Clone(s.pages), slices.Clone(s.times), slices.Clone(s.shared)
	f.meta, f.spare = s.meta.fork(), slices.Clone(s.spare)
	return f
}

// list puts a page at the head of its class.
func (s *slab) list(page int32, class int) {
	m := s.meta.edit(page)
	m.class, m.listed, m.prev, m.next = uint8(class), true, 0, s.partial[class]
	if m.next > 0 {
		s.meta.edit(m.next - 1).prev = page + 1
	}
	s.partial[class] = page + 1
}

// unlist takes a page off the list of its class, if it is on it.
func (s *slab) unlist(page int32) {
	m := s.meta.edit(page)
	if !m.listed {
		return
	}
	if m.prev > 0 {
		s.meta.edit(m.prev - 1).next = m.next
	} else {
		s.partial[m.class] = m.next
	}
	if m.next > 0 {
		s.meta.edit(m.next - 1).prev = m.prev
	}
	m.listed = false
}
