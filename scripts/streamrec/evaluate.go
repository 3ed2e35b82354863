package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/model/evaluate"
	"github.com/streamrec/streamrec/scripts/eventfile"
)

// evaluateOptions are the flags of the evaluate command.
type evaluateOptions struct {
	file, format, malformed string
	protocol                string
	testDays                float64
	warmup, until           float64
	params                  []string
	baselines               bool
	shards                  int
	staleness               string
	plot, catalogue         string
	output                  output
}

// The protocols.
const (
	prequential = "prequential"
	offline     = "offline"
)

// shardsSuffix ends the name of the system that is cut into shards.
const shardsSuffix = " shards"

// listLength is how many items are asked for: hit rates are those of the first 5, 10 and 20.
const listLength = 20

func newEvaluateCommand(std streams) *cobra.Command {
	var o evaluateOptions
	cmd := &cobra.Command{
		Use: "evaluate", Short: "Measure how good recommendations are on an event file, beside published methods",
		Long: `Replay an event file and measure how often the next product of a session was in the list of the moment before.

The prequential protocol replays the file in the order of its times, predicts each event and then learns it: what would the
model have done in production? The first part of the stream (--warmup) is learnt but not reported. The offline protocol learns
the rows whose part is train and predicts the sessions of those whose part is test, or, with --test-days, learns the past and
predicts the sessions of the last days.

With --shards, the model is also measured cut into shards that learn from each other with a delay (--staleness); without
delay their lists have to be those of the one model.

Records may have one step or the whole history of their session; of a history only what is new counts. The first events of
sessions are reported apart: their list is that of somebody who has touched nothing.

The same run measures popularity, co-visitation, VMIS-kNN (Serenade) and VSTAN with their published parameters. Nothing is
fitted to the file. Times are CPU times of one thread.`,
		Example: `  streamrec evaluate --file events.csv.gz --plot hitrate.png
  streamrec evaluate --file events.csv.gz --protocol offline --test-days 7 -o json
  streamrec evaluate --file events.csv.gz --shards 16 --staleness 60s
  streamrec evaluate --file events.csv.gz --params Reminder=0,Hop=0 --baselines=false`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd.Flags().Changed); err != nil {
				return err
			}
			return unlessInterrupted(cmd.Context(), runEvaluate(cmd.Context(), o, std))
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.file, "file", "", "event file, JSON lines or CSV, gzip or not; - is standard input (required)")
	f.StringVar(&o.format, "format", string(eventfile.Auto), "format of the file: json, csv, or auto to find it out")
	f.StringVar(&o.malformed, "malformed", "stop", "what a malformed line does: stop the run, or skip the line")
	f.StringVar(&o.protocol, "protocol", prequential, "prequential (predict, then learn) or offline (train, then test)")
	f.Float64Var(&o.warmup, "warmup", .5, "prequential: share of the events that is learnt before the report begins")
	f.Float64Var(&o.until, "until", 1, "prequential: share of the events after which the replay ends; to tune on what is not reported")
	f.Float64Var(&o.testDays, "test-days", 0, "offline: predict the sessions of so many last days; 0 goes by the column part")
	f.StringSliceVar(&o.params, "params", nil, "parameters of the model that differ from the defaults, as Name=value, weights in thousandths")
	f.IntVar(&o.shards, "shards", 1, "measure the model in so many shards too, cut by the MD5 of sessions")
	f.StringVar(&o.staleness, "staleness", "0s", "with --shards: how late shards learn what others learnt; 0s is at once, never not at all")
	f.BoolVar(&o.baselines, "baselines", true, "measure the published methods too")
	f.StringVar(&o.catalogue, "catalogue", "", "file of products; the model proposes only what it says is in stock")
	f.StringVar(&o.plot, "plot", "", "PNG or SVG file to draw the hit rate over time into")
	outputFlag(cmd, &o.output)
	return cmd
}

func runEvaluate(ctx context.Context, o evaluateOptions, std streams) error {
	params, err := modelParams(o.params)
	if err != nil {
		return usageError{fmt.Errorf("--params: %w", err)}
	}
	staleness, err := parseStaleness(o.staleness)
	if err != nil {
		return err
	}
	events, err := readEvents(ctx, o, std)
	if err != nil {
		return err
	}
	sells, err := o.sells()
	if err != nil {
		return err
	}
	e, err := newEvaluation(o, events)
	if err != nil {
		return err
	}
	whole := &evaluate.Streaming{Model: model.New(params)}
	systems := []system{{"streamrec", nameOf(o.params), whole}}
	whole.Model.Restrict(sells)
	if o.shards > 1 {
		sharded := evaluate.NewSharded(params, o.shards)
		sharded.StalenessMs = staleness
		sharded.Restrict(sells)
		systems = append(systems, system{fmt.Sprint(o.shards, shardsSuffix), "staleness " + o.staleness, sharded})
	}
	if o.baselines {
		systems = append(systems, baselines()...)
	}
	for _, s := range systems {
		if err := e.measure(ctx, s, std.err); err != nil {
			return err
		}
	}
	return e.publish(o, std.out)
}

// unlessInterrupted says in one word why a run has ended that somebody has interrupted, wherever it was.
func unlessInterrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx))) {
		return errors.New("interrupted")
	}
	return err
}

// sells returns what the catalogue file sells, nil without a file.
func (o evaluateOptions) sells() (func(item string) bool, error) {
	if o.catalogue == "" {
		return nil, nil
	}
	c, err := readCatalogue(o.catalogue)
	if err != nil {
		return nil, err
	}
	return c.Sells, nil
}

// maxShards bounds the memory of a run.
const maxShards = 1024

// parseStaleness returns milliseconds.
func parseStaleness(text string) (int64, error) {
	if text == "never" {
		return evaluate.Never, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, usageError{fmt.Errorf("--staleness must be a duration such as 60s, or never, not %q", text)}
	}
	return d.Milliseconds(), nil
}
