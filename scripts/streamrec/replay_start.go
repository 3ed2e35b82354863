package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/streamrec/streamrec/processor/audit"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/replay/side"
)

type replayStartOptions struct {
	replayOptions
	run             replayRunOptions
	from, to        string
	rate            int64
	params          []string
	recommendations int
	hidePurchased   bool
	execute, detach bool
}

func newReplayStartCommand(std streams) *cobra.Command {
	var o replayStartOptions
	cmd := &cobra.Command{
		Use: "start", Short: "Make a replay of some hours, and work on it",
		Long: `Make a replay of the hours between two times, and work on it until it is done. Without --execute it is only shown. The hours have to be over, and
everything that arrived in them in the log.

The command is the replay's first worker, with the lowest priority that the machine knows. It may be interrupted, and streamrec replay run goes on, here or
elsewhere; with --detach nobody works on it before that. All workers together keep to --rate.`,
		Example: `  streamrec replay start --app shop --stream clicks --bucket my-bucket --name longer-memory --from 2026-11-26T14:00:00Z --to 2026-11-26T16:00:00Z \
    --params PerItem=500 --reason "what if more sessions were remembered" --execute`,
		RunE: func(cmd *cobra.Command, _ []string) error { return runReplayStart(cmd.Context(), o, std) },
	}
	o.flags(cmd)
	o.signed(cmd)
	o.run.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&o.from, "from", "", "beginning: the hour of this time, which needs a zone: 2026-11-26T14:05:00Z or …+01:00 (required)")
	f.StringVar(&o.to, "to", "", "end: the hour that is over at this time, or later, is the last one (required)")
	f.Int64Var(&o.rate, "rate", 5000, "records a second that all workers of the replay together process at most; 0: as many as they can")
	f.StringSliceVar(&o.params, "params", nil, "parameters of the model that differ from the defaults, as for streamrec evaluate")
	f.IntVar(&o.recommendations, "recommendations", 20, "recommendations in each row; -1 for none")
	f.BoolVar(&o.hidePurchased, "hide-purchased", false, "recommend nothing that the session has bought")
	executeFlag(f, &o.execute, "do it; without it the plan is only shown")
	f.BoolVar(&o.detach, "detach", false, "make the replay and return; streamrec replay run works on it")
	return cmd
}

// wanted translates the flags.
func (o *replayStartOptions) wanted() (side.Replay, error) {
	errs := []error{o.validate(), o.run.validate()}
	hour := func(flag, text string, up time.Duration) chain.Hour {
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			errs = append(errs, fmt.Errorf("--%s: want a time with zone like 2026-11-26T14:05:00Z or 2026-11-26T14:05:00+01:00, not %q", flag, text))
		}
		return chain.HourOf(t.Add(up))
	}
	r := side.Replay{Name: o.name, From: hour("from", o.from, 0), To: hour("to", o.to, time.Hour-1), Rate: o.rate, Operator: o.operator, Reason: o.reason}
	if len(errs) == 2 && r.From >= r.To {
		errs = append(errs, errors.New("--from must be before --to"))
	}
	if r.To-r.From > side.Longest {
		errs = append(errs, fmt.Errorf("--from and --to are more than %d days apart: replay them in parts", side.Longest/24))
	}
	if o.rate < 0 {
		errs = append(errs, errors.New("--rate: must not be negative"))
	}
	if err := checkLists(o.recommendations); err != nil {
		errs = append(errs, err)
	}
	settings := replaySettings{Params: o.params, Recommendations: o.recommendations}
	if o.hidePurchased {
		settings.Params = append(settings.Params, "HidePurchased=true")
	}
	if _, err := settings.model(); err != nil {
		errs = append(errs, fmt.Errorf("--params: %w", err))
	}
	text, err := json.Marshal(settings)
	if err = errors.Join(append(errs, err)...); err != nil {
		return r, usageError{err}
	}
	r.Settings = string(text)
	return r, nil
}

func runReplayStart(ctx context.Context, o replayStartOptions, std streams) error {
	wanted, err := o.wanted()
	if err != nil {
		return err
	}
	t, err := newReplayTool(ctx, o.replayOptions, std)
	if err != nil {
		return err
	}
	d, err := t.draft(ctx, wanted)
	if err != nil {
		return err
	}
	plan := describeReplay(d)
	if !o.execute {
		return plan.write(t)
	}
	if err := plan.permit(); err != nil {
		return err
	}
	r, err := d.Make(ctx, t.source, t.registry, time.Now())
	switch {
	case errors.Is(err, side.ErrExists):
		return refuse("application %s has a replay %s already: work on it with streamrec replay run, drop it, or choose another name", o.app, o.name)
	case err != nil:
		return explain("make replay; the same command goes on", err)
	}
	if err := t.sign(ctx, "start", &r, newPlanID()); err != nil {
		return err
	}
	std.say("replay %s is made: hours %s to %s, generation %d", r.Name, r.From, r.To-1, r.Generation)
	if o.detach {
		plan.Generation = r.Generation
		return plan.write(t)
	}
	return t.work(ctx, &r, o.run)
}

// draft draws up what is wanted.
func (t *replayTool) draft(ctx context.Context, wanted side.Replay) (*side.Draft, error) {
	rows, plan, err := t.store.Leases(ctx)
	if err != nil {
		return nil, explain("lease table "+t.o.app, err)
	}
	if len(rows) == 0 {
		return nil, refuse("application %s has no shards yet: start a worker first", t.o.app)
	}
	var progress func(done, of int)
	if bar := progressBar(t.std.err, "shards"); bar != nil {
		progress = func(done, of int) { bar(int64(done), int64(of)) }
	}
	d, err := side.Prepare(ctx, t.source, t.stream, rows, plan, wanted, progress)
	if errors.Is(err, lease.ErrPlanUnderway) {
		return nil, refuse("replay %d of the whole fleet is on its way: what readers see is about to change. Wait for it (streamrec reset --finish), or undo it", plan.Number)
	}
	return d, explain("read the log", err)
}

// replayPlan is what start prints. The names in its JSON are stable.
type replayPlan struct {
	Name       string        `json:"name"`
	From       chain.Hour    `json:"from"`  // the first hour that is written anew
	Until      chain.Hour    `json:"until"` // the first one that is not
	Reads      string        `json:"reads"` // which generation each hour is read from
	Generation int           `json:"generation,omitempty"`
	Rate       int64         `json:"rate"`
	Settings   string        `json:"settings"`
	Records    int64         `json:"records"`
	Rows       int64         `json:"rows"`
	Seconds    float64       `json:"seconds"` // at the rate; 0 without one
	Shards     []replayShard `json:"shards"`
}

type replayShard struct {
	Shard   string `json:"shard"`
	Records int64  `json:"records"`
	Open    string `json:"open,omitempty"`   // why the hours are not over for it
	Broken  bool   `json:"broken,omitempty"` // its log does not lead to where it would begin
}

func describeReplay(d *side.Draft) *replayPlan {
	w := &d.Wanted
	p := &replayPlan{Name: w.Name, From: w.From, Until: w.To, Reads: w.Source.String(), Rate: w.Rate, Settings: w.Settings, Shards: []replayShard{}}
	for i := range d.Shards {
		s := &d.Shards[i]
		p.Records, p.Rows = p.Records+s.Records(), p.Rows+s.Rows()
		p.Shards = append(p.Shards, replayShard{Shard: s.Row.Key, Records: s.Records(), Open: s.Open, Broken: s.Records() > 0 && !s.Log})
	}
	if w.Rate > 0 {
		p.Seconds = float64(p.Records) / float64(w.Rate)
	}
	return p
}

// permit refuses what would not be a copy of its hours.
func (p *replayPlan) permit() error {
	var open, broken []string
	for _, s := range p.Shards {
		if s.Open != "" {
			open = append(open, s.Shard+": "+s.Open)
		}
		if s.Broken {
			broken = append(broken, s.Shard)
		}
	}
	switch {
	case len(broken) > 0:
		return refuse("the log of %d shards does not lead to %s:00Z%s; run streamrec audit", len(broken), p.From, some(broken))
	case len(open) > 0:
		return refuse("hours before %s:00Z are not over for %d shards: %s. Wait until the workers have caught up, or choose an earlier --to", p.Until, len(open), strings.Join(open[:min(3, len(open))], "; "))
	case p.Records == 0:
		return refuse("the log has nothing in the hours from %s:00Z to %s:00Z", p.From, p.Until)
	}
	return nil
}

func (p *replayPlan) write(t *replayTool) error {
	if t.o.format == outputJSON {
		return json.NewEncoder(t.std.out).Encode(p)
	}
	w := tabwriter.NewWriter(t.std.out, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) { fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	line("replay", "%s: hours %s to %s, beside live traffic", p.Name, p.From, p.Until-1)
	line("reads", "generation %s of the log: %s records, %s rows", p.Reads, audit.Grouped(p.Records), audit.Grouped(p.Rows))
	if p.Seconds > 0 {
		line("takes", "%s at %s records/s, if the cores allow that", seconds(p.Seconds), audit.Grouped(p.Rate))
	}
	line("settings", "%s", p.Settings)
	fmt.Fprintf(w, "\t\nshard\trecords\n")
	for _, s := range p.Shards {
		note := ""
		if s.Open != "" {
			note = "NOT OVER: " + s.Open
		}
		if s.Broken {
			note = "BROKEN: the log does not lead there"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", s.Shard, audit.Grouped(s.Records), note)
	}
	if p.Generation > 0 {
		line("\t\nmade", "generation %d; streamrec replay run --name %s works on it", p.Generation, p.Name)
	} else {
		line("\t\nnothing was done", "%s", cmp.Or(errorText(p.permit()), "pass --execute"))
	}
	return w.Flush()
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
