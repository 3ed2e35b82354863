package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/replay/side"
)

func newReplayDropCommand(std streams) *cobra.Command {
	var o replayOptions
	var execute bool
	cmd := &cobra.Command{
		Use: "drop", Short: "Remove a replay that readers do not see",
		Long: `Remove a replay that readers do not see: its workers stop, its objects and its rows are deleted. The number of its generation is never used again. When it is
interrupted, running it again goes on. Without --execute nothing is done.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return runReplayDrop(cmd.Context(), o, execute, std) },
	}
	o.flags(cmd)
	o.signed(cmd)
	executeFlag(cmd.Flags(), &execute, "do it")
	return cmd
}

func runReplayDrop(ctx context.Context, o replayOptions, execute bool, std streams) error {
	t, r, err := openReplay(ctx, o, std)
	if err != nil {
		return err
	}
	d := side.Dropper{
		Source: t.source, Live: t.store, Registry: t.registry, Operator: t.operator, Failover: replayFailover, Remove: t.bucket.Delete, ID: newPlanID(),
	}
	if !execute {
		if err := d.Unused(ctx, r); err != nil {
			return t.explainDrop(r, err)
		}
		return t.writeDropped(droppedReplay{Name: r.Name, Generation: r.Generation, From: r.From, Until: r.To})
	}
	if err := t.sign(ctx, "drop", r, d.ID); err != nil {
		return err
	}
	removed, err := d.Drop(ctx, r)
	if err != nil {
		return t.explainDrop(r, err)
	}
	return t.writeDropped(droppedReplay{r.Name, r.Generation, r.From, r.To, true, removed.Objects, removed.Bytes})
}

// droppedReplay is what drop prints. The names in its JSON are stable.
type droppedReplay struct {
	Name       string     `json:"name"`
	Generation int        `json:"generation"`
	From       chain.Hour `json:"from"`
	Until      chain.Hour `json:"until"`
	Dropped    bool       `json:"dropped"` // false: it would be
	Objects    int        `json:"objects"` // that are removed
	Bytes      int64      `json:"bytes"`
}

func (t *replayTool) writeDropped(d droppedReplay) (err error) {
	switch {
	case t.o.format == outputJSON:
		err = json.NewEncoder(t.std.out).Encode(d)
	case d.Dropped:
		_, err = fmt.Fprintf(t.std.out, "replay %s is dropped: %d objects, %s\n", d.Name, d.Objects, size(d.Bytes))
	default:
		_, err = fmt.Fprintf(t.std.out, "replay %s would be dropped: hours %s to %s, generation %d\nnothing was done: pass --execute\n", d.Name, d.From, d.Until-1, d.Generation)
	}
	return err
}

func (t *replayTool) explainDrop(r *side.Replay, err error) error {
	if errors.Is(err, side.ErrInUse) {
		return refuse("%w; streamrec replay publish --undo --name %s lets readers see what was before", err, r.Name)
	}
	return explain("drop replay; the same command goes on", err)
}
