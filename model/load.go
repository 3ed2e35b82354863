package model

import "slices"

// A Loading adds a state that was exported: items are named once, facts come visit by visit, and a visit that is not known is
// put in as a whole. The result is that of adding each fact and label by itself, whatever comes in whatever order; the
// order of [Model.Facts] is the fastest. Until Done, nothing but Raise may be called of what is loaded into.
type Loading struct {
	index  *index
	items  []int32 // named, each with a pin: so their numbers stay while they have no facts
	newest []Touch // by item number: of the last fact in the item's posting
	warm   uint64  // what was fetched ahead, so that it is
}

// A VisitFact is a fact of a visit that is loaded.
type VisitFact struct {
	Item  int32 // as Loading.Item numbers it
	Touch Touch
	Type  EventType
}

// Load begins to load what a snapshot has into the Merged.
func (g *Merged) Load() *Loading { return &Loading{index: g.index} }

// Load begins to load what a snapshot has into the model. It returns nil if the model has adopted an Edition: then facts go to
// two places, by Add.
func (m *Model) Load() *Loading {
	if m.wide != nil {
		return nil
	}
	return &Loading{index: m.index}
}

// Item returns the number of an item for the facts and labels that are loaded, -1 if the id is not valid.
func (l *Loading) Item(id string) int32 {
	if !validItem(id) {
		return -1
	}
	x := l.index
	i := x.items.intern(id)
	x.items.pin(i)
	l.items = append(l.items, i)
	for int(i) >= len(l.newest) {
		l.newest = append(l.newest, 0)
	}
	l.look(i)
	return i
}

// look reads from the index what newest says of an item.
func (l *Loading) look(i int32) {
	x := l.index
	if posting := x.items.posting(i); len(posting) > 0 {
		l.newest[i] = x.sessions.touchOf(int32(posting[len(posting)-1]), i)
	}
}

// Visit joins facts of a visit, which starts at a second since 1970. Those without a valid item are ignored, and all are if
// the session's id is not valid.
func (l *Loading) Visit(session string, start uint32, facts []VisitFact) {
	if !validItem(session) {
		return
	}
	f := Fact{Session: session, Visit: start}
	if l.index.sessions.lookupVisit(session, start) >= 0 || !l.plain(facts) {
		l.addEach(&f, facts)
		return
	}
	l.fetch(facts)
	l.insert(&f, facts)
	l.index.newest = max(l.index.newest, facts[len(facts)-1].Touch)
	l.index.enforce()
}

// plain reports whether facts are those of a visit as a model exports it, of distinct items, and above the floor.
func (l *Loading) plain(facts []VisitFact) bool {
	if len(facts) == 0 || len(facts) > SessionFacts {
		return false
	}
	before := l.index.floor.at
	for k, f := range facts {
		if f.Item < 0 || f.Touch <= before && !l.ties(facts[:k], f) || has(facts[:k], f.Item) {
			return false
		}
		before = f.Touch
	}
	return true
}

// ties reports whether a fact has the touch of the last one before it, and is in order.
func (l *Loading) ties(before []VisitFact, f VisitFact) bool {
	k := len(before) - 1
	return k >= 0 && before[k].Touch == f.Touch && l.index.items.text(before[k].Item) < l.index.items.text(f.Item)
}

func has(facts []VisitFact, item int32) bool {
	for k := range facts {
		if facts[k].Item == item {
			return true
		}
	}
	return false
}

// addEach joins facts one by one.
func (l *Loading) addEach(f *Fact, facts []VisitFact) {
	for _, v := range facts {
		if v.Item < 0 {
			continue
		}
		f.Item, f.Touch, f.Type = l.index.items.text(v.Item), v.Touch, v.Type
		l.index.addValid(*f)
		l.look(v.Item)
	}
}

// fetch loads the ends of all postings into the cache, which wait together.
func (l *Loading) fetch(facts []VisitFact) {
	it := &l.index.items
	for k := range facts {
		e := it.row(facts[k].Item)
		l.warm += it.postings.load(e.posting, int(e.n))
	}
}

// insert puts in a visit that is not known. A fact that is older than all that are kept of its item goes at once.
func (l *Loading) insert(f *Fact, facts []VisitFact) {
	x := l.index
	s := x.sessions.create(f.Session, f.Visit)
	x.sessions.fill(s, facts)
	x.facts += len(facts)
	for _, v := range facts {
		at := int(x.items.row(v.Item).n)
		if v.Touch <= l.newest[v.Item] {
			f.Item, f.Touch = x.items.text(v.Item), v.Touch
			at = x.postingPosition(v.Item, f)
		}
		l.newest[v.Item] = max(l.newest[v.Item], v.Touch)
		x.post(v.Item, at, s, v.Touch)
	}
}

// Label joins what is known about an item that has facts, as AddLabel does.
func (l *Loading) Label(item int32, t Touch, label Label) {
	x := l.index
	if item >= 0 && x.items.row(item).n > 0 && t > x.floor.at {
		x.label(item, t, label)
	}
}

// Done ends the loading.
func (l *Loading) Done() {
	l.stock()
	for _, i := range l.items {
		l.index.items.unpin(i)
	}
	l.items = nil
}

// stock puts the items that were touched last on the shelf of all items, once for all visits, and those that are touched often on theirs.
func (l *Loading) stock() {
	x := l.index
	for _, p := range l.best(func(i int32) Touch { return l.newest[i] }) {
		x.shelves.all.put(x, p.item, p.touch)
	}
	for _, p := range l.best(func(i int32) Touch { return x.nthNewest(i, oftenTouches) }) {
		x.shelves.often.put(x, p.item, p.touch)
	}
}

// best returns the items that fill a shelf, which has them in the order of a touch that is no newer than their newest.
func (l *Loading) best(touch func(i int32) Touch) []placed {
	x := l.index
	bound, least := x.params.ShelfItems, x.floor.at
	var best []placed
	cut := func() {
		slices.SortFunc(best, func(a, b placed) int { return x.compare(b, a) })
		if best = slices.Compact(best); len(best) > bound { // an item may have been named twice
			best, least = best[:bound], best[bound-1].touch
		}
	}
	for _, i := range l.items {
		if l.newest[i] < least || l.newest[i] <= x.floor.at {
			continue
		}
		if t := touch(i); t > x.floor.at && t >= least {
			best = append(best, placed{i, t})
		}
		if len(best) > 8*bound {
			cut()
		}
	}
	cut()
	return best
}
