package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

func main() {
	seeds := flag.Int("seeds", 500, "schedules to run for each mutant, until the first that finds it")
	list := flag.Bool("list", false, "list the mutants")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	chosen := choose(flag.Args())
	if len(chosen) == 0 {
		fmt.Fprintf(os.Stderr, "mutants: no name has any of these words in it: %s; -list names them\n", strings.Join(flag.Args(), " "))
		os.Exit(2)
	}
	if *list {
		for _, m := range chosen {
			fmt.Printf("%-42s %s\n", m.name, m.why)
		}
		return
	}
	if err := run(ctx, chosen, *seeds); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// choose returns the mutants whose names contain one of the words, all of them when there are none.
func choose(words []string) (chosen []mutant) {
	for _, m := range mutants {
		wanted := len(words) == 0
		for _, w := range words {
			wanted = wanted || strings.Contains(m.name, w)
		}
		if wanted {
			chosen = append(chosen, m)
		}
	}
	return chosen
}

// verdict is what became of one mutant.
type verdict struct {
	found     bool
	schedules int    // until it was found, or all
	how       string // the violation
}

func run(ctx context.Context, chosen []mutant, seeds int) error {
	root, err := moduleRoot(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	counted, found, stale := 0, 0, 0
	for _, m := range chosen {
		began := time.Now()
		v, err := try(ctx, root, dir, m, seeds)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			stale++
			fmt.Printf("%-9s %s: %v\n", "BROKEN", m.name, err)
			continue
		}
		if m.masked == "" || m.test != "" {
			counted++
			if v.found {
				found++
			}
		}
		fmt.Printf("%-9s %-42s %4d schedules %5.1fs  %s\n", v.word(m), m.name, v.schedules, time.Since(began).Seconds(), v.text(m))
	}
	fmt.Printf("%d of %d mutants found (%d more need not be)\n", found, counted, len(chosen)-counted)
	if stale > 0 {
		return fmt.Errorf("%d mutants cannot be tried", stale)
	}
	if found*100 < counted*95 {
		return errors.New("less than 95 % are found")
	}
	return nil
}

func (v verdict) word(m mutant) string {
	switch {
	case v.found:
		return "found"
	case m.masked != "" && m.test == "":
		return "masked"
	}
	return "SURVIVED"
}

func (v verdict) text(m mutant) string {
	switch {
	case v.found:
		return v.how
	case m.test != "":
		return m.test + " passes; " + m.why
	case m.masked != "":
		return m.masked
	}
	return m.why
}

func moduleRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find module: %w", err)
	}
	return filepath.Dir(strings.TrimSpace(string(out))), nil
}

// try plants the mutant, and runs what has to find it: the simulator, or a test.
func try(ctx context.Context, root, dir string, m mutant, seeds int) (verdict, error) {
	overlay, err := plant(root, dir, m)
	if err != nil {
		return verdict{}, err
	}
	if m.test != "" {
		return tryTest(ctx, root, overlay, m.test)
	}
	binary := filepath.Join(dir, "simulate")
	build := exec.CommandContext(ctx, "go", "build", "-gcflags=-e", "-overlay", overlay, "-o", binary, "./scripts/simulate")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return verdict{}, fmt.Errorf("build: %w: %s", err, out)
	}
	out, err := exec.CommandContext(ctx, binary, "-seeds", strconv.Itoa(seeds), "-stop", "1").CombinedOutput()
	if ctx.Err() != nil {
		return verdict{}, ctx.Err()
	}
	return judge(string(out), err), nil
}

// plant returns the overlay that puts the mutant into its file.
func plant(root, dir string, m mutant) (overlay string, err error) {
	path := filepath.Join(root, m.file)
	source, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read source: %w", err)
	}
	if n := strings.Count(string(source), m.old); n != 1 {
		return "", fmt.Errorf("its text stands in %s %d times, not once: the code has moved on", m.file, n)
	}
	mutated := filepath.Join(dir, "mutated.go")
	if err := os.WriteFile(mutated, []byte(strings.Replace(string(source), m.old, m.new, 1)), 0o600); err != nil {
		return "", fmt.Errorf("write mutant: %w", err)
	}
	text, err := json.Marshal(map[string]any{"Replace": map[string]string{path: mutated}})
	if err != nil {
		return "", fmt.Errorf("write overlay: %w", err)
	}
	overlay = filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, text, 0o600); err != nil {
		return "", fmt.Errorf("write overlay: %w", err)
	}
	return overlay, nil
}

// tryTest runs a test with a mutant planted.
func tryTest(ctx context.Context, root, overlay, test string) (verdict, error) {
	folder, name, _ := strings.Cut(test, ".")
	cmd := exec.CommandContext(ctx, "go", "test", "-count=1", "-timeout=2m", "-overlay", overlay, "-run", "^"+name+"$", "./"+folder)
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return verdict{}, ctx.Err()
	}
	return judgeTest(string(out), err)
}

// judgeTest reads what go test has printed.
func judgeTest(out string, err error) (verdict, error) {
	switch {
	case strings.Contains(out, "[build failed]") || strings.Contains(out, "[setup failed]"):
		return verdict{}, fmt.Errorf("build: %s", out)
	case strings.Contains(out, "no tests to run"):
		return verdict{}, errors.New("there is no such test")
	case err == nil:
		return verdict{}, nil
	}
	v := verdict{found: true, how: "the test fails"}
	if s := failure.FindStringSubmatch(out); s != nil {
		v.how = s[1]
	}
	return v, nil
}

var (
	schedules = regexp.MustCompile(`(?m)^(\d+) schedules, (\d+) violations`)
	failure   = regexp.MustCompile(`(?m)^ +(\w+_test\.go:\d+: .*)$`)
	seed      = regexp.MustCompile(`(?m)^  go run .*--seed (\d+)`)
	violation = regexp.MustCompile(`(?m)^VIOLATION (.*)$`)
)

// judge reads what the simulator has printed. A crash finds a bug as well.
func judge(out string, err error) verdict {
	v := verdict{found: err != nil}
	if n := schedules.FindStringSubmatch(out); n != nil {
		v.schedules, _ = strconv.Atoi(n[1])
	}
	if s := violation.FindStringSubmatch(out); s != nil {
		v.how = s[1]
		if n := seed.FindStringSubmatch(out); n != nil {
			v.how = "seed " + n[1] + " " + v.how
		}
	} else if v.found {
		v.how, _, _ = strings.Cut(out, "\n")
	}
	return v
}
