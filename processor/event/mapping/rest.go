package mapping

import (
	"encoding/json"
	"strings"
)

// remainder writes a member with what is left of a value, if anything is.
func (r *Reader) remainder(member string, i int, path string) {
	start := len(r.out)
	r.out = append(r.out, member...)
	if !r.rest(i, path) {
		r.out = r.out[:start]
	}
}

// rest writes a value without what has a column, and reports whether anything is left; path is the name of the value, for those who watch names.
func (r *Reader) rest(i int, path string) bool {
	n := r.tree.nodes[i]
	if !n.open || n.count == 0 {
		r.out = append(r.out, r.tree.value(i)...)
		return true
	}
	start, left, opening := len(r.out), false, r.tree.text[n.at]
	r.out = append(r.out, opening)
	for k := int(n.first); k < int(n.first+n.count); k++ {
		part := &r.tree.nodes[k]
		if part.used || opening == '{' && r.tree.value(k) == "null" {
			continue
		}
		before := len(r.out)
		if part.nameAt < part.nameEnd {
			r.out = append(append(r.out, r.tree.name(k)...), ':')
		}
		if !r.rest(k, r.pathTo(k, path)) {
			r.out = r.out[:before]
			continue
		}
		left = left || !part.key
		r.out = append(r.out, ',')
	}
	if !left {
		r.out = r.out[:start]
		return false
	}
	r.trim(',')
	r.out = append(r.out, opening+2) // the closing bracket is two behind the opening one in ASCII
	return true
}

// named is a field by the path of the object that has it.
type named struct {
	in       *Mapping
	of, name string
}

// leftover is the path of a field that does not map.
type leftover struct {
	path  string
	known bool // the mapping says that it has no column
}

// maxPaths bounds what a Reader remembers, since names come from outside.
const maxPaths = 1024

// pathTo is the path of a part. A part that is not taken apart is a field that does not map, and noted unless the mapping says that this is known.
func (r *Reader) pathTo(i int, of string) string {
	part := &r.tree.nodes[i]
	if part.nameAt == part.nameEnd { // an element
		return of
	}
	field := r.lookUp(named{r.m, of, r.tree.name(i)})
	if !field.known && (!part.open || part.count == 0) {
		r.unknown = append(r.unknown, field.path)
	}
	return field.path
}

// usual is a field with what was found out about it.
type usual struct {
	named
	leftover
}

// lookUp is what is known of a field. Mostly it is that at the same place of the record before, which saves a search.
func (r *Reader) lookUp(n named) leftover {
	place := r.noted
	r.noted++
	if place < len(r.usual) && r.usual[place].named == n {
		return r.usual[place].leftover
	}
	field, ok := r.names[n]
	if !ok {
		field = r.path(n)
	}
	n.name = strings.Clone(n.name) // the record must not be kept alive
	switch {
	case len(n.name) > maxName:
	case place < len(r.usual):
		r.usual[place] = usual{n, field}
	case place == len(r.usual) && place < maxUsual:
		r.usual = append(r.usual, usual{n, field})
	}
	return field
}

// maxUsual is how many places are remembered.
const maxUsual = 128

// path finds out and remembers the path of a field.
func (r *Reader) path(n named) (field leftover) {
	name, of := n.name, n.of
	field.path = strings.Clone(unquote(name))
	if of != "" {
		field.path = of + "." + field.path
	}
	field.known = r.m.known[field.path] || r.m.known[of] || r.m.inner[field.path]
	if r.names == nil || len(r.names) >= maxPaths {
		r.names = map[named]leftover{}
	}
	if len(field.path) <= maxName {
		r.names[named{r.m, of, strings.Clone(name)}] = field
	}
	return field
}

// quote is text as a JSON string.
func quote(text string) []byte {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string always marshals
	}
	return b
}
