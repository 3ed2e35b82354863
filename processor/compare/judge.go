package compare

// judge remembers the newest lists of each session.
type judge struct {
	k          int
	young, old map[string]lists // sessions that have come lately, and those before them
}

type lists struct {
	product   string
	then, now []Listed
}

// sessionsKept bounds the memory: a session has up to 2 K codes, and twice as many sessions are kept at most.
const sessionsKept = 100_000

func newJudge(k int) *judge { return &judge{k: k, young: map[string]lists{}} }

// judge compares a product with the lists made before it, and keeps those made after it.
func (j *judge) judge(t *Tally, session, product string, then, now []Listed) {
	before, ok := j.young[session]
	if !ok {
		before, ok = j.old[session]
	}
	if len(j.young) >= sessionsKept {
		j.young, j.old = map[string]lists{}, j.young
	}
	j.young[session] = lists{product, then[:min(j.k, len(then))], now[:min(j.k, len(now))]}
	if !ok || before.product == product || len(before.then)+len(before.now) == 0 {
		return
	}
	t.Predictions++
	t.Then.hit(before.then, product)
	t.Now.hit(before.now, product)
}

// hit counts whether, and where, a list has a product.
func (s *Score) hit(list []Listed, product string) {
	for i := range list {
		if list[i].ProductCode == product {
			s.Hits++
			s.Reciprocal += 1 / float64(i+1)
			return
		}
	}
}
