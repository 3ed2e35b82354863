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
	defer os.RemoveAll(dir)
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
		if m.masked == "" {
			counted++
		}
		if m.masked == "" && v.found {
			found++
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
	case m.masked != "":
		return "masked"
	}
	return "SURVIVED"
}

func (v verdict) text(m mutant) string {
	switch {
	case v.found:
		return v.how
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

// try builds the simulator with the mutant in it, and runs it.
func try(ctx context.Context, root, dir string, m mutant, seeds int) (verdict, error) {
	binary := filepath.Join(dir, "simulate")
	if err := build(ctx, root, dir, binary, m); err != nil {
		return verdict{}, err
	}
	out, err := exec.CommandContext(ctx, binary, "-seeds", strconv.Itoa(seeds), "-stop", "1").CombinedOutput()
	if ctx.Err() != nil {
		return verdict{}, ctx.Err()
	}
	return judge(string(out), err), nil
}

func build(ctx context.Context, root, dir, binary string, m mutant) error {
	path := filepath.Join(root, m.file)
	source, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read source: %w", err)
	}
	if n := strings.Count(string(source), m.old); n != 1 {
		return fmt.Errorf("its text stands in %s %d times, not once: the code has moved on", m.file, n)
	}
	mutated := filepath.Join(dir, "mutated.go")
	if err := os.WriteFile(mutated, []byte(strings.Replace(string(source), m.old, m.new, 1)), 0o600); err != nil {
		return fmt.Errorf("write mutant: %w", err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{path: mutated}})
	if err != nil {
		return fmt.Errorf("write overlay: %w", err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		return fmt.Errorf("write overlay: %w", err)
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-gcflags=-e", "-overlay", file, "-o", binary, "./scripts/simulate")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w: %s", err, out)
	}
	return nil
}

var (
	schedules = regexp.MustCompile(`(?m)^(\d+) schedules, (\d+) violations`)
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
	} else if v.found {
		v.how, _, _ = strings.Cut(out, "\n")
	}
	return v
}
