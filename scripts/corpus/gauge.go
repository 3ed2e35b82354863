package main

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// gauge measures which blocks of the program inputs reach. It has a folder of its own, in which the package's test binary finds one input at a time.
type gauge struct {
	dir   string
	cache string // of the fuzzer

	target target
	binary string
	known  map[string]int // blocks of the target by where they are and how often they were run
}

// target is a fuzz target.
type target struct {
	folder string // of its package, from the root: ./processor/table
	path   string // of its package
	name   string
}

// kept is where the inputs are that are in the repository.
func (t target) kept() string { return filepath.Join(t.folder, "testdata", "fuzz", t.name) }

func newGauge(ctx context.Context) (*gauge, error) {
	cache, err := output(ctx, "go", "env", "GOCACHE")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "corpus")
	if err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	return &gauge{dir: dir, cache: filepath.Join(strings.TrimSpace(cache), "fuzz")}, nil
}

// room is where the binary runs.
func (g *gauge) room() string { return filepath.Join(g.dir, "room") }

func (g *gauge) close() { _ = os.RemoveAll(g.dir) }

// aim builds what measures a target, unless the target before was of the same package.
func (g *gauge) aim(ctx context.Context, folder, name string) (target, error) {
	g.known = map[string]int{}
	if g.target.folder == folder {
		g.target.name = name
		return g.target, nil
	}
	out, err := output(ctx, "go", "list", "-deps", folder)
	if err != nil {
		return target{}, err
	}
	deps := strings.Fields(out)
	path := deps[len(deps)-1]
	module, _, _ := strings.Cut(path, strings.TrimPrefix(folder, "."))
	deps = ours(deps, module)
	g.binary = filepath.Join(g.dir, "test")
	if _, err := output(ctx, "go", "test", "-c", "-cover", "-covermode=count", "-coverpkg="+strings.Join(deps, ","), "-o", g.binary, folder); err != nil {
		return target{}, err
	}
	g.target = target{folder, path, name}
	return g.target, g.furnish()
}

// ours leaves the packages of the module.
func ours(packages []string, module string) (of []string) {
	for _, p := range packages {
		if strings.HasPrefix(p, module+"/") {
			of = append(of, p)
		}
	}
	return of
}

// furnish makes the files of the package, but for its inputs, be there for the binary.
func (g *gauge) furnish() error {
	testdata := filepath.Join(g.room(), "testdata")
	if err := errors.Join(os.RemoveAll(g.room()), os.MkdirAll(testdata, 0o700)); err != nil {
		return err
	}
	from, err := filepath.Abs(g.target.folder)
	if err != nil {
		return err
	}
	return errors.Join(link(from, g.room(), "testdata"), link(filepath.Join(from, "testdata"), testdata, "fuzz"))
}

// link makes what is in a folder, if that is there, but for one name be in another, too.
func link(from, to, but string) error {
	entries, err := os.ReadDir(from)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if e.Name() != but {
			err = errors.Join(err, os.Symlink(filepath.Join(from, e.Name()), filepath.Join(to, e.Name())))
		}
	}
	return err
}

// reached returns the blocks that a run comes to: of one input alone, or of several and of what the target adds by itself.
func (g *gauge) reached(ctx context.Context, inputs ...input) ([]int, error) {
	dir := filepath.Join(g.room(), "testdata", "fuzz", g.target.name)
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700)); err != nil {
		return nil, err
	}
	which := "^" + g.target.name + "$"
	for _, i := range inputs {
		if err := os.WriteFile(filepath.Join(dir, i.name), i.text, 0o600); err != nil {
			return nil, err
		}
	}
	if len(inputs) == 1 {
		which += "/^" + inputs[0].name + "$"
	}
	profile := filepath.Join(g.dir, "profile")
	cmd := exec.CommandContext(ctx, g.binary, "-test.run", which, "-test.coverprofile", profile, "-test.timeout", patient.String())
	cmd.Dir = g.room()
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, text)
	}
	text, err := os.ReadFile(profile)
	if err != nil {
		return nil, err
	}
	return g.blocks(string(text))
}

// blocks reads a profile: after a first line, where a block is, how many statements it has, and how often it was run. A block that is run twice, four times and
// so on counts as another one each time, as it does for the fuzzer, which knows of no more than 255.
func (g *gauge) blocks(profile string) (reached []int, err error) {
	for line := range strings.Lines(profile) {
		if strings.HasPrefix(line, "mode:") {
			continue
		}
		at := strings.LastIndexByte(line, ' ')
		times, err := strconv.ParseUint(strings.TrimSpace(line[at+1:]), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("profile has %q", line)
		}
		if times == 0 {
			continue
		}
		block := fmt.Sprint(line[:at+1], bits.Len64(min(times, 255)))
		n, ok := g.known[block]
		if !ok {
			n = len(g.known)
			g.known[block] = n
		}
		reached = append(reached, n)
	}
	return reached, nil
}

// output runs a command and returns what it prints.
func output(ctx context.Context, name string, args ...string) (string, error) {
	var errs strings.Builder
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, args[0], err, errs.String())
	}
	return string(out), nil
}
