package main

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/spf13/cobra"

	"github.com/streamrec/streamrec/processor/compare"
	"github.com/streamrec/streamrec/worker/replay/side"
)

func newReplayDiffCommand(std streams) *cobra.Command {
	var o replayOptions
	var k int
	cmd := &cobra.Command{
		Use: "diff", Short: "Compare the recommendations of then with those of a replay",
		Long: `Compare the lists in the rows of then with those of a replay, hour by hour: how many have changed, how many products they have in common, and how often the next
product of the session was in the list (HR) and how high (MRR), then and now, over the same predictions. A product that is looked at again at once does not count.
It reads both generations; the replay may still be running.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return runReplayDiff(cmd.Context(), o, k, std) },
	}
	o.flags(cmd)
	cmd.Flags().IntVarP(&k, "top", "k", 20, "how many products of a list count")
	return cmd
}

func runReplayDiff(ctx context.Context, o replayOptions, k int, std streams) error {
	if k < 1 || k > 1000 {
		return usageError{errors.New("--top: must be between 1 and 1000")}
	}
	t, r, err := openReplay(ctx, o, std)
	if err != nil {
		return err
	}
	if r.State == side.Dropping {
		return refuse("replay %s is being dropped", r.Name)
	}
	report, err := compare.Compare(ctx, t.comparison(r, k))
	if err != nil {
		return explain("compare", err)
	}
	if o.format == outputJSON {
		return json.NewEncoder(std.out).Encode(report)
	}
	return report.WriteText(std.out)
}

func (t *replayTool) comparison(r *side.Replay, k int) compare.Options {
	c := compare.Options{
		Env: t.source.Env, Bucket: t.bucket, Then: t.source.Layout.With(r.Source), Now: t.source.Layout.With(r.Map()), From: r.From, Until: r.To, K: k,
	}
	if bar := progressBar(t.std.err, "hours"); bar != nil {
		c.Progress = func(done, total int) { bar(int64(done), int64(total)) }
	}
	return c
}
