package model

// fourthNewest returns the touch of the fourth newest fact of each item that has as many.
func (k *known) fourthNewest() map[string]Touch {
	fourth := map[string]Touch{}
	for item, visits := range k.postings {
		if len(visits) >= 4 {
			fourth[item] = k.touch(item, visits[3])
		}
	}
	return fourth
}

// popular adds the popular items, which need not be known for more than a few touches.
func (k *known) popular(total map[string]int64, query []string) {
	votes := map[string]int64{}
	bound := int64(k.params.ShelfItems)
	for rank, e := range k.all {
		votes[e.item] = 64 * (int64(min(len(k.postings[e.item]), 3))*bound + bound - 1 - int64(rank)) / bound
	}
	for _, e := range k.often {
		rate := k.rate(e.item)
		if len(query) == 0 {
			begun, n := k.begun(e.item)
			rate = rate * (begun + 2) / (n + 6)
		}
		octave := int64(0)
		for rate>>octave > 1 {
			octave++
		}
		votes[e.item] = max(256, 256*(octave+1-6)+256*(rate-1<<octave)>>octave)
	}
	if len(query) > 0 {
		delete(votes, query[0])
	}
	addVotes(total, votes, k.params.Popular.fixed())
}

// rate is how often an item is touched.
func (k *known) rate(item string) int64 {
	rate := int64(0)
	for n, weight := range map[int]int64{4: 8, 8: 23, 16: 64, 32: 181, 64: 512, 128: 1448} {
		if visits := k.postings[item]; len(visits) >= n {
			rate += weight << 40 / (k.all[0].touch.Ms() - k.touch(item, visits[n-1]).Ms() + 1)
		}
	}
	return rate
}

// begun returns how many of an item's newest visits began with it.
func (k *known) begun(item string) (begun, n int64) {
	visits := k.postings[item]
	visits = visits[:min(64, len(visits))]
	for _, v := range visits {
		if k.records[v][0].Item == item {
			begun++
		}
	}
	return begun, int64(len(visits))
}
