package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// options are what the command line says.
type options struct {
	quick         bool
	stockDefaults bool
	parallel      int
	keep          string
	format        string
	sections      []string
}

// usageError is a mistake in the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// run executes a command line and returns the exit code.
func run(ctx context.Context, args []string, out, progress io.Writer) int {
	cmd := newCommand(out, progress)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	_, _ = fmt.Fprintf(progress, "bench: %s\n", err)
	if _, usage := errors.AsType[usageError](err); usage {
		return exitUsage
	}
	return exitFailed
}

func newCommand(out, progress io.Writer) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use: "bench [SECTION…]", Short: "Measure streamrec beside stock vmware-go-kcl-v2",
		Long: "Measure streamrec beside stock vmware-go-kcl-v2 and the physical limit, in one harness and on one machine.\nSections: " +
			sectionNames() + "; all of them when none is named. BENCHMARKS.md says what the lines mean.",
		SilenceUsage: true, SilenceErrors: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.sections = args
			if err := o.validate(); err != nil {
				return usageError{err}
			}
			return newBench(o, out, progress).run(cmd.Context())
		},
	}
	cmd.SetOut(out)
	cmd.SetErr(progress)
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{fmt.Errorf("%w; see --help", err)} })
	f := cmd.Flags()
	f.BoolVar(&o.quick, "quick", false, "once and little of everything, all at the same time: shows in a minute that it works, and measures little")
	f.BoolVar(&o.stockDefaults, "stock-defaults", false, "measure the stock library with its defaults, too: that takes a quarter of an hour more")
	f.IntVar(&o.parallel, "parallel", 0, "cells of the table that are measured at the same time, where the machine need not be theirs alone; 0 is 2, or with --quick all")
	f.StringVar(&o.keep, "keep", "", "folder that keeps the workers' logs and diaries")
	f.StringVarP(&o.format, "output", "o", "table", "format of what goes to stdout: table or json")
	return cmd
}

// validate returns everything that is wrong with the command line.
func (o options) validate() error {
	var errs []error
	if o.format != "table" && o.format != "json" {
		errs = append(errs, fmt.Errorf("--output: must be table or json, not %q", o.format))
	}
	if o.parallel < 0 {
		errs = append(errs, errors.New("--parallel: must not be negative"))
	}
	known := strings.Split(sectionNames(), ", ")
	for _, name := range o.sections {
		if !slices.Contains(known, name) {
			errs = append(errs, fmt.Errorf("unknown section %q: there are %s", name, sectionNames()))
		}
	}
	return errors.Join(errs...)
}

// chosen returns the sections to run.
func (o options) chosen() (chosen []section) {
	for _, s := range sections() {
		if len(o.sections) == 0 || slices.Contains(o.sections, s.name) {
			chosen = append(chosen, s)
		}
	}
	return chosen
}

// sides returns the sides to measure.
func (o options) sides() []side {
	if o.stockDefaults {
		return []side{ours, stockTuned, stockDefaults, limit}
	}
	return []side{ours, stockTuned, limit}
}

// width returns how many cells are measured at a time.
func (o options) width(cells int) int {
	switch {
	case o.parallel > 0:
		return o.parallel
	case o.quick:
		return cells
	}
	return 2
}
