package chart

import (
	"os"
	"path/filepath"
	"testing"
)

func TestCheck(t *testing.T) {
	folder := t.TempDir()
	kept := filepath.Join(folder, "kept.svg")
	if err := os.WriteFile(kept, []byte("drawn"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(folder, "folder.png"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, good := range map[string]bool{
		"new.png": true, "new.SVG": true, "kept.svg": true, "new.jpg": false, "new": false, "folder.png": false, "none/new.png": false,
	} {
		if err := Check(filepath.Join(folder, name)); (err == nil) != good {
			t.Errorf("%s: %v", name, err)
		}
	}
	if text, err := os.ReadFile(kept); err != nil || string(text) != "drawn" {
		t.Errorf("the file that was there is %q, %v", text, err)
	}
	if all, err := os.ReadDir(folder); err != nil || len(all) != 2 {
		t.Errorf("left behind are %v, %v", all, err)
	}
}
