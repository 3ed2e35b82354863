package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// options are the flags.
type options struct {
	seed    int64
	first   uint64
	seeds   uint64
	stop    int
	trace   bool
	threads int
}

func main() {
	var o options
	flag.Int64Var(&o.seed, "seed", -1, "run this one schedule")
	flag.BoolVar(&o.trace, "trace", false, "with --seed: write every step to stderr")
	flag.Uint64Var(&o.first, "first", 1, "first of the seeds")
	flag.Uint64Var(&o.seeds, "seeds", 5000, "how many schedules to run")
	flag.IntVar(&o.stop, "stop", 10, "stop after so many violations")
	flag.IntVar(&o.threads, "threads", runtime.GOMAXPROCS(0), "schedules that run at a time")
	flag.Parse()
	if err := o.validate(flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "simulate:", err)
		os.Exit(2)
	}
	debug.SetGCPercent(-1) // a schedule is small and short: most of it can be dropped as a whole
	debug.SetMemoryLimit(1 << 30)
	if !o.run(os.Stdout, os.Stderr) {
		os.Exit(1)
	}
}

func (o options) validate(args []string) error {
	var errs []error
	check := func(ok bool, text string) {
		if !ok {
			errs = append(errs, errors.New(text))
		}
	}
	check(len(args) == 0, "there are no arguments but flags")
	check(o.seeds > 0, "--seeds: must be positive")
	check(o.stop > 0, "--stop: must be positive")
	check(o.threads > 0, "--threads: must be positive")
	check(!o.trace || o.seed >= 0, "--trace needs --seed: the trace of one schedule is thousands of lines")
	return errors.Join(errs...)
}

// run plays the schedules and reports whether all invariants held.
func (o options) run(out, progress io.Writer) bool {
	if o.seed >= 0 {
		var log io.Writer
		if o.trace {
			log = progress
		}
		r := play(uint64(o.seed), log)
		_, _ = fmt.Fprintf(out, "seed %d: %d steps, %v simulated, %d records, %d moves of a lease, trace %016x\n", r.seed, r.steps, r.simulated, r.records, r.moves, r.trace)
		if r.err != nil {
			_, _ = fmt.Fprintf(out, "VIOLATION %v\n", r.err)
		}
		return r.err == nil
	}
	t := o.all(out, progress)
	_, _ = fmt.Fprintln(out, t)
	return t.broken == 0
}

// total sums results.
type total struct {
	schedules, broken, steps, records, moves, adopted int
	occasions                                         [occasions]int // in how many schedules each came up
	simulated, took                                   time.Duration
}

func (t *total) add(r result) {
	t.schedules++
	t.steps += r.steps
	t.records += r.records
	t.moves += r.moves
	t.adopted += r.adopted
	t.simulated += r.simulated
	for o, n := range r.occasions {
		t.occasions[o] += min(n, 1)
	}
	if r.err != nil {
		t.broken++
	}
}

func (t total) String() string {
	perMinute := float64(t.schedules) / t.took.Minutes()
	text := fmt.Sprintf("%d schedules, %d violations; %.0f a minute; %.1f days simulated, %d records, %d moves of a lease, %d objects refused, %d million steps",
		t.schedules, t.broken, perMinute, t.simulated.Hours()/24, t.records, t.moves, t.adopted, t.steps/1e6)
	text += "\nschedules with a shard"
	for o, n := range t.occasions {
		text += fmt.Sprintf(" %s %d,", occasion(o), n)
	}
	return strings.TrimSuffix(text, ",")
}

// all plays the schedules of all seeds, several at a time.
func (o options) all(out, progress io.Writer) total {
	began := time.Now()
	bar := newBar(o.seeds, progress)
	results := make(chan result)
	var next atomic.Uint64
	var stop atomic.Bool
	var players sync.WaitGroup
	for range o.threads {
		players.Go(func() {
			for i := next.Add(1); i <= o.seeds && !stop.Load(); i = next.Add(1) {
				results <- play(o.first+i-1, nil)
			}
		})
	}
	go func() { players.Wait(); close(results) }()
	var t total
	for r := range results {
		t.add(r)
		_ = bar.Add(1)
		if r.err != nil {
			_ = bar.Clear()
			_, _ = fmt.Fprintf(out, "VIOLATION %v\n  go run ./scripts/simulate --seed %d --trace\n", r.err, r.seed)
			stop.Store(t.broken >= o.stop)
		}
	}
	_ = bar.Finish()
	t.took = time.Since(began)
	return t
}

// newBar shows progress on a terminal, and nothing elsewhere.
func newBar(n uint64, w io.Writer) *progressbar.ProgressBar {
	f, ok := w.(*os.File)
	return progressbar.NewOptions64(int64(n), progressbar.OptionSetWriter(w), progressbar.OptionSetDescription("schedules"),
		progressbar.OptionSetVisibility(ok && term.IsTerminal(int(f.Fd()))), progressbar.OptionShowCount(), progressbar.OptionShowIts(),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
}
