package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/replay/side"
)

func newReplayPublishCommand(std streams) *cobra.Command {
	var o replayOptions
	var undo bool
	cmd := &cobra.Command{
		Use: "publish", Short: "Let readers see the hours of a replay, or again those of before",
		Long: `Let readers see what a replay has written in its hours, in one step. Workers and checkpoints are not touched. With --undo readers see again what they saw
before. Nothing is deleted. Running it again does no harm.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return runReplayPublish(cmd.Context(), o, undo, std) },
	}
	o.flags(cmd)
	o.signed(cmd)
	cmd.Flags().BoolVar(&undo, "undo", false, "let readers see again what they saw before")
	return cmd
}

func runReplayPublish(ctx context.Context, o replayOptions, undo bool, std streams) error {
	t, r, err := openReplay(ctx, o, std)
	if err != nil {
		return err
	}
	if r.State == side.Dropping {
		return refuse("replay %s is being dropped", r.Name)
	}
	began, id, action := time.Now(), newPlanID(), "publish"
	if undo {
		action = "withdraw"
	}
	if err := t.sign(ctx, action, r, id); err != nil {
		return err
	}
	var m chain.Map
	if undo {
		m, err = side.Withdraw(ctx, t.source, t.store, t.operator, r, id)
	} else {
		m, err = side.Publish(ctx, t.source, t.store, t.operator, t.registry, r, id)
	}
	if err != nil {
		return t.explainPublish(r, err)
	}
	if o.format == outputJSON {
		return json.NewEncoder(std.out).Encode(map[string]any{"name": r.Name, "generations": m.String(), "seconds": time.Since(began).Seconds()})
	}
	_, err = fmt.Fprintf(std.out, "readers see generations %s\n", m)
	return err
}

func (t *replayTool) explainPublish(r *side.Replay, err error) error {
	switch {
	case errors.Is(err, side.ErrUnfinished):
		return refuse("%w; streamrec replay run --name %s goes on", err, r.Name)
	case errors.Is(err, side.ErrReplaced):
		return refuse("%w: what this replay was read from is not what it would replace. Drop it, and start another one", err)
	case errors.Is(err, lease.ErrPlanUnderway):
		return refuse("%w: wait for it with streamrec reset --finish", err)
	case errors.Is(err, lease.ErrPlanChanged):
		return refuse("somebody else has published something meanwhile: look at it (streamrec replay status), and try again")
	}
	return explain("publish replay; the same command goes on", err)
}
