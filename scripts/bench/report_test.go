package main

import (
	"strings"
	"testing"
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
