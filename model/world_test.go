package model

import (
	"fmt"
	"math/rand/v2"
)

// world makes the records of a shop: shoppers who stay within a category, popular items and a long tail. The same seed
// makes the same records.
type world struct {
	rng        *rand.Rand
	categories int
	items      *rand.Zipf // within a category
	category   *rand.Zipf
	now        int64
	open       []shopper
	made       int
}

type shopper struct {
	session  string
	category int
	left     int
}

func newWorld(seed uint64, categories, itemsPerCategory int) *world {
	rng := rand.New(rand.NewPCG(seed, seed))
	return &world{
		rng: rng, categories: categories, now: 1_600_000_000_000,
		items:    rand.NewZipf(rng, 1.05, 4, uint64(itemsPerCategory-1)),
		category: rand.NewZipf(rng, 1.05, 8, uint64(categories-1)),
		open:     make([]shopper, 2000),
	}
}

// next returns the next record, one step of one of 2000 concurrent shoppers. Its Items are reused.
func (w *world) next(act []Interaction) Record {
	s := &w.open[w.rng.IntN(len(w.open))]
	if s.left == 0 {
		w.made++
		*s = shopper{session: fmt.Sprintf("session-%08d", w.made), category: int(w.category.Uint64()), left: 2 + int(w.rng.ExpFloat64()*2.5)}
	}
	s.left--
	w.now += int64(w.rng.IntN(20))
	act[0] = Interaction{
		Item:     fmt.Sprintf("item-%d-%d", s.category, w.items.Uint64()),
		Type:     EventType(w.rng.IntN(20) / 18),
		Category: fmt.Sprintf("category-%d", s.category), Brand: fmt.Sprintf("brand-%d", w.rng.IntN(3)),
	}
	return Record{Session: s.session, ArrivalMs: w.now, Items: act}
}
