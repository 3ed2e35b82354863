package model

import (
	"cmp"
	"iter"
	"slices"
)

// The state of a model leaves it as three sequences of plain values and a Floor, and enters another by Raise, Add,
// AddLabel and Reopen, or facts and labels, which is faster, in a [Loading]. Nothing may be changed while a sequence is read.

// A Floor holds the touches up to which facts, and entries of categories, were forgotten to respect the bounds.
type Floor struct {
	Facts, Categories Touch
}

// Floor returns how far the model has forgotten.
func (m *Model) Floor() Floor { return m.index.floors() }

func (x *index) floors() Floor { return Floor{x.floor.at, x.shelves.floor} }

// Raise makes the model forget as far as another one has.
func (m *Model) Raise(f Floor) {
	m.index.raiseTo(f)
	if m.wide != nil {
		m.wide.index.raiseTo(f)
	}
}

func (x *index) raiseTo(f Floor) {
	x.raise(f.Facts)
	x.shelves.raise(x, f.Categories)
}

// Facts returns the facts that the model has made or was given and keeps, without labels: visit by visit in the order of their oldest facts, ids deciding
// between equal ones, and in touch order within a visit. Equal states give equal sequences.
func (m *Model) Facts() iter.Seq[Fact] { return m.own().allFacts() }

func (x *index) allFacts() iter.Seq[Fact] {
	return func(yield func(Fact) bool) {
		for _, s := range x.visitOrder() {
			for f := range x.factsOf(s) {
				if !yield(f) {
					return
				}
			}
		}
	}
}

// visitOrder returns the visits with facts in the order of Facts.
func (x *index) visitOrder() []int32 {
	order := make([]int32, 0, x.sessions.held)
	for s := range int32(x.sessions.next) {
		if x.sessions.row(s).n > 0 {
			order = append(order, s)
		}
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(
			cmp.Compare(x.sessions.record(a).touches[0], x.sessions.record(b).touches[0]),
			cmp.Compare(x.sessions.text(a), x.sessions.text(b)),
			cmp.Compare(x.sessions.row(a).visit, x.sessions.row(b).visit),
		)
	})
	return order
}

// factsOf returns the facts of one visit.
func (x *index) factsOf(s int32) iter.Seq[Fact] {
	return func(yield func(Fact) bool) {
		record := x.sessions.record(s)
		id, visit := x.sessions.text(s), x.sessions.row(s).visit
		for at := range record.len() {
			e := record.at(at)
			if !yield(Fact{Session: id, Visit: visit, Item: x.items.text(e.item), Touch: e.touch, Type: e.kind}) {
				return
			}
		}
	}
}

// Labels returns what is known about items, in the order of item ids, touches and labels. Equal states give equal
// sequences. Labels are added after the facts: one of an item without facts is ignored.
func (m *Model) Labels() iter.Seq[ItemLabel] { return m.own().allLabels() }

func (x *index) allLabels() iter.Seq[ItemLabel] {
	return func(yield func(ItemLabel) bool) {
		labels := x.labels()
		slices.SortFunc(labels, func(a, b ItemLabel) int {
			return cmp.Or(cmp.Compare(a.Item, b.Item), cmp.Compare(a.Touch, b.Touch),
				cmp.Compare(a.Label.Category, b.Label.Category), cmp.Compare(a.Label.Brand, b.Label.Brand))
		})
		for _, l := range labels {
			if !yield(l) {
				return
			}
		}
	}
}

// labels collects the label of each item, of which only the second is known, and the entries of the shelves.
func (x *index) labels() []ItemLabel {
	x.shelves.settle(x)
	var all []ItemLabel
	for i := range int32(x.items.next) {
		if x.items.row(i).n == 0 {
			continue
		}
		if l := x.labelOf(i); l != (Label{}) {
			second := TouchAt(int64(x.items.row(i).labelled) * 1000)
			all = append(all, ItemLabel{Item: x.items.text(i), Touch: second, Label: l})
		}
	}
	for k := range x.shelves.categories {
		all = x.entries(all, &x.shelves.categories[k])
	}
	return all
}

// entries appends the entries of a shelf that count.
func (x *index) entries(all []ItemLabel, s *shelf) []ItemLabel {
	for at, i := range s.items {
		if s.touches[at] <= max(x.floor.at, x.shelves.floor) {
			continue
		}
		l := Label{Category: s.category}
		if current := x.labelOf(i); current.Category == s.category {
			l = current
		}
		all = append(all, ItemLabel{Item: x.items.text(i), Touch: s.touches[at], Label: l})
	}
	return all
}

// AddLabel joins what is known about an item: the newest label counts.
func (m *Model) AddLabel(l ItemLabel) {
	if !m.lean {
		m.index.addLabel(l)
	}
	if m.wide != nil {
		m.wide.addLabel(l)
	}
}

func (x *index) addLabel(l ItemLabel) {
	if i := x.known(l.Item); i >= 0 && l.Touch > x.floor.at {
		x.label(i, l.Touch, l.Label)
	}
}

// Merge joins the facts and labels of another model, whose bounds must be equal, and forgets what it has forgotten.
// Open visits are not merged: see Reopen.
func (m *Model) Merge(o *Model) {
	m.Raise(o.Floor())
	for f := range o.Facts() {
		m.Add(f)
	}
	for l := range o.Labels() {
		m.AddLabel(l)
	}
}
