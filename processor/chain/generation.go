package chain

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Earlier gives hours to other generations than Layout.Generation: "1<2026-11-23T14;" gives the hours before that one to generation 1, and
// "1<2026-11-23T14;2<2026-11-23T18;" the four hours from then on to generation 2. With "2/1" in the place of 2 these have the links of generation 2, and the marks
// of 1. It is text so that layouts can be compared. Map makes it.
type Earlier string

// Map is which generation each hour belongs to: an ascending list of the hours at which another generation begins. The first begins at the
// beginning of time, whatever its From says.
type Map []Span

// Span is the hours from From on, up to those of the next Span.
type Span struct {
	From       Hour // inclusive
	Generation int  // 1 or more
	Marks      int  // the generation whose marks count, when it is another one; 0: Generation
}

// Beside returns the span with the links of a generation that was written beside the one which lives there, and the marks of the latter: it may still get some.
func (s Span) Beside(generation int) Span {
	return Span{From: s.From, Generation: generation, Marks: s.marks()}
}

func (s Span) marks() int {
	if s.Marks > 0 {
		return s.Marks
	}
	return s.Generation
}

// text returns the generation, and behind a slash that of the marks when it is another one.
func (s Span) text() string {
	if s.Marks > 0 {
		return strconv.Itoa(s.Generation) + marksBehind + strconv.Itoa(s.Marks)
	}
	return strconv.Itoa(s.Generation)
}

const marksBehind = "/"

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

// Marks returns the layout under which marks are read and put.
func (l Layout) Marks() Layout {
	if !strings.Contains(string(l.Earlier), marksBehind) {
		return l
	}
	return l.With(l.Map().Marks())
}

// Marks returns which generation's marks count in each hour. Replays beside live traffic leave it as it is, published or not.
func (m Map) Marks() (out Map) {
	for _, s := range m {
		out = out.append(Span{From: s.From, Generation: s.marks()})
	}
	return out
}

// LastFrom is the first of the hours that belong to the same generation as all after them.
func (m Map) LastFrom() Hour { return m[len(m)-1].From }

// At returns the generation of an hour.
func (m Map) At(hour Hour) int { return m.SpanAt(hour).Generation }

// SpanAt returns what an hour belongs to, as a span that begins with it.
func (m Map) SpanAt(hour Hour) Span {
	at := m[0]
	for _, s := range m[1:] {
		if s.From <= hour {
			at = s
		}
	}
	at.From = hour
	return at
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
	return m.Put(Span{From: from, Generation: generation}, until)
}

// Put returns the map in which the hours of a span, those before until unless that is 0, are as it says.
func (m Map) Put(s Span, until Hour) (out Map) {
	s.From = max(s.From, 0) // before 1970 there is nothing, and the first span begins there
	for i, have := range m {
		if i == 0 || have.From < s.From {
			out = out.append(have)
		}
	}
	out = out.append(s)
	if until > 0 {
		out = out.append(m.SpanAt(until))
		for _, have := range m {
			if have.From > until {
				out = out.append(have)
			}
		}
	}
	return out
}

// append adds a span, which takes the place of one that begins at the same hour, and is part of the last one if it says the same.
func (m Map) append(s Span) Map {
	if n := len(m); n > 0 && m[n-1].From == s.From {
		m = m[:n-1]
	}
	if n := len(m); n > 0 && m[n-1].Generation == s.Generation && m[n-1].Marks == s.Marks {
		return m
	}
	return append(m, s)
}

// String returns the map as 1<2026-11-23T14;2: generation 1 before that hour, then 2. A span with other marks is written 2/1.
func (m Map) String() string {
	var b strings.Builder
	for i, s := range m {
		b.WriteString(s.text())
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
		generation, until, ok2 := strings.Cut(span, "<")
		s, ok3 := parseSpan(generation)
		next, err := ParseHour(until)
		if !ok || !ok2 || !ok3 || err != nil || next <= from {
			return nil, fmt.Errorf("%q is no span of hours", span)
		}
		s.From = from
		m = append(m, s)
		text, from = rest, next
	}
	return append(m, Span{From: from, Generation: last}), nil
}

// parseSpan is the inverse of text.
func parseSpan(text string) (s Span, ok bool) {
	generation, marks, other := strings.Cut(text, marksBehind)
	g, err := strconv.Atoi(generation)
	s.Generation = g
	if err != nil || g < 1 || !other {
		return s, err == nil && g >= 1
	}
	s.Marks, err = strconv.Atoi(marks)
	return s, err == nil && s.Marks >= 1 && s.Marks != g
}
