package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/replay/side"
)

func newReplayStatusCommand(std streams) *cobra.Command {
	var o replayOptions
	cmd := &cobra.Command{
		Use: "status", Short: "Show how far replays are",
		Long: `Show the replays of an application, or the one of a name: whether somebody works on it, how far it is, and what readers see.

STATE: waiting, for somebody who works on it with streamrec replay run; running; stopped, where nobody can go on.
READERS SEE: before, what the replay was read from; after, what it has written; other, what somebody else has put in its place.
With -o json it is one object a line.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return runReplayStatus(cmd.Context(), o, std) },
	}
	o.flags(cmd)
	cmd.Flags().Lookup("name").Usage = "only this replay"
	return cmd
}

func runReplayStatus(ctx context.Context, o replayOptions, std streams) error {
	if err := required(map[string]string{"app": o.app, "stream": o.stream, "bucket": o.bucket}); err != nil {
		return err
	}
	t, err := newReplayTool(ctx, o, std)
	if err != nil {
		return err
	}
	replays, err := t.registry.Replays(ctx)
	if err != nil {
		return explain("lease table "+o.app, err)
	}
	if o.name != "" {
		r, err := t.find(ctx)
		if err != nil {
			return err
		}
		replays = []side.Replay{*r}
	}
	var lines []replayStatusLine
	for i := range replays {
		l, err := t.statusOf(ctx, &replays[i])
		if err != nil {
			return err
		}
		lines = append(lines, l)
	}
	return t.writeStatus(lines)
}

// replayStatusLine is what status says of a replay. The names in its JSON are stable.
type replayStatusLine struct {
	Name       string            `json:"name"`
	State      string            `json:"state"` // preparing, waiting, running, done, stopped, dropping
	Sees       string            `json:"readersSee"`
	Generation int               `json:"generation"`
	From       chain.Hour        `json:"from"`
	Until      chain.Hour        `json:"until"`
	Shards     int               `json:"shards"`
	Ended      int               `json:"shardsDone"`
	Behind     *time.Time        `json:"firstHourMissing"` // null: none is
	Workers    int               `json:"workers"`
	Stopped    map[string]string `json:"stopped,omitempty"` // by shard: why
	Rate       int64             `json:"rate"`
	Settings   json.RawMessage   `json:"settings"`
	At         time.Time         `json:"madeAt"`
	Operator   string            `json:"operator"`
	Reason     string            `json:"reason"`
}

func (t *replayTool) statusOf(ctx context.Context, r *side.Replay) (l replayStatusLine, err error) {
	p, err := side.Look(ctx, t.registry, r)
	if err != nil {
		return l, explain("lease table "+t.o.app, err)
	}
	seen, err := t.seen(ctx, r)
	if err != nil {
		return l, err
	}
	l = replayStatusLine{
		Name: r.Name, State: stateOf(r, &p), Sees: seen.String(), Generation: r.Generation, From: r.From, Until: r.To, Shards: p.Shards, Ended: p.Ended, Workers: p.Workers,
		Stopped: p.Stopped, Rate: r.Rate, Settings: rawSettings(r), At: time.UnixMilli(r.At).UTC(), Operator: r.Operator, Reason: r.Reason,
	}
	if !p.Behind.IsZero() {
		l.Behind = &p.Behind
	}
	return l, nil
}

// stateOf is the state of a replay for people.
func stateOf(r *side.Replay, p *side.Progress) string {
	switch {
	case r.State != side.Running:
		return string(r.State)
	case p.Done():
		return "done"
	case len(p.Stopped) > 0 && p.Startable == 0:
		return "stopped"
	case p.Workers == 0:
		return "waiting"
	}
	return "running"
}

func (t *replayTool) writeStatus(lines []replayStatusLine) error {
	if t.o.format == outputJSON {
		out := json.NewEncoder(t.std.out)
		for _, l := range lines {
			if err := out.Encode(l); err != nil {
				return err
			}
		}
		return nil
	}
	if len(lines) == 0 {
		t.std.say("application %s has no replays", t.o.app)
		return nil
	}
	w := tabwriter.NewWriter(t.std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "NAME\tSTATE\tHOURS\tGENERATION\tSHARDS DONE\tWRITES\tWORKERS\tREADERS SEE\tMADE BY\tREASON\n")
	for _, l := range lines {
		writes := "-"
		if l.Behind != nil {
			writes = chain.HourOf(*l.Behind).String()
		}
		fmt.Fprintf(w, "%s\t%s\t%s to %s\t%d\t%d of %d\t%s\t%d\t%s\t%s\t%s\n",
			l.Name, l.State, l.From, l.Until-1, l.Generation, l.Ended, l.Shards, writes, l.Workers, l.Sees, l.Operator, l.Reason)
	}
	for _, l := range lines {
		for _, shard := range slices.Sorted(maps.Keys(l.Stopped)) {
			fmt.Fprintf(w, "%s: %s is stopped: %s\n", l.Name, shard, l.Stopped[shard])
		}
	}
	return w.Flush()
}

// seen says what readers see of a replay.
func (t *replayTool) seen(ctx context.Context, r *side.Replay) (side.Seen, error) {
	_, plan, err := t.store.Leases(ctx)
	if err != nil {
		return side.Other, explain("lease table "+t.o.app, err)
	}
	m, err := side.Shown(t.source, &plan)
	return r.SeenIn(m), explain("plan of "+t.o.app, err)
}
