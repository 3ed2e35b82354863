package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sirupsen/logrus"
	"github.com/sirupsen/logrus/hooks/test"
)

// rewrite replaces what is in a file, in place, as most tools do.
func rewrite(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestEmptiedCatalogueIsNotTaken empties the file under a worker, as a redirection does, and then writes it anew in two steps.
func TestEmptiedCatalogueIsNotTaken(t *testing.T) {
	log, hook := test.NewNullLogger()
	path := writeFile(t, "c.csv", "item\na\nb\n")
	f, err := openCatalogue(path, log)
	if err != nil {
		t.Fatal(err)
	}
	rewrite(t, path, "")
	f.look()
	f.look()
	if e := hook.LastEntry(); !f.Sells("a") || e.Level != logrus.WarnLevel || !strings.Contains(e.Message, "the old one stays") {
		t.Errorf("after the file was emptied: %v", e)
	}
	if got := f.state(); got.InStock != 2 || !got.Refused {
		t.Errorf("after the file was emptied: %+v", got)
	}
	told := len(hook.AllEntries())
	f.look()
	if n := len(hook.AllEntries()); n != told {
		t.Error("the same file is told of again")
	}
	rewrite(t, path, "item\na\n")
	f.look()
	rewrite(t, path, "item\na\nb\nc\n")
	f.look()
	if f.Sells("c") {
		t.Error("a file is read that was different a look ago")
	}
	f.look()
	if e := hook.LastEntry(); !f.Sells("c") || e.Level != logrus.InfoLevel || e.Data["products"] != 3 {
		t.Errorf("after it was written: %v", e)
	}
	if got := f.state(); got.InStock != 3 || got.Refused {
		t.Errorf("after it was written: %+v", got)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	f.look()
	f.look()
	if e := hook.LastEntry(); !f.Sells("c") || e.Level != logrus.WarnLevel {
		t.Errorf("after it was removed: %v", e)
	}
}

// TestShrunkCatalogueIsTakenWithAWarning has a file of which less than half is left in stock.
func TestShrunkCatalogueIsTakenWithAWarning(t *testing.T) {
	log, hook := test.NewNullLogger()
	path := writeFile(t, "c.csv", "item,in_stock\na,1\nb,1\nc,1\n")
	f, err := openCatalogue(path, log)
	if err != nil {
		t.Fatal(err)
	}
	rewrite(t, path, "item,in_stock\na,1\nb,0\nc,0\n")
	f.look()
	f.look()
	e := hook.LastEntry()
	if !f.Sells("a") || f.Sells("b") || e.Level != logrus.WarnLevel || e.Data["in_stock"] != 1 || e.Data["in_stock_before"] != 3 {
		t.Errorf("after it has shrunk: %v", e)
	}
}

// TestEmptyCatalogueAtTheStartIsAMistake has files from which nothing could be recommended.
func TestEmptyCatalogueAtTheStartIsAMistake(t *testing.T) {
	for _, text := range []string{"", "item\n", "item,in_stock\na,0\n", "name\nx\n"} {
		log, _ := test.NewNullLogger()
		_, err := followCatalogue(t.Context(), writeFile(t, "c.csv", text), log)
		if exitCode(err) != exitUsage || !strings.HasPrefix(err.Error(), "--catalogue ") {
			t.Errorf("%q: %v", text, err)
		}
	}
	log, _ := test.NewNullLogger()
	if _, err := followCatalogue(t.Context(), filepath.Join(t.TempDir(), "none"), log); exitCode(err) != exitUsage {
		t.Errorf("no file: %v", err)
	}
}
