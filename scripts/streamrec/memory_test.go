package main

import (
	"math"
	"os"
	"path/filepath"
	"testing"
)

func TestMemoryLimitOfAContainer(t *testing.T) {
	for text, want := range map[string]int64{
		"2147483648\n":           2 << 30,
		"max\n":                  math.MaxInt64,
		"9223372036854771712\n":  9223372036854771712, // cgroup v1 without a limit
		"":                       math.MaxInt64,
		"99999999999999999999\n": math.MaxInt64,
	} {
		file := filepath.Join(t.TempDir(), "memory.max")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := readLimit(file); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
	if got := readLimit(filepath.Join(t.TempDir(), "none")); got != math.MaxInt64 {
		t.Errorf("no file: %d", got)
	}
	if 9223372036854771712 < unlimited {
		t.Error("cgroup v1 without a limit looks like one")
	}
}

func TestDefaultBudget(t *testing.T) {
	for limit, want := range map[int64]int64{0: 1 << 30, 2 << 30: 512 << 20, 128 << 20: 64 << 20} {
		if got := defaultBudget(limit); got != want {
			t.Errorf("of %d bytes: %d, want %d", limit, got, want)
		}
	}
}
