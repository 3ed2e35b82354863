package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/streamrec/streamrec/scripts/chart"
)

// options are the flags.
type options struct {
	duration, every time.Duration
	workers         int
	shards          int
	rate            float64
	shoppers        int
	seed            uint64
	failover, flush time.Duration
	replayMost      int64
	dir             string
	keep            bool
	binary          string
	picture         string
	list            bool
	format          string
}

func newCommand(out, progress io.Writer) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use: "soak", Short: "Let a fleet of real processes live through faults for hours, and prove that nothing was lost",
		Long: `Let a fleet of worker processes live on local services, under the traffic of a synthetic shop, while one fault after the other happens to it. At the end the
fleet catches up, and an audit compares what the producer had acknowledged with what readers see. The exit code is the verdict: 0 when every record is there exactly once
and no process has grown without reason. The seed decides the sequence of faults, so a run can be told again.`,
		SilenceUsage: true, SilenceErrors: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.validate(); err != nil {
				return usageError{err}
			}
			if o.list {
				return list(o, out)
			}
			return soakFor(cmd.Context(), o, out, progress)
		},
	}
	cmd.SetOut(out)
	cmd.SetErr(progress)
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{fmt.Errorf("%w; see --help", err)} })
	f := cmd.Flags()
	f.DurationVar(&o.duration, "duration", time.Hour, "how long faults happen")
	f.DurationVar(&o.every, "every", 10*time.Second, "mean time from one fault to the next")
	f.IntVar(&o.workers, "workers", 3, "workers in the fleet; the first one is never ended, so that it can grow old")
	f.IntVar(&o.shards, "shards", 4, "shards that the stream begins with; it has 2 to 8 later")
	f.Float64Var(&o.rate, "rate", 1000, "records per second")
	f.IntVar(&o.shoppers, "shoppers", 20_000, "people who shop")
	f.Uint64Var(&o.seed, "seed", 1, "seed of the faults, and of what the shoppers do")
	f.DurationVar(&o.failover, "failover-time", 5*time.Second, "failover time of the workers")
	f.DurationVar(&o.flush, "flush-age", 10*time.Second, "age at which the workers write a batch")
	f.Int64Var(&o.replayMost, "replay-most", 1_000_000, "a replay that would read more records again than this is passed over; replays begin at the full hour")
	f.StringVar(&o.dir, "data-dir", "", "new or empty folder for the services' data, the logs and the samples; a temporary one by default. It is removed when the verdict is good")
	f.BoolVar(&o.keep, "keep", false, "keep the data in any case")
	f.StringVar(&o.binary, "binary", "", "streamrec binary to run; built from ./scripts/streamrec by default")
	f.StringVar(&o.picture, "picture", "", "file for a picture of lag, memory and goroutines over time, .png or .svg")
	f.BoolVar(&o.list, "list", false, "print the sequence of faults, and end")
	f.StringVarP(&o.format, "output", "o", "table", "format of the summary on stdout: table or json")
	return cmd
}

// validate returns everything that is wrong with the command line.
func (o options) validate() error {
	var errs []error
	check := func(ok bool, text string) {
		if !ok {
			errs = append(errs, errors.New(text))
		}
	}
	check(o.duration >= 10*time.Second, "--duration: must be at least 10s")
	check(o.every >= time.Second, "--every: must be at least 1s")
	check(o.workers >= 2 && o.workers <= 16, "--workers: must be between 2 and 16")
	check(o.shards >= leastShards && o.shards <= mostShards, fmt.Sprintf("--shards: must be between %d and %d", leastShards, mostShards))
	check(o.rate >= 1 && o.rate <= 900*leastShards, fmt.Sprintf("--rate: must be between 1 and %d, what the fewest shards take", 900*leastShards))
	check(o.shoppers >= 10 && o.shoppers <= 1_000_000, "--shoppers: must be between 10 and 1000000")
	check(o.failover >= time.Second, "--failover-time: must be at least 1s")
	check(o.flush > 0, "--flush-age: must be positive")
	check(o.format == "table" || o.format == "json", "--output: must be table or json")
	if o.picture != "" {
		if err := chart.Check(o.picture); err != nil {
			errs = append(errs, fmt.Errorf("--picture: %w", err))
		}
	}
	return errors.Join(errs...)
}

// folder makes the data folder, which has to be empty.
func (o options) folder() (string, error) {
	if o.dir == "" {
		return os.MkdirTemp("", "streamrec-soak-")
	}
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return "", usageError{fmt.Errorf("--data-dir: %w", err)}
	}
	entries, err := os.ReadDir(o.dir)
	if err != nil {
		return "", usageError{fmt.Errorf("--data-dir: %w", err)}
	}
	if len(entries) > 0 {
		return "", usageError{fmt.Errorf("--data-dir: %s is not empty, and would be removed", o.dir)}
	}
	return o.dir, nil
}
