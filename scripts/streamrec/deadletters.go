package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/streamrec/streamrec/infra/telemetry"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/deadletter"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/worker"
)

// letterOptions are the flags that the deadletters commands share.
type letterOptions struct {
	bucket, prefix string
	generation     int
	since, until   string
	shard          string
	classes        []string
	erased         bool
}

func newDeadlettersCommand(std streams) *cobra.Command {
	cmd := &cobra.Command{
		Use: "deadletters", Short: "List or export the records that could not be decoded",
		Long: `A record that cannot be decoded is committed like every other one: as a row with its error and its bytes, which are sealed unless
privacy is off. These commands read them from the log.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, sub := range []*cobra.Command{newListLettersCommand(std), newExportLettersCommand(std)} {
		sub.Args = noArguments
		bindEnvironment(sub)
		cmd.AddCommand(sub)
	}
	return cmd
}

func (o *letterOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.bucket, "bucket", "", "S3 bucket of the log (required)")
	f.StringVar(&o.prefix, "prefix", "events", "prefix of the log in the bucket")
	f.IntVar(&o.generation, "generation", 0, "this generation alone; 0 is what readers see: of each hour the generation that has been published")
	f.StringVar(&o.since, "since", "", "only records that arrived then or later: an hour like 2026-11-23T09, a time with zone, or an age like 2h")
	f.StringVar(&o.until, "until", "", "only records that arrived before that")
	f.StringVar(&o.shard, "shard", "", "only this shard")
	f.StringSliceVar(&o.classes, "error", nil, "only these classes of errors, such as invalid_json")
	f.BoolVar(&o.erased, "erased", false, "also records of customers who have been erased: they are no failures, and have no bytes any more")
}

// scan reads the log of the options.
func (o *letterOptions) scan(ctx context.Context, std streams, each func(*deadletter.Letter) error) (deadletter.Totals, error) {
	options, err := o.options(time.Now())
	if err != nil {
		return deadletter.Totals{}, err
	}
	c, err := loadClients(ctx)
	if err != nil {
		return deadletter.Totals{}, err
	}
	check, cancel := context.WithTimeout(ctx, preflightTimeout)
	defer cancel()
	if options.Bucket, err = checkBucket(check, c, o.bucket); err != nil {
		return deadletter.Totals{}, err
	}
	if options.Layout, err = readersLayout(check, options.Bucket, options.Layout, o.generation); err != nil {
		return deadletter.Totals{}, explain("bucket "+o.bucket, err)
	}
	if !telemetry.IsTerminal(std.out) { // or the bar and the rows would tear each other apart
		options.Progress = progressBar(std.err, "deadletters")
	}
	totals, err := deadletter.Scan(ctx, options, each)
	if err == nil && totals.Objects == 0 {
		err = o.nothing(ctx, options)
	}
	return totals, explain("deadletters", err)
}

// nothing refuses where there is no log, or no such shard in it: a slip of the pen is not an answer.
func (o *letterOptions) nothing(ctx context.Context, read deadletter.Options) error {
	if o.shard != "" && o.since == "" && o.until == "" { // or all objects would have to be listed
		return refuse("the log under s3://%s/%s has no objects of shard %q: check --shard, --prefix and --generation", o.bucket, read.Layout.Prefix, o.shard)
	}
	for _, g := range read.Layout.Generations() {
		for _, err := range read.Bucket.List(ctx, read.Layout.In(g).DataPrefix()) {
			return err // or nil: there is one
		}
	}
	return refuse("there is no log under s3://%s/%s, or nothing is in it yet: check --prefix and --generation", o.bucket, read.Layout.Prefix)
}

// options translates the flags.
func (o *letterOptions) options(now time.Time) (deadletter.Options, error) {
	if err := required(map[string]string{"bucket": o.bucket}); err != nil {
		return deadletter.Options{}, err
	}
	if err := errors.Join(checkGeneration(o.generation), checkClasses(o.classes)); err != nil {
		return deadletter.Options{}, usageError{err}
	}
	since, sinceErr := parseMoment("since", o.since, now)
	until, untilErr := parseMoment("until", o.until, now)
	if err := errors.Join(sinceErr, untilErr); err != nil {
		return deadletter.Options{}, usageError{err}
	}
	if !until.IsZero() && !since.Before(until) {
		return deadletter.Options{}, usageError{errors.New("--since must be before --until")}
	}
	return deadletter.Options{
		Env: worker.System{}, Layout: layoutOf(o.prefix),
		Filter: deadletter.Filter{Since: since, Until: until, Shard: o.shard, Classes: o.classes, Erased: o.erased},
	}, nil
}

// checkGeneration says what is wrong with the number of a generation.
func checkGeneration(n int) error {
	if n >= 0 {
		return nil
	}
	return fmt.Errorf("--generation: must be that of a generation, or 0 for what readers see, not %d", n)
}

// checkClasses says which classes of errors there are, if not those.
func checkClasses(wanted []string) error {
	var known []string
	for _, c := range event.Classes() {
		known = append(known, string(c))
	}
	for _, class := range wanted {
		if !slices.Contains(known, class) {
			return fmt.Errorf("--error: there is no class %q; there are %s", class, strings.Join(known, ", "))
		}
	}
	return nil
}

// parseMoment reads an hour of UTC, a time, or an age. Empty is the zero time.
func parseMoment(flag, s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if hour, err := chain.ParseHour(s); err == nil {
		return hour.Time(), nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	if age, err := time.ParseDuration(s); err == nil && age >= 0 {
		return now.Add(-age), nil
	}
	return time.Time{}, fmt.Errorf("--%s: want an hour like 2026-11-23T09, a time like 2026-11-23T09:30:00Z, or an age like 2h, not %q", flag, s)
}

// unreadable is an error that names the objects that could not be read, nil when there are none.
func unreadable(t deadletter.Totals) error {
	if n := len(t.Unreadable); n > 0 {
		return fmt.Errorf("%d objects cannot be read, the first of them %s: run streamrec audit", n, t.Unreadable[0])
	}
	return nil
}
