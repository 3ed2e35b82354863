package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/spf13/cobra"

	"github.com/streamrec/streamrec/scripts/reshard"
)

// reshardOptions are the flags of the reshard command.
type reshardOptions struct {
	stream, app string
	request     reshard.Request
	execute     bool
	price       float64
	format      output
}

func newReshardCommand(std streams) *cobra.Command {
	var o reshardOptions
	cmd := &cobra.Command{
		Use: "reshard", Short: "Change the number of shards while traffic flows",
		Long: `Change the shards of a stream: to a number of equal ones, or by splitting or merging some. The plan is printed, and with --execute carried
out. When it is interrupted the same command goes on where it was. Workers follow by themselves: a shard's owner takes over its children at
once, and records of a session stay in order. With --app the command also shows the workers of that application, and waits for them.`,
		Example: `  streamrec reshard --stream clicks --shards 8
  streamrec reshard --stream clicks --shards 8 --app shop --execute
  streamrec reshard --stream clicks --split shardId-000000000003 --execute`,
		RunE: func(cmd *cobra.Command, _ []string) error { return runReshard(cmd.Context(), o, std) },
	}
	f := cmd.Flags()
	f.StringVar(&o.stream, "stream", "", "Kinesis stream (required)")
	f.IntVar(&o.request.Shards, "shards", 0, "number of open shards, of equal width")
	f.StringSliceVar(&o.request.Split, "split", nil, "shard to split into two halves; more than one, separated by commas")
	f.StringSliceVar(&o.request.Merge, "merge", nil, "two neighbours to merge, separated by a comma")
	executeFlag(f, &o.execute, "do it; without it the plan is only shown")
	f.StringVar(&o.app, "app", "", "application whose workers are shown, and waited for")
	f.Float64Var(&o.price, "shard-hour-price", 0.015, "price of an open shard for an hour, of your region")
	outputFlag(cmd, &o.format)
	return cmd
}

func runReshard(ctx context.Context, o reshardOptions, std streams) error {
	if err := required(map[string]string{"stream": o.stream}); err != nil {
		return err
	}
	if err := o.request.Validate(); err != nil {
		return usageError{err}
	}
	if !(o.price >= 0 && o.price <= maxPrice) {
		return usageError{fmt.Errorf("--shard-hour-price must be a price from 0 to %d, not %g", maxPrice, o.price)}
	}
	c, err := loadClients(ctx)
	if err != nil {
		return err
	}
	if _, err := checkStream(ctx, c, o.stream); err != nil {
		return err
	}
	s := streamOf(c, o.stream)
	state, err := s.Look(ctx)
	if err != nil {
		return explain("stream "+o.stream, err)
	}
	plan, err := o.plan(state)
	if err != nil {
		return err
	}
	workers, err := o.workers(ctx, c)
	if err != nil {
		return err
	}
	if workers != nil {
		n, err := workers.count(ctx)
		if err != nil {
			return explain("lease table "+o.app, err)
		}
		plan.Workers = &n
	}
	if !o.execute {
		return plan.write(std.out, o.format)
	}
	began := time.Now()
	if err := o.carryOut(ctx, s, workers, std.err); err != nil {
		return err
	}
	took := time.Since(began).Seconds()
	plan.Took = &took
	return plan.write(std.out, o.format)
}

func streamOf(c clients, name string) reshard.Stream {
	return reshard.Stream{Client: c.kinesis, Name: name, Sleep: sleep}
}

// maxPrice is beyond all currencies.
const maxPrice = 1_000_000_000

// monthHours is the length of a month in prices.
const monthHours = 730

// carryOut does the steps that the stream needs, and waits for the workers.
func (o reshardOptions) carryOut(ctx context.Context, s reshard.Stream, workers *reshardWorkers, progress io.Writer) error {
	began, n := time.Now(), 0
	say := func(format string, args ...any) {
		_, _ = fmt.Fprintf(progress, "%6.1fs  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	}
	state, err := s.Run(ctx, o.request, func(step reshard.Step) {
		n++
		say("step %d: %s", n, step)
	})
	if _, limited := errors.AsType[*types.LimitExceededException](err); limited {
		return refuse("Kinesis refuses for now: %w; run the same command again later, it goes on where it was", err)
	}
	if err != nil {
		return explain("reshard", err)
	}
	say("the stream has %d open shards", len(state.Shards.Open()))
	if workers == nil {
		return nil
	}
	return workers.wait(ctx, state.Shards, say)
}
