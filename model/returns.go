package model

// newestReturn is how many returns it counts for that the session's last step was one: no earlier one says as much about
// the next.
const newestReturn = 3

// returns says how often a session has gone back to an item that it had left. It is read off the order in which the items
// were first touched and the one in which they were last touched: one that was touched again after another was first
// touched has been returned to. Zero is what is known about a session of one item.
type returns struct {
	items int // of which both orders are known
	least int // the position in the query of the least recently touched of them
	count int // returns, the newest counting newestReturn times
}

// add takes the items of a query by their positions, the most recently first touched one first.
func (r *returns) add(p int) {
	if p < r.least {
		r.count++
		if p == 0 {
			r.count += newestReturn - 1
		}
	}
	r.items, r.least = r.items+1, max(r.least, p)
}

// steps is on how many steps the session could have returned, as returns are counted: all but the one to its second item.
func (r *returns) steps() int { return max(0, r.items-2) + r.count }

// lift is the factor of the reminders.
func (r *returns) lift(p Params) int64 {
	if p.ReturnSteps == 0 {
		return one
	}
	prior := 1000 * int64(p.ReturnSteps)
	return one * (prior + int64(p.Return)*int64(r.count)) / (prior + 1000*int64(r.steps()))
}

// note reads the returns off the record of the query's visit.
func (r *returns) note(q *query, record record) {
	for at := record.len() - 1; at >= max(0, record.len()-recordView); at-- {
		if p := q.position(int32(record.words[at] >> typeBits)); p >= 0 {
			r.add(p)
		}
	}
}

// noteItems reads them off a list of items, oldest first, that was made the query.
func (r *returns) noteItems(q *query, x *index, items []string) {
	var order [SessionFacts]int
	var met [SessionFacts]bool
	n := 0
	for _, item := range items {
		if p := q.position(x.known(item)); p >= 0 && !met[p] {
			order[n], met[p] = p, true
			n++
		}
	}
	for n--; n >= 0; n-- {
		r.add(order[n])
	}
}

// position returns where in the query an item is, or -1.
func (q *query) position(item int32) int {
	for p, i := range q.items {
		if i == item {
			return p
		}
	}
	return -1
}
