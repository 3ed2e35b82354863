package model

// neighbours are the sessions that share an item with a query, in the order in which they were met: newest query item
// first, newest session first. They are scratch memory.
type neighbours struct {
	slots   []neighbourSlot // open addressing, a power of two, at most half full
	shift   uint
	limit   int
	session []uint32
	sim     []int64 // sum of the weights of the shared items
	first   []uint8 // position in the query of the newest shared item
	block   []blockRef
	n       []uint16
}

type neighbourSlot struct {
	session uint32 // 1 + number, 0 if empty
	index   int32
}

func newNeighbours(limit int) neighbours {
	bits := uint(1)
	for 1<<bits < 2*limit {
		bits++
	}
	return neighbours{
		slots: make([]neighbourSlot, 1<<bits), shift: 32 - bits, limit: limit,
		session: make([]uint32, 0, limit), sim: make([]int64, 0, limit), first: make([]uint8, 0, limit),
		block: make([]blockRef, limit), n: make([]uint16, limit),
	}
}

func (nb *neighbours) reset() {
	clear(nb.slots)
	nb.session, nb.sim, nb.first = nb.session[:0], nb.sim[:0], nb.first[:0]
}

// scan meets the sessions of one posting, newest first, except one. When there are limit neighbours already, sessions
// that were not met before are passed over.
func (nb *neighbours) scan(posting []uint32, except uint32, place uint8, weight int64, rank []int64) {
	posting = posting[max(0, len(posting)-len(rank)):]
	for r := range posting {
		if session := posting[len(posting)-1-r]; session != except {
			nb.meet(session, place, mul(weight, rank[r]))
		}
	}
}

func (nb *neighbours) meet(session uint32, place uint8, weight int64) {
	at := session * hashFactor >> nb.shift
	for nb.slots[at].session != 0 {
		if nb.slots[at].session == session+1 {
			nb.sim[nb.slots[at].index] += weight
			return
		}
		at = (at + 1) & uint32(len(nb.slots)-1)
	}
	if len(nb.session) == nb.limit {
		return
	}
	nb.slots[at] = neighbourSlot{session + 1, int32(len(nb.session))}
	nb.session, nb.sim, nb.first = append(nb.session, session), append(nb.sim, weight), append(nb.first, place)
}

// load fetches where the records are, and the records themselves into the cache: the loads of one loop do not wait for
// each other, whereas those of the scoring loop would. The sum only keeps the loads from being optimised away.
func (nb *neighbours) load(se *sessions) (sum uint32) {
	block, n := nb.block[:len(nb.session)], nb.n[:len(nb.session)]
	for k, session := range nb.session {
		e := se.row(int32(session))
		block[k], n[k] = e.block, e.n
	}
	for k, ref := range block {
		words := se.records.words(ref, int(n[k]))
		sum += words[0] + words[len(words)-1]
	}
	return sum
}

// record returns the items that are looked at of the k-th neighbour.
func (nb *neighbours) record(se *sessions, k int) []uint32 {
	words := se.records.words(nb.block[k], int(nb.n[k]))
	return words[max(0, len(words)-recordView):]
}
