package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// input is a file as the fuzzer writes it, and which blocks it reaches, by numbers.
type input struct {
	name   string
	text   []byte
	blocks []int
}

// keep chooses inputs of a target, and writes them. It says what it has done.
func keep(ctx context.Context, g *gauge, folder, name string) (string, error) {
	t, err := g.aim(ctx, folder, name)
	if err != nil {
		return "", err
	}
	there, err := readInputs(t.kept())
	if err != nil {
		return "", err
	}
	cached, err := readInputs(filepath.Join(g.cache, t.path, t.name))
	if err != nil {
		return "", err
	}
	base, err := g.reached(ctx, there...)
	if err != nil {
		return "", fmt.Errorf("run what is there: %w", err)
	}
	measured, err := measure(ctx, g, cached)
	if err != nil {
		return "", err
	}
	chosen := pick(base, measured, most-size(there))
	if err := write(t.kept(), chosen); err != nil {
		return "", err
	}
	return fmt.Sprintf("%3d + %3d inputs, %5d bytes; %d of %d in the cache were tried, %d blocks", len(there), len(chosen), size(there)+size(chosen),
		len(measured), len(cached), len(g.known)), nil
}

// readInputs returns the files of a folder, if it is there, the smallest first.
func readInputs(dir string) (inputs []input, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		inputs = append(inputs, input{name: e.Name(), text: text})
	}
	slices.SortStableFunc(inputs, func(a, b input) int { return cmp.Compare(len(a.text), len(b.text)) })
	return inputs, nil
}

func size(inputs []input) (bytes int) {
	for _, i := range inputs {
		bytes += len(i.text)
	}
	return bytes
}

// measure tries inputs for a while, and leaves those out that are large. One that fails is a finding: what is committed must pass.
func measure(ctx context.Context, g *gauge, inputs []input) (measured []input, err error) {
	for began := time.Now(); len(inputs) > 0 && len(inputs[0].text) <= largest && time.Since(began) < patient; inputs = inputs[1:] {
		i := inputs[0]
		if i.blocks, err = g.reached(ctx, i); err != nil {
			return nil, fmt.Errorf("input %s: %w", i.name, err)
		}
		measured = append(measured, i)
	}
	return measured, nil
}

// pick returns inputs that reach together what all reach, and base does not, as far as there is room for them. It prefers the first ones, and leaves those
// out that later ones make needless.
func pick(base []int, inputs []input, room int) (chosen []input) {
	times := map[int]int{}
	for _, b := range base {
		times[b] = 1
	}
	reachedBut := func(n int) func(int) bool { return func(b int) bool { return times[b] <= n } }
	for _, i := range inputs {
		if len(i.text) > room || !slices.ContainsFunc(i.blocks, reachedBut(0)) {
			continue
		}
		chosen, room = append(chosen, i), room-len(i.text)
		for _, b := range i.blocks {
			times[b]++
		}
	}
	return slices.DeleteFunc(chosen, func(i input) bool {
		if slices.ContainsFunc(i.blocks, reachedBut(1)) {
			return false
		}
		for _, b := range i.blocks {
			times[b]--
		}
		return true
	})
}

func write(dir string, inputs []input) error {
	if len(inputs) == 0 {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, i := range inputs {
		if err := os.WriteFile(filepath.Join(dir, i.name), i.text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
