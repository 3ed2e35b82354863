package mapping

import (
	"encoding/json"
	"strings"
)

// context is where paths begin.
type context struct{ event, item int } // nodes; item is -1 outside of items

// maxInherited is how long a value may be that items take from the record or from their event: each of them gets it.
const maxInherited = 256

// value gives the JSON text of the first source that is there, and marks what it is made of. An empty text is none.
func (r *Reader) value(s source, c context) string {
	for _, joined := range s {
		var text string
		if len(joined) == 1 {
			text = r.single(&joined[0], c)
		} else {
			text = r.joined(joined, c)
		}
		if text != "" {
			return text
		}
	}
	return ""
}

// single is the value at a path. A path into events outside of one leads to the first event that has it.
func (r *Reader) single(p *path, c context) string {
	at := r.locate(p, c)
	if at < 0 {
		return ""
	}
	value := r.tree.value(at)
	if c.item >= 0 && p.scope != ofItem && len(value) > maxInherited {
		return ""
	}
	value = r.convert(value, p.unit)
	if value != "" {
		r.tree.nodes[at].used = true
	}
	return value
}

// joined are several scalars with dots between them.
func (r *Reader) joined(paths []path, c context) string {
	b := append(r.scratch[:0], '"')
	for i := range paths {
		at := r.locate(&paths[i], c)
		if at < 0 {
			return ""
		}
		value := r.convert(r.tree.value(at), paths[i].unit)
		if value == "" {
			return ""
		}
		if i > 0 {
			b = append(b, '.')
		}
		b = append(b, strings.TrimSuffix(strings.TrimPrefix(value, `"`), `"`)...)
	}
	for i := range paths {
		r.tree.nodes[r.locate(&paths[i], c)].used = true
	}
	r.scratch = append(b, '"')
	return string(r.scratch)
}

// locate is the node of a scalar that says something, or -1.
func (r *Reader) locate(p *path, c context) int {
	switch {
	case p.scope == ofItem:
		return r.scalar(c.item, p)
	case p.scope == ofRecord:
		return r.scalar(0, p)
	case c.event >= 0:
		return r.scalar(c.event, p)
	}
	for _, e := range r.events[:min(len(r.events), maxSearched)] {
		if at := r.scalar(e, p); at >= 0 {
			return at
		}
	}
	return -1
}

// maxSearched is in how many events of a record a value is looked for: the Measurement Protocol allows 25.
const maxSearched = 25

func (r *Reader) scalar(from int, p *path) int {
	at := r.tree.follow(from, p.steps)
	if at < 0 {
		return -1
	}
	if v := r.tree.value(at); !present(v, r.m.absent) || v[0] == '{' || v[0] == '[' {
		return -1
	}
	return at
}

// convert gives a value in the unit that native records have, empty when it is none of that unit.
func (r *Reader) convert(value string, u unit) string {
	switch u {
	case micros:
		return milliseconds(value, 3)
	case nanos:
		return milliseconds(value, 6)
	case concealed:
		quoted, err := json.Marshal(r.conceal(plain(value)))
		if err != nil {
			return ""
		}
		return string(quoted)
	default:
		return value
	}
}

// milliseconds moves the decimal point of an integer, in quotes or not.
func milliseconds(value string, by int) string {
	digits := strings.Trim(value, `"`)
	if len(digits) <= by || len(digits) > 19 || digits[0] == '0' || strings.Trim(digits, "0123456789") != "" {
		return ""
	}
	at := len(digits) - by
	return digits[:at] + "." + digits[at:at+3] // the microsecond is the finest that a row has
}
