package processor

import "github.com/cespare/xxhash/v2"

// digest stands for the id of a session. Two sessions of a shard have the same one with a probability of about n²/2^129 for n of them: never, unless
// somebody wants it; and who can choose the ids of sessions can repeat one anyway.
type digest [2]uint64

// digester makes digests, the same ones in every process: they are in the states of shards.
type digester struct{ hash *xxhash.Digest }

func newDigester() digester { return digester{xxhash.New()} }

// of is the digest of a session.
func (d digester) of(session string) digest {
	return digest{d.seeded(1, session), d.seeded(2, session)}
}

// within stands for an event id in a session, which has few enough for half a digest.
func (d digester) within(session digest, id string) uint64 { return d.seeded(session[0], id) }

func (d digester) seeded(seed uint64, text string) uint64 {
	d.hash.ResetWithSeed(seed)
	_, _ = d.hash.WriteString(text) // cannot fail
	return d.hash.Sum64()
}

// directory finds the number of a session by its digest, in an open hash table of which nothing is a pointer. A slot is the upper half of
// the digest's first word above 1 + number, 0 if it is empty; who looks something up compares the digest with that of the number.
type directory struct {
	slots []uint64
	count int
}

// home is where the search for a digest begins.
func (t *directory) home(hash uint32) int { return int(uint64(hash) * uint64(len(t.slots)) >> 32) }

func (t *directory) after(slot int) int {
	if slot++; slot == len(t.slots) {
		return 0
	}
	return slot
}

// find returns the number for which is reports true, among those that may be of the digest, or -1.
func (t *directory) find(id digest, is func(number int32) bool) int32 {
	if len(t.slots) == 0 {
		return -1
	}
	hash := uint32(id[0] >> 32)
	for slot := t.home(hash); t.slots[slot] != 0; slot = t.after(slot) {
		if v := t.slots[slot]; uint32(v>>32) == hash && is(int32(uint32(v))-1) {
			return int32(uint32(v)) - 1
		}
	}
	return -1
}

// add enters the number of a digest that is not there. The table is at most two thirds full.
func (t *directory) add(id digest, number int32) {
	if t.count++; 3*t.count > 2*len(t.slots) {
		old := t.slots
		t.slots = make([]uint64, max(64, 2*len(old)))
		for _, v := range old {
			if v != 0 {
				t.place(v)
			}
		}
	}
	t.place(id[0]&^(1<<32-1) | uint64(number+1))
}

func (t *directory) place(v uint64) {
	slot := t.home(uint32(v >> 32))
	for t.slots[slot] != 0 {
		slot = t.after(slot)
	}
	t.slots[slot] = v
}

// remove takes out a number that is there, and closes the gap that it leaves.
func (t *directory) remove(id digest, number int32) {
	hole := t.home(uint32(id[0] >> 32))
	for int32(uint32(t.slots[hole])) != number+1 {
		hole = t.after(hole)
	}
	for slot := t.after(hole); t.slots[slot] != 0; slot = t.after(slot) {
		if home := t.home(uint32(t.slots[slot] >> 32)); !between(hole, home, slot) {
			t.slots[hole] = t.slots[slot]
			hole = slot
		}
	}
	t.slots[hole] = 0
	t.count--
}

// between reports whether home is cyclically after the hole and not after the slot: what is in the slot may stay.
func between(hole, home, slot int) bool {
	if hole < slot {
		return hole < home && home <= slot
	}
	return hole < home || home <= slot
}
