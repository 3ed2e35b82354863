package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/spf13/cobra"

	infradynamo "github.com/streamrec/streamrec/infra/dynamo"
	"github.com/streamrec/streamrec/scripts/reshard"
	"github.com/streamrec/streamrec/worker/lease"
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
	f.BoolVar(&o.execute, "execute", false, "do it; without it the plan is only shown")
	f.StringVar(&o.app, "app", "", "application whose workers are shown, and waited for")
	f.Float64Var(&o.price, "shard-hour-price", 0.015, "price of an open shard for an hour, of your region")
	outputFlag(cmd, &o.format)
	return cmd
}

// reshardPlan is what the command prints. The names in its JSON are stable.
type reshardPlan struct {
	Stream  string         `json:"stream"`
	From    int            `json:"openShards"`
	To      int            `json:"openShardsAfter"`
	Steps   []reshard.Step `json:"steps"`
	Price   float64        `json:"pricePerMonthChange"`
	Workers *int           `json:"workers,omitempty"`
	Took    *float64       `json:"tookSeconds,omitempty"` // null as long as it has not been carried out
}

func runReshard(ctx context.Context, o reshardOptions, std streams) error {
	if err := required(map[string]string{"stream": o.stream}); err != nil {
		return err
	}
	if err := o.request.Validate(); err != nil {
		return usageError{err}
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

// monthHours is the length of a month in prices.
const monthHours = 730

// plan refuses what cannot be done.
func (o reshardOptions) plan(state reshard.State) (*reshardPlan, error) {
	if state.OnDemand {
		return nil, refuse("stream %s is in on-demand mode: AWS changes its shards by itself, and workers follow; to decide yourself, switch it to provisioned mode (aws kinesis update-stream-mode)", o.stream)
	}
	steps, err := o.request.Plan(state.Shards)
	if err != nil {
		return nil, refuse("%w", err)
	}
	p := &reshardPlan{Stream: o.stream, From: len(state.Shards.Open()), Steps: slices.Concat([]reshard.Step{}, steps)}
	if p.To = p.From; len(steps) > 0 {
		p.To = steps[len(steps)-1].Shards
	}
	if more := p.To - p.From; state.Room >= 0 && more > state.Room {
		return nil, refuse("the account may open %d more shards and the plan needs %d: ask AWS to raise the limit of shards", state.Room, more)
	}
	p.Price = float64(p.To-p.From) * monthHours * o.price
	return p, nil
}

// write prints the plan.
func (p *reshardPlan) write(out io.Writer, format output) error {
	if format == outputJSON {
		return json.NewEncoder(out).Encode(p)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "stream\t%s\nopen shards\t%d, then %d\n", p.Stream, p.From, p.To)
	if len(p.Steps) == 0 {
		fmt.Fprintf(w, "steps\tnone: the stream is as it should be\n")
		return w.Flush()
	}
	for i, s := range p.Steps {
		fmt.Fprintf(w, "step %d\t%s\n", i+1, s)
	}
	fmt.Fprintf(w, "limits\tone step at a time; UpdateShardCount at most doubles or halves, ten times in 24 hours\n")
	fmt.Fprintf(w, "duration\ton AWS about 30 s for each shard that is split or merged, one after the other: up to %s; records flow meanwhile\n", p.duration())
	fmt.Fprintf(w, "cost\t%+.2f a month for open shards\n", p.Price)
	fmt.Fprintf(w, "records\tstay readable where they are until the end of the stream's retention; sessions stay in order\n")
	switch {
	case p.Workers == nil:
		fmt.Fprintf(w, "workers\tfollow by themselves\n")
	case *p.Workers == 0:
		fmt.Fprintf(w, "workers\tnone is running: the children wait for the first one\n")
	default:
		fmt.Fprintf(w, "workers\t%d, with %s shards each, then %s\n", *p.Workers, each(p.From, *p.Workers), each(p.To, *p.Workers))
	}
	if p.Took == nil {
		fmt.Fprintf(w, "\t\nnothing was done\tpass --execute\n")
	} else {
		fmt.Fprintf(w, "done\tin %.1f s\n", *p.Took)
	}
	return w.Flush()
}

// duration is how long the steps may take, if each of them touches all shards.
func (p *reshardPlan) duration() time.Duration {
	touched, open := 0, p.From
	for _, s := range p.Steps {
		if s.Operation == reshard.UpdateShardCount {
			touched += max(open, s.Shards)
		} else {
			touched++
		}
		open = s.Shards
	}
	return time.Duration(touched) * 30 * time.Second
}

// each is how many shards each of the workers has.
func each(shards, workers int) string {
	if shards%workers == 0 {
		return fmt.Sprint(shards / workers)
	}
	return fmt.Sprintf("%d or %d", shards/workers, shards/workers+1)
}

// carryOut does the steps that the stream needs, and waits for the workers.
func (o reshardOptions) carryOut(ctx context.Context, s reshard.Stream, workers *reshardWorkers, progress io.Writer) error {
	began, n := time.Now(), 0
	say := func(format string, args ...any) {
		fmt.Fprintf(progress, "%6.1fs  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
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
	return explain("lease table "+o.app, workers.wait(ctx, state.Shards, say))
}

// reshardWorkers are the workers that have to follow.
type reshardWorkers struct{ store lease.Store }

func (o reshardOptions) workers(ctx context.Context, c clients) (*reshardWorkers, error) {
	if o.app == "" {
		return nil, nil
	}
	if err := checkTable(ctx, c, o.app, false); err != nil {
		return nil, err
	}
	return &reshardWorkers{infradynamo.NewStore(c.dynamodb, o.app)}, nil
}

func (w *reshardWorkers) count(ctx context.Context) (int, error) {
	workers, err := w.store.Workers(ctx)
	return len(workers), err
}

// wait returns when every open shard is owned and every other one that has a row has ended, or when there is nobody to do it.
func (w *reshardWorkers) wait(ctx context.Context, shards reshard.Topology, say func(string, ...any)) error {
	last := ""
	for {
		rows, _, err := w.store.Leases(ctx)
		if err != nil {
			return err
		}
		if n, err := w.count(ctx); err != nil || n == 0 {
			say("no worker is running: the shards wait")
			return err
		}
		owned, unread := followed(shards, rows)
		open := len(shards.Open())
		if now := fmt.Sprintf("workers: %d of %d shards have an owner, %d parents have records left", owned, open, unread); now != last {
			say("%s", now)
			last = now
		}
		if owned == open && unread == 0 {
			return nil
		}
		if err := sleep(ctx, 500*time.Millisecond); err != nil {
			return err
		}
	}
}

// followed counts the open shards that have an owner, and the others that have not ended.
func followed(shards reshard.Topology, rows []lease.Lease) (owned, unread int) {
	for i := range rows {
		switch s := shards.Find(rows[i].Key); {
		case s == nil:
		case s.Open && rows[i].Owner != "":
			owned++
		case !s.Open && !rows[i].Ended():
			unread++
		}
	}
	return owned, unread
}
