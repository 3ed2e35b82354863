package model

import "math/bits"

// popular proposes popular items of all categories, or of the one that is asked for.
func (sc *scorer) popular(first int) {
	x, sh := sc.index, &sc.index.shelves
	sh.settleAll(x)
	if aisle := sh.of(sc.aisle); aisle != nil && sc.aisle != 0 {
		aisle.settle(x)
		sc.offer(aisle, max(x.floor.at, sh.floor))
	} else {
		sc.offer(&sh.all, x.floor.at)
		sc.offer(&sh.often, x.floor.at)
	}
	sc.fold(Popular, first, sc.params.Popular.fixed())
}

const (
	octave      = 256 // votes for twice the rate
	leastOctave = 6   // below it are rates of four touches in some years
)

// offer votes for the items on a shelf: by their popularity, if they have been touched a few times, and below that by how
// many times, those that were touched last first. An item on both shelves has the votes of the last one. Votes are
// logarithms: a list has room for a thousand different totals, and some items are a million times as popular as others.
func (sc *scorer) offer(s *shelf, void Touch) {
	x, bound := sc.index, int64(sc.params.ShelfItems)
	for at := len(s.items) - 1; at >= 0 && s.touches[at] > void; at-- {
		i := s.items[at]
		n, place := int64(x.items.row(i).n), int64(len(s.items)-1-at)
		vote := octave / 4 * (min(n, oftenTouches-1)*bound + bound - 1 - place) / bound
		if s != &x.shelves.all && n >= oftenTouches { // those of all that are popular come again
			vote = max(octave, logarithm(sc.popularity(i))-leastOctave*octave)
		}
		sc.found.votes[sc.found.index(i)] = vote
	}
}

// popularity returns how often an item is touched or, for a session that has touched nothing, how often visits begin with it.
func (sc *scorer) popularity(i int32) int64 {
	rate := sc.index.rate(i)
	if len(sc.query.items) > 0 {
		return rate
	}
	begun, n := sc.index.begun(i)
	return rate * (begun + 2) / (n + 6) // two of six that nobody has seen, so that few visits do not decide
}

// rungs are the numbers of an item's newest touches from which its rate is estimated, with weights n·√n. The few newest
// tell of what has changed, the many are certain; an item that lacks the many is the less popular for it.
var rungs = [...]struct{ n, weight int64 }{{4, 8}, {8, 23}, {16, 64}, {32, 181}, {64, 512}, {128, 1448}}

// rateBits are the fractional bits of a rate per ms.
const rateBits = 40

// rate estimates how often an item is touched: Σ weight / age of the n-th newest touch, over the rungs. It has neither a
// half-life nor a window, which would have to be those of the shop.
func (x *index) rate(i int32) int64 {
	newest := x.shelves.all.touches
	posting, now, rate := x.items.posting(i), newest[len(newest)-1].Ms(), int64(0)
	for _, r := range rungs {
		at := len(posting) - int(r.n)
		if at < 0 {
			break
		}
		rate += r.weight << rateBits / (now - x.sessions.touchOf(int32(posting[at]), i).Ms() + 1)
	}
	return rate
}

// begunOf is how many visits of an item are looked at.
const begunOf = 64

// begun returns how many of an item's n newest visits began with it, as far as they are kept.
func (x *index) begun(i int32) (begun, n int64) {
	posting := x.items.posting(i)
	posting = posting[max(0, len(posting)-begunOf):]
	for _, s := range posting {
		if x.sessions.record(int32(s)).at(0).item == i {
			begun++
		}
	}
	return begun, int64(len(posting))
}

// logarithm returns that of 2v to the base 2, in octaves, straight between powers of two; 0 for 0.
func logarithm(v int64) int64 {
	n := bits.Len64(uint64(v))
	return int64(n)*octave + int64(uint64(v)<<(65-n)>>56)
}
