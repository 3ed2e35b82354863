package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// bug is a row of bugs.md.
type bug struct {
	what    string
	tests   []string
	mutants []string
}

var quoted = regexp.MustCompile("`([^`]+)`")

func names(cell string) (names []string) {
	for _, n := range quoted.FindAllStringSubmatch(cell, -1) {
		names = append(names, n[1])
	}
	return names
}

func readBugs(t *testing.T) (bugs []bug) {
	t.Helper()
	text, err := os.ReadFile("../bugs.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) == 1 || strings.HasPrefix(line, "| what") || strings.HasPrefix(line, "|--") {
			continue
		}
		if len(cells) != 5 {
			t.Fatalf("%d columns in %s", len(cells)-2, line)
		}
		bugs = append(bugs, bug{strings.TrimSpace(cells[1]), names(cells[2]), names(cells[3])})
	}
	return bugs
}

// testsIn returns the names of the tests and fuzz targets of a folder.
func testsIn(t *testing.T, folder string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	files, err := filepath.Glob(filepath.Join("..", "..", "..", folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && (strings.HasPrefix(f.Name.Name, "Test") || strings.HasPrefix(f.Name.Name, "Fuzz")) {
				found[f.Name.Name] = true
			}
		}
	}
	return found
}

// exists looks a test up that is named by folder and name.
func exists(t *testing.T, known map[string]map[string]bool, test string) bool {
	t.Helper()
	folder, name, _ := strings.Cut(test, ".")
	if known[folder] == nil {
		known[folder] = testsIn(t, folder)
	}
	return known[folder][name]
}

// TestBugsAreHeld holds that what bugs.md names exists, that nothing there is held by nothing, and that every bug which can be put back is there.
func TestBugsAreHeld(t *testing.T) {
	known := map[string]map[string]bool{}
	plants := map[string]bool{}
	for _, m := range mutants {
		plants[m.name] = true
		if m.test != "" && !exists(t, known, m.test) {
			t.Errorf("%s: there is no test %s", m.name, m.test)
		}
	}
	bugs, told := readBugs(t), map[string]bool{}
	for _, b := range bugs {
		if b.what == "" || len(b.tests)+len(b.mutants) == 0 {
			t.Errorf("%q is held by nothing", b.what)
		}
		for _, test := range b.tests {
			if !exists(t, known, test) {
				t.Errorf("%q: there is no test %s", b.what, test)
			}
		}
		for _, m := range b.mutants {
			told[m] = true
			if !plants[m] {
				t.Errorf("%q: there is no mutant %s", b.what, m)
			}
		}
	}
	for _, m := range fixed {
		if !told[m.name] {
			t.Errorf("bugs.md does not tell of %s", m.name)
		}
	}
	if len(bugs) < 40 {
		t.Errorf("%d bugs were read", len(bugs))
	}
}
