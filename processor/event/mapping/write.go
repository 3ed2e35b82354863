package mapping

import (
	"slices"

	"github.com/streamrec/streamrec/processor/event"
)

// maxItems is one more than the entries that a history may have, which is for the decoder to say.
const maxItems = 10_001

// maxNamed is how many different events of one record are named.
const maxNamed = 8

// write makes the native text of the record in the tree.
func (r *Reader) write() {
	r.out, r.unknown, r.known, r.noted = append(r.out[:0], '{'), r.unknown[:0], r.known[:0], 0
	r.listEvents()
	outside := context{event: -1, item: -1}
	if r.m.each == nil {
		outside.event = 0
	}
	for i := range r.m.fields {
		r.member(&r.m.fields[i], outside)
	}
	r.out = append(r.out, `"browse_history":[`...)
	left := maxItems
	for _, e := range r.events {
		left = r.happened(e, left)
	}
	r.trim(',')
	r.out = append(r.out, `],"`+event.FormatMember+`":"`...)
	r.out = append(r.out, r.m.format...)
	r.out = append(r.out, '"')
	r.writeKnown()
	r.remainder(`,"`+event.RecordMember+`":`, 0, "")
	r.out = append(r.out, '}')
}

func (r *Reader) trim(c byte) {
	if n := len(r.out); r.out[n-1] == c {
		r.out = r.out[:n-1]
	}
}

// listEvents finds the events of the record.
func (r *Reader) listEvents() {
	r.events = r.events[:0]
	if r.m.each == nil {
		r.events = append(r.events, 0)
		return
	}
	at := r.tree.follow(0, r.m.each.steps)
	if at < 0 || !r.tree.is(at, '[') {
		return
	}
	first, end := r.tree.children(at)
	for e := first; e < end; e++ {
		r.events = append(r.events, e)
	}
}

// member writes a field with a comma behind it, if it has a value.
func (r *Reader) member(f *field, c context) {
	if value := r.value(f.from, c); value != "" {
		r.out = append(r.out, f.member...)
		r.out = append(r.out, value...)
		r.out = append(r.out, ',')
	}
}

// happened writes the steps of an event, at most left, and gives how many more there may be.
func (r *Reader) happened(e, left int) int {
	h := r.meaning(e)
	if !h.touches() {
		return left
	}
	for i := range h.items {
		at := r.tree.follow(r.begin(&h.items[i], e), h.items[i].steps)
		if at < 0 {
			continue
		}
		before := left
		switch {
		case r.tree.is(at, '{'):
			left -= r.entry(h, context{e, at}, false)
		case r.tree.is(at, '['):
			first, end := r.tree.children(at)
			for item := first; item < end && left > 0; item++ {
				left -= r.entry(h, context{e, item}, true)
			}
		}
		if left < before {
			break
		}
	}
	return left
}

// begin is where the path of an event begins.
func (r *Reader) begin(p *path, e int) int {
	if p.scope == ofRecord {
		return 0
	}
	return e
}

// meaning is what the mapping says of an event. A name that it knows is kept, and leaves the rest of the record.
func (r *Reader) meaning(e int) *happening {
	c := context{event: e, item: -1}
	for _, joined := range r.m.event {
		at := r.locate(&joined[0], c)
		if at < 0 {
			continue
		}
		name := plain(r.tree.value(at))
		h, ok := r.m.events[name]
		if !ok {
			return r.m.other
		}
		r.tree.nodes[at].used = true
		r.know(h)
		return h
	}
	return r.m.other
}

func (r *Reader) know(h *happening) {
	if len(r.known) < maxNamed && !slices.Contains(r.known, h) {
		r.known = append(r.known, h)
	}
}

// entry writes an item as an entry of the history, with a comma behind it, and gives how many it has written: none for an item without a product
// code. What is left of an item of a list goes with its entry.
func (r *Reader) entry(h *happening, c context, listed bool) int {
	start := len(r.out)
	r.out = append(r.out, '{')
	r.out = append(r.out, h.step...)
	for i := range r.m.item {
		before := len(r.out)
		r.member(&r.m.item[i], c)
		if i == 0 && len(r.out) == before { // product_code comes first
			r.out = r.out[:start]
			return 0
		}
	}
	if listed {
		r.remainder(`"`+event.ItemMember+`":`, c.item, "item")
		r.tree.nodes[c.item].used = true
	}
	r.trim(',')
	r.out = append(r.out, "},"...)
	return 1
}

// writeKnown writes the names of the events, which are those of the mapping.
func (r *Reader) writeKnown() {
	if len(r.known) == 0 {
		return
	}
	r.out = append(r.out, `,"`+event.EventMember+`":"`...)
	for i, h := range r.known {
		if i > 0 {
			r.out = append(r.out, ',')
		}
		r.out = append(r.out, h.name...)
	}
	r.out = append(r.out, '"')
}
