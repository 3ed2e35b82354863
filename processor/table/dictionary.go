package table

import (
	"encoding/binary"
	"hash/maphash"
	"unsafe"
)

// dictionary numbers the distinct words of a column in a row group, in the order in which they come. Its words are kept in
// the encoding of a dictionary page, and nothing in it is a pointer that a garbage collection would follow.
type dictionary struct {
	words []byte // each preceded by its length
	count int
	slots []slot // an open hash table

	last   int32 // the word found last
	lastAt uint32
}

// slot is empty when it ends at 0.
type slot struct {
	hash   uint32
	number int32
	end    uint32 // of the word in words
}

const (
	firstSlots = 32
	lengthSize = 4 // of the length before a word, little-endian
)

var hashSeed = maphash.MakeSeed() // it decides where words are found, not what is written

// number finds or adds a word.
func (d *dictionary) number(word string) int32 {
	if 4*d.count >= 3*len(d.slots) {
		d.grow()
	}
	hash := uint32(maphash.String(hashSeed, word))
	for i := d.home(hash); ; i = d.after(i) {
		s := &d.slots[i]
		if s.end == 0 {
			s.hash, s.number = hash, int32(d.count)
			s.end = d.add(word)
		} else if s.hash != hash || !d.endsAt(s.end, word) {
			continue
		}
		d.last, d.lastAt = s.number, s.end
		return s.number
	}
}

// same reports whether the word found last is this one.
func (d *dictionary) same(word string) bool { return d.lastAt > 0 && d.endsAt(d.lastAt, word) }

func (d *dictionary) endsAt(end uint32, word string) bool {
	start := int(end) - len(word)
	return start >= lengthSize && binary.LittleEndian.Uint32(d.words[start-lengthSize:]) == uint32(len(word)) &&
		string(d.words[start:end]) == word
}

// add returns where the new word ends.
func (d *dictionary) add(word string) uint32 {
	d.words = binary.LittleEndian.AppendUint32(d.words, uint32(len(word)))
	d.words = append(d.words, word...)
	d.count++
	return uint32(len(d.words))
}

// home is where the search for a word begins.
func (d *dictionary) home(hash uint32) int { return int(uint64(hash) * uint64(len(d.slots)) >> 32) }

func (d *dictionary) after(i int) int {
	if i++; i == len(d.slots) {
		return 0
	}
	return i
}

// grow by a half takes less memory than doubling, at the price of moving slots more often.
func (d *dictionary) grow() {
	old := d.slots
	d.slots = make([]slot, max(firstSlots, len(old)+len(old)/2))
	for _, s := range old {
		if s.end == 0 {
			continue
		}
		i := d.home(s.hash)
		for d.slots[i].end != 0 {
			i = d.after(i)
		}
		d.slots[i] = s
	}
}

// each calls do with every word.
func (d *dictionary) each(do func(word []byte)) {
	for rest := d.words; len(rest) > 0; {
		end := lengthSize + binary.LittleEndian.Uint32(rest)
		do(rest[lengthSize:end])
		rest = rest[end:]
	}
}

func (d *dictionary) heap() int64 {
	return int64(cap(d.words)) + int64(cap(d.slots))*int64(unsafe.Sizeof(slot{}))
}
