package model

import (
	"cmp"
	"maps"
	"slices"
	"sort"
)

// reference is the model written down as its documentation says, with maps and sorts and without a thought for speed.
// It keeps every fact it ever saw, and computes what a model may still know, and each list, from all of them.
type reference struct {
	params Params
	facts  map[factKey]Fact
	labels []ItemLabel // of every fact that had one
	clock  int64
	visits []*referenceVisit // least recently active first
}

type factKey struct {
	session string
	visit   uint32
	item    string
}

type referenceVisit struct {
	session    string
	start      uint32
	last, seen int64
	touch      Touch
	items      []VisitItem // least recently touched first
}

func newReference(p Params) *reference { return &reference{params: p, facts: map[factKey]Fact{}} }

func (r *reference) add(f Fact) {
	if f.Label != (Label{}) {
		r.labels = append(r.labels, ItemLabel{f.Item, f.Touch, f.Label})
	}
	key := factKey{f.Session, f.Visit, f.Item}
	if held, ok := r.facts[key]; ok {
		f.Type, f.Touch = max(f.Type, held.Type), min(f.Touch, held.Touch)
	}
	f.Label = Label{}
	r.facts[key] = f
}

// observe folds a record whose ids are valid.
func (r *reference) observe(rec Record) {
	r.clock = max(r.clock, rec.ArrivalMs)
	ttl := r.params.SessionTTL.Milliseconds()
	r.visits = slices.DeleteFunc(r.visits, func(v *referenceVisit) bool { return v.seen+ttl+graceMs < r.clock })
	at := slices.IndexFunc(r.visits, func(v *referenceVisit) bool { return v.session == rec.Session })
	var v *referenceVisit
	if at >= 0 {
		v = r.visits[at]
		if rec.ArrivalMs < v.last-ttl {
			return
		}
		r.visits = slices.Delete(r.visits, at, at+1)
	}
	if v == nil || rec.ArrivalMs > v.last+ttl {
		v = &referenceVisit{session: rec.Session, start: uint32(rec.ArrivalMs / 1000), last: rec.ArrivalMs}
	}
	v.last, v.seen = max(v.last, rec.ArrivalMs), r.clock
	r.visits = append(r.visits, v)
	if len(r.visits) > r.params.MaxOpen {
		r.visits = r.visits[1:]
	}
	for _, act := range rec.Items {
		r.step(v, act, rec.ArrivalMs)
	}
}

func (r *reference) step(v *referenceVisit, act Interaction, ms int64) {
	it := VisitItem{Item: act.Item, Type: act.Type}
	facts := 0
	for at, old := range v.items {
		if old.Fact {
			facts++
		}
		if old.Item != act.Item {
			continue
		}
		it.Fact, it.Type = old.Fact, max(old.Type, act.Type)
		v.items = append(slices.Delete(v.items, at, at+1), it)
		if key := (factKey{v.session, v.start, act.Item}); it.Fact {
			f := r.facts[key]
			f.Type = it.Type
			r.facts[key] = f
		}
		return
	}
	if facts < SessionFacts {
		it.Fact = true
		v.touch = max(TouchAt(ms), v.touch+1)
		r.add(Fact{v.session, v.start, act.Item, v.touch, act.Type, LabelOf(act.Category, act.Brand)})
	} else if len(v.items) == SessionFacts+followed {
		at := slices.IndexFunc(v.items, func(o VisitItem) bool { return !o.Fact })
		v.items = slices.Delete(v.items, at, at+1)
	}
	v.items = append(v.items, it)
}

// known is what may still be known: the state of a model as a function of the set of facts.
type known struct {
	params   Params
	floor    Touch
	postings map[string][]factKey    // newest first
	records  map[factKey][]Fact      // by session and visit, oldest first
	labels   map[string]Label        // by item
	shelves  map[uint32][]shelfEntry // newest first
	all      []shelfEntry
	often    []shelfEntry // what has been touched a few times, by the touch of the oldest of these
}

type shelfEntry struct {
	item  string
	touch Touch
}

func (r *reference) known() *known {
	k := &known{params: r.params, floor: r.floor()}
	kept := r.kept(k.floor)
	k.postings, k.records = map[string][]factKey{}, map[factKey][]Fact{}
	newest := map[string]Touch{}
	for _, f := range kept {
		visit := factKey{f.Session, f.Visit, ""}
		k.postings[f.Item] = append(k.postings[f.Item], visit)
		k.records[visit] = append(k.records[visit], f)
		newest[f.Item] = f.Touch
	}
	for _, p := range k.postings {
		slices.Reverse(p)
	}
	for _, record := range k.records {
		slices.SortFunc(record, func(a, b Fact) int { return cmp.Or(cmp.Compare(a.Touch, b.Touch), cmp.Compare(a.Item, b.Item)) })
	}
	k.all = k.shelf(newest, 0)
	k.often = k.shelf(k.fourthNewest(), 0)
	k.labels = r.labelsAbove(k.floor)
	k.shelves = r.shelvesAbove(k)
	return k
}

// touch returns that of an item in a visit.
func (k *known) touch(item string, visit factKey) Touch {
	record := k.records[visit]
	return record[slices.IndexFunc(record, func(f Fact) bool { return f.Item == item })].Touch
}

// kept returns the PerItem newest facts of each item above the floor, oldest first.
func (r *reference) kept(floor Touch) []Fact {
	facts := slices.SortedFunc(maps.Values(r.facts), func(a, b Fact) int {
		return cmp.Or(cmp.Compare(a.Touch, b.Touch), cmp.Compare(a.Session, b.Session), cmp.Compare(a.Visit, b.Visit))
	})
	count := map[string]int{}
	var kept []Fact
	for _, f := range slices.Backward(facts) {
		if count[f.Item]++; f.Touch > floor && count[f.Item] <= r.params.PerItem {
			kept = append(kept, f)
		}
	}
	slices.Reverse(kept)
	return kept
}

// floor returns the least touch above which the bounds are respected.
func (r *reference) floor() Touch {
	newest := Touch(0)
	candidates := []Touch{0}
	for _, f := range r.facts {
		newest = max(newest, f.Touch)
		candidates = append(candidates, f.Touch)
	}
	if ms := newest.Ms() - r.params.Horizon.Milliseconds(); r.params.Horizon > 0 && ms > 1 {
		candidates = slices.DeleteFunc(candidates, func(t Touch) bool { return t < TouchAt(ms)-1 })
		candidates = append(candidates, TouchAt(ms)-1)
	}
	slices.Sort(candidates)
	return candidates[sort.Search(len(candidates)-1, func(at int) bool {
		items := map[string]bool{}
		kept := r.kept(candidates[at])
		for _, f := range kept {
			items[f.Item] = true
		}
		return len(kept) <= r.params.MaxFacts && len(items) <= r.params.MaxItems
	})]
}

// labelsAbove returns the newest label of each item, unless it is from the second of the floor or before.
func (r *reference) labelsAbove(floor Touch) map[string]Label {
	best := map[string]ItemLabel{}
	for _, l := range r.labels {
		held, ok := best[l.Item]
		c := cmp.Compare(held.Touch.seconds(), l.Touch.seconds())
		if !ok || c < 0 || c == 0 && held.Label.before(l.Label) {
			best[l.Item] = l
		}
	}
	labels := map[string]Label{}
	for item, l := range best {
		if floor == 0 || l.Touch.seconds() > floor.seconds() {
			labels[item] = l.Label
		}
	}
	return labels
}

// shelvesAbove returns the shelves of the MaxShelves most recently touched categories, without what was touched before
// the newest touch of any other.
func (r *reference) shelvesAbove(k *known) map[uint32][]shelfEntry {
	touched := map[uint32]map[string]Touch{}
	newest := map[uint32]Touch{}
	for _, l := range r.labels {
		c := l.Label.Category
		if touched[c] == nil {
			touched[c] = map[string]Touch{}
		}
		touched[c][l.Item] = max(touched[c][l.Item], l.Touch)
		newest[c] = max(newest[c], l.Touch)
	}
	floor := k.floor
	if order := slices.Sorted(maps.Values(newest)); len(order) > r.params.MaxShelves {
		floor = max(floor, order[len(order)-r.params.MaxShelves-1])
	}
	shelves := map[uint32][]shelfEntry{}
	for c, items := range touched {
		if newest[c] > floor {
			shelves[c] = k.shelf(items, floor)
		}
	}
	return shelves
}

// shelf returns the ShelfItems most recently touched items above a floor, newest first.
func (k *known) shelf(touched map[string]Touch, floor Touch) []shelfEntry {
	var s []shelfEntry
	for item, t := range touched {
		if t > floor {
			s = append(s, shelfEntry{item, t})
		}
	}
	slices.SortFunc(s, func(a, b shelfEntry) int { return -cmp.Or(cmp.Compare(a.touch, b.touch), cmp.Compare(a.item, b.item)) })
	return s[:min(len(s), k.params.ShelfItems)]
}
