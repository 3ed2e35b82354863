package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFormatOptions gives each mistake one sentence, and the exit code of a usage error.
func TestFormatOptions(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	good := write("good.json", `{"format":"till","when":{"all":["receipt"]},"fields":{"session_id":"receipt"},"item":{"product_code":"ean"}}`)
	bad, empty := write("bad.json", "{\n\"format\":7}"), write("empty.json", "")
	for _, tt := range []struct {
		o    formatOptions
		want string // the formats, or what the error says
		file string // for an event file
	}{
		{formatOptions{name: "auto"}, "streamrec, segment, ga4", "auto"},
		{formatOptions{name: "streamrec"}, "streamrec", "json"},
		{formatOptions{name: "segment"}, "streamrec, segment", "json"},
		{formatOptions{name: "custom", file: good}, "streamrec, till", "json"},
		{formatOptions{name: "auto", file: good}, "streamrec, till, segment, ga4", "auto"},
		{formatOptions{name: "custom"}, "needs --mapping FILE", ""},
		{formatOptions{name: "custom", file: bad}, "line 2", ""},
		{formatOptions{name: "custom", file: empty}, "is empty", ""},
		{formatOptions{name: "custom", file: dir}, "--mapping", ""},
		{formatOptions{name: "custom", file: filepath.Join(dir, "none")}, "no such file", ""},
		{formatOptions{name: "segment", file: good}, "goes with format custom or auto", ""},
		{formatOptions{name: "xml"}, "not one of auto, streamrec, segment, ga4, custom", ""},
	} {
		set, err := tt.o.set()
		if tt.file == "" {
			if err == nil || !strings.Contains(err.Error(), tt.want) || exitCode(err) != exitUsage || strings.Contains(err.Error(), "\n") {
				t.Errorf("%+v: %v, want %q", tt.o, err, tt.want)
			}
			continue
		}
		file, again, fileErr := tt.o.ofFile()
		if err != nil || fileErr != nil || set.String() != tt.want || again.String() != tt.want || file != tt.file {
			t.Errorf("%+v: %v, %v, file %s, %v, %v", tt.o, set, err, file, again, fileErr)
		}
	}
	for _, name := range []string{"json", "csv"} {
		if file, set, err := (formatOptions{name: name}).ofFile(); err != nil || file != name || set.String() != "streamrec, segment, ga4" {
			t.Errorf("%s: %s, %v, %v", name, file, set, err)
		}
		if _, err := (&formatOptions{name: name}).set(); err == nil {
			t.Errorf("%s is a format of records", name)
		}
	}
}

func TestRulesOption(t *testing.T) {
	if r, err := readRules(""); r != nil || err != nil {
		t.Errorf("no file: %v, %v", r, err)
	}
	path := filepath.Join(t.TempDir(), "rules.json")
	if _, err := readRules(path); err == nil || exitCode(err) != exitUsage {
		t.Errorf("a missing file: %v", err)
	}
	must(t, os.WriteFile(path, []byte(`{"session":["ip"]}`), 0o600))
	if _, err := readRules(path); err == nil || exitCode(err) != exitUsage || !strings.Contains(err.Error(), "none of cookie") {
		t.Errorf("a mistake: %v", err)
	}
	must(t, os.WriteFile(path, []byte(`{"session":["client"],"activity":[{"path":"/p/{product_code}","event":"view"}]}`), 0o600))
	if r, err := readRules(path); err != nil || r == nil {
		t.Errorf("good rules: %v", err)
	}
}
