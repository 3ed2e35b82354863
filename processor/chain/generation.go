package chain

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Earlier gives hours to other generations than Layout.Generation: "1<2026-11-23T14;" gives the hours before that one to generation 1, and
// "1<2026-11-23T14;2<2026-11-23T18;" the four hours from then on to generation 2. It is text so that layouts can be compared. Map makes it.
type Earlier string

// Map is which generation each hour belongs to: an ascending list of the hours at which another generation begins. The first begins at the
// beginning of time, whatever its From says.
type Map []Span

// Span is the hours from From on, up to those of the next Span.
type Span struct {
	From       Hour // inclusive
	Generation int  // 1 or more
}

// Map returns which generation each hour belongs to.
func (l Layout) Map() Map {
	m, err := parseEarlier(string(l.Earlier), l.Generation)
	if err != nil {
		return Map{{Generation: l.Generation}} // Earlier is made by Map alone, and ParseMap checks what comes from elsewhere
	}
	return m
}

// With returns the layout with another map.
func (l Layout) With(m Map) Layout {
	text := m.String()
	cut := strings.LastIndexByte(text, ';') + 1
	return Layout{Prefix: l.Prefix, Generation: m[len(m)-1].Generation, Earlier: Earlier(text[:cut])}
}

// In returns the layout of one generation, for all hours.
func (l Layout) In(generation int) Layout { return Layout{Prefix: l.Prefix, Generation: generation} }

// At returns the layout of the generation of an hour.
func (l Layout) At(hour Hour) Layout { return l.In(l.GenerationAt(hour)) }

// GenerationAt returns the generation of an hour.
func (l Layout) GenerationAt(hour Hour) int {
	if l.Earlier == "" {
		return l.Generation
	}
	return l.Map().At(hour)
}

// Generations returns the generations that have hours, each once, in the order of the first of these.
func (l Layout) Generations() []int {
	if l.Earlier == "" {
		return []int{l.Generation}
	}
	return l.Map().Generations()
}

// generationsFrom returns the generations that have hours from one on, each once, in the order of the first of these.
func (l Layout) generationsFrom(hour Hour) []int {
	m := l.Map()
	for len(m) > 1 && m[1].From <= hour {
		m = m[1:]
	}
	return m.Generations()
}

// LastFrom is the first of the hours that belong to the same generation as all after them.
func (m Map) LastFrom() Hour { return m[len(m)-1].From }

// At returns the generation of an hour.
func (m Map) At(hour Hour) int {
	g := m[0].Generation
	for _, s := range m[1:] {
		if s.From <= hour {
			g = s.Generation
		}
	}
	return g
}

// Parts returns the first hour that belongs to another generation than in o, if there is one.
func (m Map) Parts(o Map) (from Hour, other bool) {
	for _, s := range slices.Concat(m, o) {
		if m.At(s.From) != o.At(s.From) && (!other || s.From < from) {
			from, other = s.From, true
		}
	}
	return from, other
}

// Generations returns the generations that have hours, each once, in the order of the first of these.
func (m Map) Generations() (out []int) {
	for _, s := range m {
		if !slices.Contains(out, s.Generation) {
			out = append(out, s.Generation)
		}
	}
	return out
}

// Replace returns the map in which the hours from from on, and before until unless that is 0, belong to a generation.
func (m Map) Replace(from, until Hour, generation int) Map {
	var out Map
	from = max(from, 0) // before 1970 there is nothing, and the first span begins there
	add := func(at Hour, g int) {
		if n := len(out); n > 0 && out[n-1].From == at {
			out = out[:n-1]
		}
		if n := len(out); n == 0 || out[n-1].Generation != g {
			out = append(out, Span{at, g})
		}
	}
	for i, s := range m {
		if i == 0 || s.From < from {
			add(s.From, s.Generation)
		}
	}
	add(from, generation)
	if until > 0 {
		add(until, m.At(until))
		for _, s := range m {
			if s.From > until {
				add(s.From, s.Generation)
			}
		}
	}
	return out
}

// String returns the map as 1<2026-11-23T14;2: generation 1 before that hour, then 2.
func (m Map) String() string {
	var b strings.Builder
	for i, s := range m {
		b.WriteString(strconv.Itoa(s.Generation))
		if i+1 < len(m) {
			b.WriteString("<" + m[i+1].From.String() + ";")
		}
	}
	return b.String()
}

// ParseMap is the inverse of String.
func ParseMap(text string) (Map, error) {
	cut := strings.LastIndexByte(text, ';') + 1
	last, err := strconv.Atoi(text[cut:])
	if err != nil || last < 1 {
		return nil, fmt.Errorf("parse generations %q: want 1<2026-11-23T14;2", text)
	}
	m, err := parseEarlier(text[:cut], last)
	if err != nil {
		return nil, fmt.Errorf("parse generations %q: %w", text, err)
	}
	return m, nil
}

func parseEarlier(text string, last int) (Map, error) {
	m, from := Map{}, Hour(0)
	for text != "" {
		span, rest, ok := strings.Cut(text, ";")
		number, until, ok2 := strings.Cut(span, "<")
		g, err := strconv.Atoi(number)
		next, err2 := ParseHour(until)
		if !ok || !ok2 || err != nil || err2 != nil || g < 1 || next <= from {
			return nil, fmt.Errorf("%q is no span of hours", span)
		}
		m = append(m, Span{from, g})
		text, from = rest, next
	}
	return append(m, Span{from, last}), nil
}
