package main

import (
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/scripts/eventfile"
)

// histories are what each session has told. A record tells one step, which may be that of a product that the session had touched before, or the whole
// history of its session again.
//
// Of a whole history those entries are news that there were not as many of before, and those whose type is stronger than what the product had:
// view < cart < purchase. So it is with the model's facts, too: what a history repeats makes none, and a stronger type strengthens one.
// What a session has told is not looked at again, so that a long session takes no longer than many short ones.
type histories struct {
	told   map[product]*touches
	ids    map[[2]string]bool // session and event_id
	record int                // number of the record at hand
}

// product is one of a session.
type product struct{ session, item string }

// touches are what a session has told of a product.
type touches struct {
	times     int // how many entries of it a record has had
	here      int // how many of them the record at hand has had so far
	record    int // which one that is
	strongest event.Type
}

func newHistories() *histories {
	return &histories{told: map[product]*touches{}, ids: map[[2]string]bool{}}
}

// news returns the steps of a record that its session had not told before. A record whose id the session has had is a repetition, as workers see it.
func (h *histories) news(e eventfile.Event) []eventfile.Step {
	if h.repeated(e) {
		return nil
	}
	h.record++
	var news []eventfile.Step
	for _, s := range e.Steps {
		if t := h.of(product{e.Session, s.Item}); len(e.Steps) == 1 {
			t.next(s.Type)
			news = append(news, s)
		} else if t.again(h.record, s.Type) {
			news = append(news, s)
		}
	}
	return news
}

func (h *histories) repeated(e eventfile.Event) bool {
	id := [2]string{e.Session, e.ID}
	if e.ID == "" || h.ids[id] {
		return e.ID != ""
	}
	h.ids[id] = true
	return false
}

func (h *histories) of(p product) *touches {
	t := h.told[p]
	if t == nil {
		t = &touches{}
		h.told[p] = t
	}
	return t
}

// next notes a step.
func (t *touches) next(kind event.Type) {
	t.times++
	t.strongest = max(t.strongest, kind)
}

// again notes an entry of a history, and reports whether it is news.
func (t *touches) again(record int, kind event.Type) bool {
	if t.record != record {
		t.record, t.here = record, 0
	}
	t.here++
	news := t.here > t.times || kind > t.strongest
	t.times, t.strongest = max(t.times, t.here), max(t.strongest, kind)
	return news
}
