package mapping

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Mapping says how the records of one format become native ones. It does not change, and may be shared.
type Mapping struct {
	format string
	when   conditions
	absent map[string]bool
	fields []field // of the record
	each   *path   // the list of events; nil when the record is one
	event  source
	events map[string]*happening
	other  *happening
	item   []field
	known  map[string]bool // paths that are not worth a word, and all below them
	inner  map[string]bool // what leads to them
}

// field is a native field with where it comes from. member is what begins it: "name":
type field struct {
	member string
	from   source
}

// source is what sources are when they are compiled.
type source [][]path

// happening is a compiled meaning.
type happening struct {
	name  string // as it stands between the quotes of a JSON string
	step  string // the members of each entry, empty when there is none, with a comma behind
	auto  bool
	items []path
}

func (h *happening) touches() bool { return h.step != "" || h.auto }

// conditions are a compiled condition.
type conditions struct {
	all, any, none []string
	values         []valued
}

type valued struct {
	at     path
	accept map[string]bool
}

// Parse reads a mapping file: one mapping, or a list of them. The error says everything that is wrong.
func Parse(data []byte) ([]*Mapping, error) {
	files, err := readFile(data)
	if err != nil {
		return nil, fmt.Errorf("read mapping: %w", err)
	}
	var all []*Mapping
	for i := range files {
		m, err := compile(&files[i])
		if err != nil {
			return nil, fmt.Errorf("read mapping %d: %w", i+1, err)
		}
		all = append(all, m)
	}
	return all, nil
}

// Format is the name of the format.
func (m *Mapping) Format() string { return m.format }

// compiler keeps the mistakes.
type compiler struct{ problems []error }

func compile(f *file) (*Mapping, error) {
	c := &compiler{}
	m := &Mapping{
		format: f.Format, absent: set(f.Absent), known: set(f.Known), events: map[string]*happening{},
		fields: c.fields(recordFields, f.Fields, ofRecord), item: c.fields(itemFields, f.Item, ofItem),
		event: c.source("event", f.Event, ofEvent), other: c.happening("otherwise", f.Otherwise),
		when: conditions{all: f.When.All, any: f.When.Any, none: f.When.None},
	}
	for _, name := range slices.Sorted(maps.Keys(f.When.Values)) {
		m.when.values = append(m.when.values, valued{c.bare("when", name), set(f.When.Values[name])})
	}
	if f.Each != "" {
		m.each = new(c.bare("each", f.Each))
	}
	for _, joined := range m.event {
		c.reject(len(joined) != 1, "event: a name is not joined")
	}
	for name, meaning := range f.Events {
		h := c.happening("events: "+name, meaning)
		quoted := quote(name)
		h.name = string(quoted[1 : len(quoted)-1])
		m.events[name] = h
	}
	m.knowItsOwn(f.Each)
	if err := errors.Join(f.check(), errors.Join(c.problems...)); err != nil {
		return nil, err
	}
	return m, nil
}

// knowItsOwn adds to the known paths those that the mapping reads.
func (m *Mapping) knowItsOwn(each string) {
	prefix := [...]string{ofRecord: "", ofEvent: each, ofItem: "item"}
	for _, from := range append(sourcesOf(m.fields), append(sourcesOf(m.item), m.event)...) {
		for _, joined := range from {
			for i := range joined {
				m.known[joined[i].names(prefix[joined[i].scope])] = true
			}
		}
	}
	m.inner = map[string]bool{}
	for path := range m.known {
		for at := strings.LastIndexByte(path, '.'); at > 0; at = strings.LastIndexByte(path[:at], '.') {
			m.inner[path[:at]] = true
		}
	}
}

func sourcesOf(fields []field) (all []source) {
	for i := range fields {
		all = append(all, fields[i].from)
	}
	return all
}

func set(names []string) map[string]bool {
	s := make(map[string]bool, len(names))
	for _, name := range names {
		s[name] = true
	}
	return s
}

func (c *compiler) path(where, text string, own scope) path {
	p, err := parsePath(text, own)
	if err != nil {
		c.problems = append(c.problems, fmt.Errorf("%s: %w", where, err))
	}
	return p
}

// bare is a path of the record that does nothing else.
func (c *compiler) bare(where, text string) path {
	c.reject(strings.ContainsAny(text, "$|"), "%s: %q: a path of the record, without $ and |", where, text)
	return c.path(where, text, ofRecord)
}

func (c *compiler) reject(when bool, problem string, args ...any) {
	if when {
		c.problems = append(c.problems, fmt.Errorf(problem, args...))
	}
}

func (c *compiler) source(where string, list sources, own scope) (s source) {
	c.reject(len(list) > maxSources, "%s: %d sources; at most %d", where, len(list), maxSources)
	for _, joined := range list[:min(len(list), maxSources)] {
		c.reject(len(joined) > maxJoined, "%s: %d parts are joined; at most %d", where, len(joined), maxJoined)
		var paths []path
		for _, text := range joined[:min(len(joined), maxJoined)] {
			paths = append(paths, c.path(where, text, own))
		}
		s = append(s, paths)
	}
	return s
}

// fields compiles the fields in the order of names.
func (c *compiler) fields(names []string, from map[string]sources, own scope) (fields []field) {
	for _, name := range names {
		if list := from[name]; len(list) > 0 {
			fields = append(fields, field{`"` + name + `":`, c.source(name, list, own)})
		}
	}
	return fields
}

func (c *compiler) happening(where string, m meaning) *happening {
	h := &happening{auto: m.Step == "auto"}
	if m.Step != "" && !h.auto {
		h.step = fmt.Sprintf(`"event":"%s","in_shopping_cart":%t,`, m.Step, m.Step != "view")
	}
	for _, joined := range m.Items {
		c.reject(len(joined) != 1 || strings.Contains(joined[0], "|"), "%s: items are paths, without | and not joined", where)
		h.items = append(h.items, c.path(where, joined[0], ofEvent))
	}
	return h
}
