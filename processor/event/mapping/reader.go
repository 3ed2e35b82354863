package mapping

import (
	"github.com/streamrec/streamrec/processor/event"
)

// Reader rewrites records, one after the other. It implements event.Foreign.
type Reader struct {
	set     *Set
	tree    tree
	m       *Mapping     // of the record at hand
	events  []int        // nodes
	known   []*happening // of the record at hand, each once
	out     []byte
	scratch []byte
	unknown []string
	names   map[named]leftover
	usual   []usual // the fields that did not map in the record before, in their order: the next one mostly has the same
	noted   int     // how many fields of the record at hand have been looked up
	conceal func(customer string) string
}

// Wants implements event.Foreign. What has a session_id is native, unless somebody's own mapping may say something else.
func (r *Reader) Wants(session bool) bool { return !session || r.set.first }

// Rewrite implements event.Foreign.
func (r *Reader) Rewrite(text string, conceal func(customer string) string) (_ event.Rewritten, ok bool) {
	defer r.release()
	r.tree.load(text)
	if r.m = r.match(); r.m == nil {
		return event.Rewritten{}, false
	}
	r.conceal = conceal
	r.write()
	return event.Rewritten{Format: r.m.format, Text: r.out, Unknown: r.unknown, TooLarge: r.tree.full}, true
}

// keptOut is how large a buffer a Reader keeps.
const keptOut = 1 << 20

func (r *Reader) release() {
	r.tree.release()
	r.m, r.conceal = nil, nil
	if cap(r.events) > keptParts {
		r.events = nil
	}
	if cap(r.out) > keptOut {
		r.out, r.scratch = nil, nil
	}
}

// match is the first mapping that fits.
func (r *Reader) match() *Mapping {
	for _, m := range r.set.mappings {
		if r.fits(&m.when, m.absent) {
			return m
		}
	}
	return nil
}

func (r *Reader) fits(c *conditions, absent map[string]bool) bool {
	for _, name := range c.all {
		if r.tree.member(0, name) < 0 {
			return false
		}
	}
	for _, name := range c.none {
		if r.tree.member(0, name) >= 0 {
			return false
		}
	}
	for i := range c.values {
		v := &c.values[i]
		at := r.tree.follow(0, v.at.steps)
		if at < 0 || !v.accept[plain(r.tree.value(at))] {
			return false
		}
	}
	if len(c.any) == 0 {
		return true
	}
	for _, name := range c.any {
		if at := r.tree.member(0, name); at >= 0 && present(r.tree.value(at), absent) {
			return true
		}
	}
	return false
}

// plain is a scalar without quotes.
func plain(value string) string {
	if value != "" && value[0] == '"' {
		return unquote(value)
	}
	return value
}

// present reports whether a value says something.
func present(value string, absent map[string]bool) bool {
	if value == "" || value == "null" || value == `""` {
		return false
	}
	return len(absent) == 0 || value[0] != '"' || !absent[unquote(value)]
}
