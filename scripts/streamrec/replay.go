package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/replay/side"
)

const replayHelp = `Replay some hours beside live traffic: the log of these hours is read back, and its rows are written again with new recommendations, into a generation
of their own. Readers and workers notice nothing until it is published, which is one write; or it is dropped. So another model can be tried on what has
happened, and what a bad one has written can be replaced, without touching the checkpoints.

  start     shows what it would do; with --execute makes the replay and works on it
  run       works on a replay, on as many machines as you like: they share its shards
  status    how far replays are
  diff      compares the lists of then with those of the replay
  publish   lets readers see the hours of the replay; --undo: what was there before
  drop      removes a replay that readers do not see

To rewind the whole fleet from some hour on to now there is streamrec reset.`

func newReplayCommand(std streams) *cobra.Command {
	cmd := &cobra.Command{
		Use: "replay", Short: "Replay some hours beside live traffic, compare, and publish or drop them", Long: replayHelp,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, sub := range []*cobra.Command{
		newReplayStartCommand(std), newReplayRunCommand(std), newReplayStatusCommand(std), newReplayDiffCommand(std), newReplayPublishCommand(std), newReplayDropCommand(std),
	} {
		sub.Args = noArguments
		bindEnvironment(sub)
		cmd.AddCommand(sub)
	}
	return cmd
}

// replayOptions are the flags that the replay commands share.
type replayOptions struct {
	app, stream, bucket, prefix, name string
	operator, reason                  string // of those that change something
	format                            output
}

func (o *replayOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.app, "app", "", "application: the name of the lease table (required)")
	f.StringVar(&o.stream, "stream", "", "Kinesis stream (required)")
	f.StringVar(&o.bucket, "bucket", "", "S3 bucket of the log (required)")
	f.StringVar(&o.prefix, "prefix", "events", "prefix of the log in the bucket")
	f.StringVar(&o.name, "name", "", "name of the replay: up to 40 of a-z, 0-9 and - (required)")
	f.Lookup("name").Annotations = map[string][]string{twinOf: {"replay-name"}} // STREAMREC_NAME is a worker's
	outputFlag(cmd, &o.format)
}

// signed adds the flags of those that change something.
func (o *replayOptions) signed(cmd *cobra.Command) {
	operatorFlag(cmd.Flags(), &o.operator)
	cmd.Flags().StringVar(&o.reason, "reason", "", "why; it is recorded")
}

func (o *replayOptions) validate() error {
	err := required(map[string]string{"app": o.app, "stream": o.stream, "bucket": o.bucket, "name": o.name})
	if err == nil {
		err = side.CheckName(o.name)
	}
	if err != nil {
		return usageError{err}
	}
	return nil
}

// replaySettings are what the workers of a replay agree on. They are kept in its row.
type replaySettings struct {
	Params          []string `json:"params"` // changes to the defaults, each Name=value
	Recommendations int      `json:"recommendations"`
}

func (s replaySettings) model() (model.Params, error) { return modelParams(s.Params) }

// rawSettings are those of a row, null when somebody has damaged them.
func rawSettings(r *side.Replay) json.RawMessage {
	if !json.Valid([]byte(r.Settings)) {
		return json.RawMessage("null")
	}
	return json.RawMessage(r.Settings)
}

func settingsOf(r *side.Replay) (s replaySettings, err error) {
	if err = json.Unmarshal([]byte(r.Settings), &s); err != nil {
		return s, refuse("the settings of replay %s cannot be read: %w", r.Name, err)
	}
	return s, nil
}

// replayTool is what the replay commands work with.
type replayTool struct {
	*replayer
	o        replayOptions
	std      streams
	registry side.Registry
}

func newReplayTool(ctx context.Context, o replayOptions, std streams) (*replayTool, error) {
	c, err := loadClients(ctx)
	if err != nil {
		return nil, err
	}
	r, err := newReplayer(ctx, c, deployment{app: o.app, stream: o.stream, bucket: o.bucket, layout: layoutOf(o.prefix)}, replayFailover)
	if err != nil {
		return nil, err
	}
	return &replayTool{r, o, std, r.store.Replays()}, nil
}

// openReplay checks the flags, and returns the replay of their name with what is needed to do something with it.
func openReplay(ctx context.Context, o replayOptions, std streams) (*replayTool, *side.Replay, error) {
	if err := o.validate(); err != nil {
		return nil, nil, err
	}
	t, err := newReplayTool(ctx, o, std)
	if err != nil {
		return nil, nil, err
	}
	r, err := t.find(ctx)
	return t, r, err
}

// sign records what is about to be done with a replay, by whom and why: <prefix>/_log/plans/replay-NAME-GENERATION-TIME-ACTION-ID.json.
func (t *replayTool) sign(ctx context.Context, action string, r *side.Replay, id string) error {
	now := time.Now().UTC()
	return t.record(ctx, fmt.Sprintf("replay-%s-%d-%s-%s-%s", r.Name, r.Generation, now.Format("20060102T150405.000Z"), action, id), map[string]any{
		"id": id, "at": now, "action": action, "operator": t.o.operator, "reason": t.o.reason, "app": t.o.app, "stream": t.o.stream,
		"name": r.Name, "generation": r.Generation, "from": r.From, "until": r.To, "reads": r.Source.String(), "rate": r.Rate, "settings": rawSettings(r),
	})
}

// find returns the replay of the name.
func (t *replayTool) find(ctx context.Context) (*side.Replay, error) {
	r, err := t.registry.Replay(ctx, t.o.name)
	if errors.Is(err, lease.ErrAbsent) {
		return nil, refuse("application %s has no replay %s; streamrec replay status lists those that it has", t.o.app, t.o.name)
	}
	return &r, explain("lease table "+t.o.app, err)
}
