package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func of(name string, length int, blocks ...int) input {
	return input{name, bytes.Repeat([]byte("x"), length), blocks}
}

// TestPick chooses few inputs that reach what all of them do.
func TestPick(t *testing.T) {
	for name, c := range map[string]struct {
		base   []int
		inputs []input
		room   int
		want   string
	}{
		"nothing":                 {nil, nil, 10, ""},
		"what the target adds":    {[]int{1, 2}, []input{of("a", 1, 1), of("b", 1, 1, 2)}, 10, ""},
		"the first that reach it": {nil, []input{of("a", 1, 1), of("b", 2, 1), of("c", 3, 2)}, 10, "ac"},
		"needless in the end":     {nil, []input{of("a", 1, 1), of("b", 2, 2), of("c", 3, 1, 2, 3)}, 10, "c"},
		"two, each of the others": {nil, []input{of("a", 1, 1, 2), of("b", 2, 2, 3), of("c", 3, 3, 1)}, 10, "ab"},
		"no room":                 {nil, []input{of("a", 4, 1), of("b", 7, 2), of("c", 6, 3)}, 10, "ac"},
	} {
		var got string
		for _, i := range pick(c.base, c.inputs, c.room) {
			got += i.name
		}
		if got != c.want {
			t.Errorf("%s: chose %q, want %q", name, got, c.want)
		}
	}
}

// TestBlocksOfAProfile tells blocks apart, and how often they were run, about.
func TestBlocksOfAProfile(t *testing.T) {
	g := gauge{known: map[string]int{}}
	for profile, want := range map[string][]string{
		"a.go:1.2,3.4 5 1\na.go:5.6,7.8 1 0\nb.go:1.2,3.4 5 1\n": {"a.go:1.2,3.4 5 1", "b.go:1.2,3.4 5 1"},
		"a.go:5.6,7.8 1 1\nb.go:1.2,3.4 5 1\n":                   {"a.go:5.6,7.8 1 1", "b.go:1.2,3.4 5 1"},
		"a.go:1.2,3.4 5 2\n":                                     {"a.go:1.2,3.4 5 2"},
		"a.go:1.2,3.4 5 3\n":                                     {"a.go:1.2,3.4 5 2"},
		"a.go:1.2,3.4 5 200\n":                                   {"a.go:1.2,3.4 5 8"},
		"a.go:1.2,3.4 5 70000000000\n":                           {"a.go:1.2,3.4 5 8"},
	} {
		reached, err := g.blocks("mode: count\n" + profile)
		var got []string
		for block, n := range g.known {
			if slices.Contains(reached, n) {
				got = append(got, block)
			}
		}
		if slices.Sort(got); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q, %v", profile, got, want, err)
		}
	}
	for _, profile := range []string{"nonsense\n", "a.go:1.2,3.4 5 -1\n"} {
		if _, err := g.blocks("mode: count\n" + profile); err == nil {
			t.Errorf("%q is a profile", profile)
		}
	}
}

// TestInputsReachWhatTheirTargetHas runs a real target, with the inputs that are in the repository and with one of its own.
func TestInputsReachWhatTheirTargetHas(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a package")
	}
	t.Chdir("../..")
	g, err := newGauge(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	to, err := g.aim(t.Context(), "./scripts/tail", "FuzzPosition")
	if err != nil || !strings.HasSuffix(to.path, "/scripts/tail") {
		t.Fatalf("%+v, %v", to, err)
	}
	there, err := readInputs(to.kept())
	if err != nil {
		t.Fatal(err)
	}
	base, err := g.reached(t.Context(), there...)
	if err != nil || len(base) == 0 {
		t.Fatalf("the target reaches %d blocks, %v", len(base), err)
	}
	one, err := g.reached(t.Context(), input{name: "mine", text: []byte("go test fuzz v1\n[]byte(\"nonsense\")\n")})
	if err != nil || len(one) == 0 || len(one) >= len(base) {
		t.Errorf("one input reaches %d blocks of %d, %v", len(one), len(base), err)
	}
	if _, err := g.reached(t.Context(), input{name: "other", text: []byte("go test fuzz v1\nint(1)\n")}); err == nil {
		t.Error("an input of another type is taken")
	}
}

// TestInputsAreWritten and read again, the smallest first.
func TestInputsAreWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "fuzz", "FuzzX")
	if got, err := readInputs(dir); len(got) > 0 || err != nil {
		t.Errorf("of no folder: %v, %v", got, err)
	}
	if err := write(dir, nil); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("a folder without inputs is there: %v", err)
	}
	if err := write(dir, []input{of("a", 3), of("b", 1)}); err != nil {
		t.Error(err)
	}
	got, err := readInputs(dir)
	if err != nil || len(got) != 2 || got[0].name != "b" || size(got) != 4 {
		t.Errorf("%v, %v", got, err)
	}
}

// TestBinaryFindsThePackagesFiles where it looks for them, and none of the inputs that are there.
func TestBinaryFindsThePackagesFiles(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"formats/a.json", "testdata/golden", "testdata/fuzz/FuzzX/b"} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	g := gauge{dir: t.TempDir(), target: target{folder: folder}}
	if err := g.furnish(); err != nil {
		t.Fatal(err)
	}
	for name, there := range map[string]bool{"formats/a.json": true, "testdata/golden": true, "testdata/fuzz": false} {
		if _, err := os.Stat(filepath.Join(g.room(), name)); (err == nil) != there {
			t.Errorf("%s: %v", name, err)
		}
	}
}
