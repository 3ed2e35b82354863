package main

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMutantsFitTheCode holds that each mutant's text stands in its file exactly once and leaves something that can be parsed.
func TestMutantsFitTheCode(t *testing.T) {
	names := map[string]bool{}
	for _, m := range mutants {
		if names[m.name] {
			t.Errorf("%s is there twice", m.name)
		}
		names[m.name] = true
		source, err := os.ReadFile(filepath.Join("..", "..", "..", m.file))
		if err != nil {
			t.Errorf("%s: %v", m.name, err)
			continue
		}
		if n := strings.Count(string(source), m.old); n != 1 {
			t.Errorf("%s: its text stands in %s %d times", m.name, m.file, n)
		}
		mutated := strings.Replace(string(source), m.old, m.new, 1)
		if _, err := parser.ParseFile(token.NewFileSet(), m.file, mutated, parser.SkipObjectResolution); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
	}
	if len(mutants) < 30 {
		t.Errorf("%d mutants", len(mutants))
	}
}

func TestJudgeReadsTheSimulator(t *testing.T) {
	v := judge("VIOLATION at 3s: a record is lost\n  go run ./scripts/simulate --seed 16 --trace\n17 schedules, 1 violations; …\n", os.ErrInvalid)
	if !v.found || v.schedules != 17 || v.how != "seed 16 at 3s: a record is lost" {
		t.Errorf("%+v", v)
	}
	if v := judge("500 schedules, 0 violations; …\n", nil); v.found || v.schedules != 500 {
		t.Errorf("%+v", v)
	}
	if v := judge("panic: nil map\n", os.ErrInvalid); !v.found || v.how != "panic: nil map" {
		t.Errorf("%+v", v)
	}
}

func TestJudgeReadsTests(t *testing.T) {
	for name, c := range map[string]struct {
		out   string
		err   error
		found bool
		how   string
		fails bool
	}{
		"failed":       {"--- FAIL: TestX (0.0s)\n    x_test.go:7: got 1\nFAIL\n", os.ErrInvalid, true, "x_test.go:7: got 1", false},
		"crashed":      {"panic: nil map\nFAIL\n", os.ErrInvalid, true, "the test fails", false},
		"passed":       {"ok  \tx\t0.1s\n", nil, false, "", false},
		"not compiled": {"FAIL\tx [build failed]\n", os.ErrInvalid, false, "", true},
		"no such test": {"ok  \tx\t0.1s [no tests to run]\n", nil, false, "", true},
	} {
		v, err := judgeTest(c.out, c.err)
		if v.found != c.found || v.how != c.how || (err != nil) != c.fails {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
}
