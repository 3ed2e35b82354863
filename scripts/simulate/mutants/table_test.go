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
	v := judge("VIOLATION at 3s: a record is lost\n  go run …\n17 schedules, 1 violations; …\n", os.ErrInvalid)
	if !v.found || v.schedules != 17 || v.how != "at 3s: a record is lost" {
		t.Errorf("%+v", v)
	}
	if v := judge("500 schedules, 0 violations; …\n", nil); v.found || v.schedules != 500 {
		t.Errorf("%+v", v)
	}
	if v := judge("panic: nil map\n", os.ErrInvalid); !v.found || v.how != "panic: nil map" {
		t.Errorf("%+v", v)
	}
}
