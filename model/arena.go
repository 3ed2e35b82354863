package model

import (
	"slices"
	"unsafe"
)

// arena stores texts of up to 255 bytes, each as a length byte and its bytes, in chunks that are filled once and never
// overwritten. A text that was handed out as a string therefore stays what it was, also after the model has forgotten
// it; the garbage collector frees a chunk when neither the arena nor a string refers to it.
type arena struct {
	chunks [][]byte // nil: number is free
	live   []int32  // bytes in use per chunk
	sparse []int32  // chunks that became mostly garbage, to be emptied by evacuate
	spare  []int32  // free chunk numbers
	open   int32    // chunk being filled
	used   int      // bytes filled of the open chunk
}

const (
	arenaShift = 14
	arenaChunk = 1 << arenaShift
	arenaAlign = 4
)

// textRef addresses a text: its byte address divided by arenaAlign.
type textRef uint32

// textSize is the room that a text of n bytes takes.
func textSize(n int) int { return (1 + n + arenaAlign - 1) &^ (arenaAlign - 1) }

// put stores a copy of s.
func (a *arena) put(s string) textRef {
	size := textSize(len(s))
	if len(a.chunks) == 0 || a.used+size > arenaChunk {
		a.next()
	}
	chunk := a.chunks[a.open]
	chunk[a.used] = byte(len(s))
	copy(chunk[a.used+1:], s)
	ref := textRef(int(a.open)<<arenaShift|a.used) / arenaAlign
	a.used += size
	a.live[a.open] += int32(size)
	return ref
}

// share makes the arena ready to be forked: what comes next goes to a chunk that forks do not know.
func (a *arena) share() { a.used = arenaChunk }

// fork returns an arena with the same texts. It changes nothing.
func (a *arena) fork() arena {
	return arena{
		chunks: slices.Clone(a.chunks), live: slices.Clone(a.live), sparse: slices.Clone(a.sparse), spare: slices.Clone(a.spare),
		open: a.open, used: a.used,
	}
}

// next begins a new chunk.
func (a *arena) next() {
	full := a.open
	if k := len(a.spare); k > 0 {
		a.open, a.spare = a.spare[k-1], a.spare[:k-1]
	} else {
		a.open = int32(len(a.chunks))
		a.chunks, a.live = append(a.chunks, nil), append(a.live, 0)
	}
	a.chunks[a.open] = make([]byte, arenaChunk)
	a.used = 0
	if full != a.open {
		a.judge(full)
	}
}

// text returns the text at ref. The string shares the memory of the chunk, which is never written again there.
func (a *arena) text(ref textRef) string {
	chunk, at := a.locate(ref)
	bytes := a.chunks[chunk][at:]
	return unsafe.String(&bytes[1], bytes[0])
}

func (a *arena) locate(ref textRef) (chunk int32, at int) {
	address := int(ref) * arenaAlign
	return int32(address >> arenaShift), address & (arenaChunk - 1)
}

// drop marks the text at ref as garbage.
func (a *arena) drop(ref textRef) {
	chunk, at := a.locate(ref)
	before := a.live[chunk]
	a.live[chunk] -= int32(textSize(int(a.chunks[chunk][at])))
	if before > arenaChunk/2 || a.live[chunk] == 0 {
		a.judge(chunk)
	}
}

// judge frees a chunk without live texts and remembers one that is less than half live.
func (a *arena) judge(chunk int32) {
	switch {
	case chunk == a.open:
	case a.live[chunk] == 0:
		a.chunks[chunk] = nil
		a.spare = append(a.spare, chunk)
	case a.live[chunk] <= arenaChunk/2:
		a.sparse = append(a.sparse, chunk)
	}
}

// evacuate copies what is live in one sparse chunk, of which there must be one, to the open chunk. move is called for each text of the chunk; it
// stores the text anew and drops the old one if that is live.
func (a *arena) evacuate(move func(textRef)) {
	k := len(a.sparse) - 1
	chunk := a.sparse[k]
	a.sparse = a.sparse[:k]
	if chunk == a.open || a.live[chunk] > arenaChunk/2 {
		return // freed and filled anew since
	}
	for at, n := 0, 0; at < arenaChunk && a.chunks[chunk] != nil; at += n {
		n = textSize(int(a.chunks[chunk][at]))
		move(textRef(int(chunk)<<arenaShift|at) / arenaAlign)
	}
}
