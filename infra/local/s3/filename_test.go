package s3

import (
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFileName(t *testing.T) {
	cases := map[string]string{
		"gen=0/dt=2026-11-23/hour=07/shardId-000000000000-1.parquet": "gen=0/dt=2026-11-23/hour=07/shardId-000000000000-1.parquet",
		"Luleå/日本": "Luleå/日本",
		"a/":       "a/%",
		"/a":       "%/a",
		"a//b":     "a/%/b",
		"..":       "%2E%2E",
		"a/../b":   "a/%2E%2E/b",
		".":        "%2E",
		"...":      "...",
		"a%b":      "a%25b",
		`a\b:c`:    "a%5Cb%3Ac",
		"a\x00\n":  "a%00%0A",
	}
	for key, want := range cases {
		if got, ok := fileName(key); !ok || filepath.ToSlash(got) != want {
			t.Errorf("%q: got %q, %v, want %q", key, got, ok, want)
		}
	}
	for _, key := range []string{strings.Repeat("x", 201), strings.Repeat("abc/", 250), strings.Repeat("%", 100)} {
		if got, ok := fileName(key); ok {
			t.Errorf("%d bytes: got %q", len(key), got)
		}
	}
}

// FuzzFileName checks that a name stays in its folder, leads back to its key, and never looks like one of the vault's own.
func FuzzFileName(f *testing.F) {
	for _, key := range []string{"a", "/", "..", "../..", "a/./b", "%unnamed/x", ".streamrec", "%", "a//", "\x7f%00", "é/日"} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if key == "" || !utf8.ValidString(key) {
			t.Skip()
		}
		name, ok := fileName(key)
		if !ok {
			return
		}
		if !filepath.IsLocal(name) || name == "." || strings.HasPrefix(name, unnamed) {
			t.Fatalf("%q becomes %q", key, name)
		}
		segments := strings.Split(filepath.ToSlash(name), "/")
		for i, segment := range segments {
			if segment == "%" {
				segments[i] = ""
				continue
			}
			back, err := url.PathUnescape(segment)
			if err != nil {
				t.Fatalf("%q becomes %q: %v", key, name, err)
			}
			segments[i] = back
		}
		if back := strings.Join(segments, "/"); back != key {
			t.Fatalf("%q becomes %q, which is %q", key, name, back)
		}
	})
}
