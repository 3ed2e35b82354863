package main

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestReport(t *testing.T) {
	s := section{name: "x", title: "Something", lines: []line{
		{id: "a", text: "fast enough", unit: seconds, target: atMost(6)},
		{id: "b", text: "too slow", unit: seconds, target: lessThan(1)},
		{id: "c", text: "of one side", unit: perSecond},
		{id: "d", text: "of nobody", unit: perSecond},
		{id: "lost", text: "records lost", target: atMost(0)},
	}}
	mine, theirs := newFigures(), newFigures()
	mine.values = map[string]figure{"a": {Value: 6, Samples: 3}, "b": {Value: 1}, "lost": {Value: 2, Samples: 9}}
	theirs.values = map[string]figure{"a": {Value: 7}, "c": {Value: 667, Derived: true}}
	theirs.note("a remark")
	r := report{}
	r.fill([]section{s}, []side{ours, stockTuned}, []*task{{s, ours, mine}, {s, stockTuned, theirs}})
	text := r.table()
	for _, want := range []string{"6.00 s of 3", "7.00 s", "≤ 6 s: met", "< 1 s: MISSED", "667/s derived", "0: MISSED", "a remark"} {
		if !strings.Contains(text, want) {
			t.Errorf("the table does not say %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "of nobody") {
		t.Errorf("the table has a line that nobody measured:\n%s", text)
	}
	if r.verdict() == nil {
		t.Error("records were lost, and the run succeeds")
	}
}

// TestColumnsAreAsWideAsWhatIsInThem has a line longer than any other, and a side that has measured nothing of the section.
func TestColumnsAreAsWideAsWhatIsInThem(t *testing.T) {
	s := section{name: "x", title: "Something", lines: []line{
		{id: "a", text: "events per second of CPU, where all is counted that a process does from its start to its end", unit: perSecond, target: atLeast(5)},
		{id: "b", text: "µs", unit: micros},
	}}
	mine, bound := newFigures(), newFigures()
	mine.values = map[string]figure{"a": {Value: 6}, "b": {Value: 10}}
	bound.values = map[string]figure{"a": {Value: 296296}}
	r := report{}
	r.fill([]section{s}, []side{ours, stockTuned, limit}, []*task{{s, ours, mine}, {s, stockTuned, newFigures()}, {s, limit, bound}})
	lines := strings.Split(r.table(), "\n")[2:5]
	if strings.Contains(lines[0], "stock") {
		t.Errorf("a side without figures has a column:\n%s", lines[0])
	}
	for _, cells := range [][]string{{"streamrec", "6.0/s", "10.0 µs"}, {"limit", "296296/s", "–"}} {
		for i, cell := range cells {
			if at, head := column(lines[i], cell), column(lines[0], cells[0]); at != head {
				t.Errorf("%q begins in column %d, its head in column %d", cell, at, head)
			}
		}
	}
}

// column is where a text begins in a line, in characters.
func column(line, text string) int {
	return utf8.RuneCountInString(line[:strings.LastIndex(line, text)])
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		options options
		wrong   string
	}{
		{options{format: "table"}, ""},
		{options{format: "json", sections: []string{"failover", "crowd"}}, ""},
		{options{format: "xml"}, "table or json"},
		{options{format: "table", sections: []string{"speed"}}, `unknown section "speed"`},
		{options{format: "table", parallel: -1}, "--parallel"},
	} {
		err := c.options.validate()
		if (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%+v: %v, want %q", c.options, err, c.wrong)
		}
	}
}
