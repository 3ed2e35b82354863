package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// report is what a run prints.
type report struct {
	Began   time.Time `json:"began"`
	Seconds float64   `json:"seconds"`
	Machine machine   `json:"machine"`
	Quick   bool      `json:"quick"`
	Rows    []row     `json:"rows"`
	Notes   []string  `json:"notes"`

	sides  []side
	titles map[string]string // of sections
}

// row is a line of the table.
type row struct {
	Section string          `json:"section"`
	ID      string          `json:"id"`
	Text    string          `json:"text"`
	Unit    string          `json:"unit,omitempty"`
	Figures map[side]figure `json:"figures"`
	Target  *verdict        `json:"target,omitempty"` // of streamrec

	line line
}

// verdict compares streamrec with its target.
type verdict struct {
	Text string `json:"text"`
	Met  *bool  `json:"met,omitempty"` // absent when it was not measured
}

// fill makes the rows of what was measured. A line that no side has measured is left out.
func (r *report) fill(sections []section, sides []side, tasks []*task) {
	r.sides, r.titles = sides, map[string]string{}
	for _, s := range sections {
		r.titles[s.name] = s.title
		for _, l := range s.lines {
			if row := newRow(s, l, tasks); len(row.Figures) > 0 {
				r.Rows = append(r.Rows, row)
			}
		}
	}
	for _, t := range tasks {
		r.Notes = append(r.Notes, t.figures.notes...)
	}
}

func newRow(s section, l line, tasks []*task) row {
	out := row{Section: s.name, ID: l.id, Text: strings.TrimSpace(l.text), Unit: l.unit, Figures: map[side]figure{}, line: l}
	for _, t := range tasks {
		if f, ok := t.figures.values[l.id]; ok && t.section.name == s.name {
			out.Figures[t.side] = f
		}
	}
	if l.target != nil {
		out.Target = l.target.judge(l.unit, out.Figures)
	}
	return out
}

func (t *target) judge(unit string, figures map[side]figure) *verdict {
	sign, bound := "≤ ", t.most
	switch {
	case t.least > 0:
		sign, bound = "≥ ", t.least
	case t.below:
		sign = "< "
	case t.most == 0:
		sign = ""
	}
	v := &verdict{Text: strings.TrimSpace(sign + strconv.FormatFloat(bound, 'f', -1, 64) + " " + unit)}
	if f, ok := figures[ours]; ok {
		v.Met = new(t.met(f.Value))
	}
	return v
}

// verdict is an error when streamrec has lost records. Times are for the reader to judge.
func (r *report) verdict() error {
	for _, row := range r.Rows {
		if f := row.Figures[ours]; row.ID == "lost" && f.Value > 0 {
			return errors.New("streamrec has lost records: see the table")
		}
	}
	return nil
}

func (r *report) print(w io.Writer, format string) error {
	if format == "json" {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	_, err := io.WriteString(w, r.table())
	return err
}

// table is the report for people.
func (r *report) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s, took %s\n", r.Machine, r.Began.Format("2006-01-02 15:04 MST"), time.Duration(r.Seconds*float64(time.Second)).Round(time.Second))
	if r.Quick {
		b.WriteString("quick run, everything at once and hardly repeated: no figures to compare\n")
	}
	for rows := r.Rows; len(rows) > 0; {
		n := slices.IndexFunc(rows, func(w row) bool { return w.Section != rows[0].Section })
		if n < 0 {
			n = len(rows)
		}
		r.section(&b, r.titles[rows[0].Section], rows[:n])
		rows = rows[n:]
	}
	b.WriteByte('\n')
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "%s\n", n)
	}
	return b.String()
}

// section writes the rows of a section: a column for each side that has a figure in it.
func (r *report) section(b *strings.Builder, title string, rows []row) {
	grid := [][]string{{title}}
	for _, row := range rows {
		grid = append(grid, []string{"  " + row.line.text})
	}
	for _, s := range r.sides {
		if !slices.ContainsFunc(rows, func(w row) bool { _, ok := w.Figures[s]; return ok }) {
			continue
		}
		grid[0] = append(grid[0], s.title())
		for i, row := range rows {
			grid[i+1] = append(grid[i+1], row.show(s))
		}
	}
	grid[0] = append(grid[0], "target")
	for i, row := range rows {
		grid[i+1] = append(grid[i+1], row.Target.show())
	}
	b.WriteByte('\n')
	align(b, grid)
}

// align writes lines of as many cells each, as wide as the widest of a column and two spaces.
func align(b *strings.Builder, grid [][]string) {
	for _, cells := range grid {
		var text strings.Builder
		for column, cell := range cells {
			width := 0
			for _, other := range grid {
				width = max(width, utf8.RuneCountInString(other[column]))
			}
			text.WriteString(cell + strings.Repeat(" ", width-utf8.RuneCountInString(cell)+2))
		}
		b.WriteString(strings.TrimRight(text.String(), " ") + "\n")
	}
}

func (v *verdict) show() string {
	switch {
	case v == nil:
		return ""
	case v.Met == nil:
		return v.Text
	case *v.Met:
		return v.Text + ": met"
	}
	return v.Text + ": MISSED"
}

// show is the figure of a side.
func (w row) show(s side) string {
	f, ok := w.Figures[s]
	if !ok {
		return "–"
	}
	text := formatValue(f.Value, w.Unit)
	if f.Samples > 0 {
		text += fmt.Sprintf(" of %d", f.Samples)
	}
	if f.Derived {
		text += " derived"
	}
	return text
}

func formatValue(v float64, unit string) string {
	switch {
	case unit == seconds:
		return strconv.FormatFloat(v, 'f', 2, 64) + " s"
	case unit == millis:
		return strconv.FormatFloat(v, 'f', 2, 64) + " ms"
	case unit == perSecond && v < 100:
		return strconv.FormatFloat(v, 'f', 1, 64) + "/s"
	case unit == perSecond:
		return strconv.FormatFloat(v, 'f', 0, 64) + "/s"
	case unit == micros:
		return strconv.FormatFloat(v, 'f', 1, 64) + " µs"
	case unit == percent:
		return strconv.FormatFloat(v, 'f', 1, 64) + " %"
	case unit == octets:
		return strconv.FormatFloat(v, 'f', 0, 64) + " B"
	case unit == mebibytes:
		return strconv.FormatFloat(v, 'f', 0, 64) + " MiB"
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
