package evaluate

import "slices"

// archive is what the nearest-neighbour baselines remember: the sessions with an item in the order of their newest
// events, and the items of a session in the order in which it first touched them.
type archive struct {
	items, sessions ids
	posting         [][]int32 // sessions by item, the most recently active last
	record          [][]int32 // distinct items by session
	past            [][]int32 // events by session
	newest          []int64   // time of the newest event by session
	touches         int       // distinct items of all sessions
}

// Observe implements Recommender.
func (a *archive) Observe(e Event) {
	i, s := a.items.of(e.Item), a.sessions.of(e.Session)
	a.posting = grown(a.posting, i)
	a.record, a.past, a.newest = grown(a.record, s), grown(a.past, s), grown(a.newest, s)
	for _, j := range a.record[s] {
		a.refresh(j, s)
	}
	if !slices.Contains(a.record[s], i) {
		a.record[s] = append(a.record[s], i)
		a.posting[i] = append(a.posting[i], s)
		a.touches++
	}
	a.past[s] = append(a.past[s], i)
	a.newest[s] = max(a.newest[s], e.Ms)
}

// refresh makes a session the most recently active one with an item.
func (a *archive) refresh(item, session int32) {
	p := a.posting[item]
	at := lastIndex(p, session)
	copy(p[at:], p[at+1:])
	p[len(p)-1] = session
}

// recent yields the n most recently active sessions with an item, but one, most recent first.
func (a *archive) recent(item, except int32, n int) func(yield func(int32) bool) {
	return func(yield func(int32) bool) {
		for _, s := range slices.Backward(a.posting[item]) {
			if s == except {
				continue
			}
			if n--; n < 0 || !yield(s) {
				return
			}
		}
	}
}

func lastIndex(s []int32, i int32) int {
	at := len(s) - 1
	for s[at] != i {
		at--
	}
	return at
}

// weights are numbers by item or by session, most of them zero. They are scratch memory.
type weights struct {
	of      []float64
	touched []int32
}

// reset forgets all weights and makes room for n.
func (w *weights) reset(n int) {
	for _, i := range w.touched {
		w.of[i] = 0
	}
	w.touched = w.touched[:0]
	if n > len(w.of) {
		w.of = append(w.of, make([]float64, n-len(w.of))...)
	}
}

// add adds a positive number.
func (w *weights) add(i int32, v float64) {
	if w.of[i] == 0 {
		w.touched = append(w.touched, i)
	}
	w.of[i] += v
}
