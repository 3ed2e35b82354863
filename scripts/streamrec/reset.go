package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/user"
	"time"

	"github.com/spf13/cobra"

	"github.com/streamrec/streamrec/worker/replay"
)

// resetOptions are the flags of the reset command.
type resetOptions struct {
	app, stream, bucket, prefix string
	timestamp, sequence, plan   string
	duration                    time.Duration
	back                        bool // the duration is given
	trimHorizon, latest, undo   bool
	finish, resume, acceptGap   bool
	fromLog                     bool
	operator, reason            string
	execute, detach             bool
	rate                        float64
	failover                    time.Duration
	format                      output
}

func newResetCommand(std streams) *cobra.Command {
	var o resetOptions
	cmd := &cobra.Command{
		Use: "reset", Short: "Rewind the checkpoints of a running fleet and replay",
		Long: `Rewind the checkpoints of a running fleet: everything from the beginning of an hour on is read again, learnt again and written again, as a new
generation. Readers of the views go on seeing the old one until the new one has caught up with the stream, and then switch in one step. Workers
need not be stopped; they drop what they have learnt since that hour.

With --from-log the input is read back from the log instead of the stream, as far as the log goes: rows keep what came in, and get recommendations that are made
anew. So a month can be replayed, at the speed of the workers' cores; shards that the stream has no more are replayed as well. All of it has to be done before the
stream loses what has come meanwhile.

Without --execute the plan is printed and nothing is changed. What was read again is never deleted: reset --undo goes back. When the command is interrupted,
the workers bring the replay to its end by themselves; reset --finish watches it, and any reset or undo may take its place. Two operators cannot
both win: the second one is told.`,
		Example: `  streamrec reset --app shop --stream clicks --bucket my-bucket --to-timestamp 2026-11-26T14:05:00+01:00
  streamrec reset --app shop --stream clicks --bucket my-bucket --by-duration 2h --reason "bad model" --execute
  streamrec reset --app shop --stream clicks --bucket my-bucket --by-duration 720h --from-log --reason "new model" --execute
  streamrec reset --app shop --stream clicks --bucket my-bucket --undo --execute`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.back = cmd.Flags().Changed("by-duration")
			return runReset(cmd.Context(), o, std)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.app, "app", "", "application: the name of the lease table (required)")
	f.StringVar(&o.stream, "stream", "", "Kinesis stream (required)")
	f.StringVar(&o.bucket, "bucket", "", "S3 bucket of the log (required)")
	f.StringVar(&o.prefix, "prefix", "events", "prefix of the log in the bucket")
	f.StringVar(&o.timestamp, "to-timestamp", "", "to the hour of this time, which needs a zone: 2026-11-26T14:05:00Z or …+01:00")
	f.DurationVar(&o.duration, "by-duration", 0, "to the hour in which it was so long ago, like 90m")
	f.BoolVar(&o.trimHorizon, "to-trim-horizon", false, "to the first hour that the stream still has as a whole")
	f.BoolVar(&o.latest, "to-latest", false, "forward: give up what has not been read until now, but for one record of each shard, and go on with what comes; needs --accept-gap")
	f.StringVar(&o.sequence, "to-sequence-number", "", "to the hour of a record: SHARD=SEQUENCE; more than one, separated by commas: the earliest hour")
	f.BoolVar(&o.undo, "undo", false, "back to what readers saw before the last replay, or see now if it is not published; a plan that changes no generations does not count")
	f.StringVar(&o.plan, "plan", "", "file with the output of -o json of this command: do that, if nothing has changed since")
	f.BoolVar(&o.resume, "resume", false, "nothing anew: open the shards that were stopped again, where they are")
	f.BoolVar(&o.fromLog, "from-log", false, "read back from the log what it has, and only what comes after that from the stream: for what is past retention, and faster")
	f.BoolVar(&o.acceptGap, "accept-gap", false, "give up what is past retention: a mark in the log says what is missing, and the audit reports it")
	f.BoolVar(&o.finish, "finish", false, "watch the replay that is on its way, and help to bring it to its end")
	operatorFlag(f, &o.operator)
	f.StringVar(&o.reason, "reason", "", "why; it is recorded")
	executeFlag(f, &o.execute, "do it; without it the plan is only shown")
	f.BoolVar(&o.detach, "detach", false, "return when the plan is made; the workers bring it to its end")
	f.Float64Var(&o.rate, "rate", 5000, "records that the fleet processes in a second, for the estimate")
	f.DurationVar(&o.failover, "failover-time", 5*time.Second, "that of the workers")
	outputFlag(cmd, &o.format)
	return cmd
}

// defaultOperator is the user at this machine.
func defaultOperator() string {
	who := cmp.Or(os.Getenv("SUDO_USER"), os.Getenv("USER"))
	if u, err := user.Current(); who == "" && err == nil {
		who = u.Username
	}
	return cmp.Or(who, "somebody") + "@" + defaultName()
}

func (o resetOptions) validate() error {
	errs := []error{required(map[string]string{"app": o.app, "stream": o.stream, "bucket": o.bucket})}
	ways := 0
	for _, given := range []bool{o.timestamp != "", o.back, o.trimHorizon, o.latest, o.sequence != "", o.undo, o.plan != "", o.finish, o.resume} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		errs = append(errs, errors.New("say where to: one of --to-timestamp, --by-duration, --to-trim-horizon, --to-sequence-number, --to-latest, --undo, --resume, --plan or --finish"))
	}
	if o.latest && !o.acceptGap {
		errs = append(errs, errors.New("--to-latest: gives up what has not been read yet, for ever once it is past retention: say so with --accept-gap"))
	}
	if o.fromLog && (o.resume || o.latest || o.finish || o.plan != "") {
		errs = append(errs, errors.New("--from-log: goes with a place to go back to, or --undo; a plan says by itself whether the log is read back"))
	}
	if o.back && o.duration <= 0 {
		errs = append(errs, errors.New("--by-duration: must be positive, it is how far to go back"))
	}
	if !(o.rate > 0 && o.rate <= math.MaxInt32) || o.failover < 100*time.Millisecond {
		errs = append(errs, errors.New("--rate must be positive, at most 2147483647, and --failover-time at least 100ms"))
	}
	if o.timestamp != "" {
		if _, err := time.Parse(time.RFC3339, o.timestamp); err != nil {
			errs = append(errs, fmt.Errorf("--to-timestamp: want a time with zone like 2026-11-26T14:05:00Z or 2026-11-26T14:05:00+01:00, not %q", o.timestamp))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return usageError{err}
	}
	return nil
}

// resetTool is what the command works with.
type resetTool struct {
	*replayer
	o   resetOptions
	std streams
}

func runReset(ctx context.Context, o resetOptions, std streams) error {
	if err := o.validate(); err != nil {
		return err
	}
	c, err := loadClients(ctx)
	if err != nil {
		return err
	}
	r, err := newReplayer(ctx, c, deployment{app: o.app, stream: o.stream, bucket: o.bucket, layout: layoutOf(o.prefix)}, o.failover)
	if err != nil {
		return err
	}
	t := &resetTool{r, o, std}
	if o.finish {
		return t.finish(ctx, time.Now())
	}
	d, s, err := t.draft(ctx)
	if err != nil {
		return err
	}
	plan := t.describe(d, s)
	if !o.execute {
		return plan.write(std.out, o.format)
	}
	if err := t.permit(plan); err != nil {
		return err
	}
	return t.carryOut(ctx, d, plan)
}

// draft draws up what is wanted.
func (t *resetTool) draft(ctx context.Context) (*replay.Draft, replay.Superseded, error) {
	rows, plan, err := t.store.Leases(ctx)
	if err != nil {
		return nil, replay.Superseded{}, explain("lease table "+t.o.app, err)
	}
	if len(rows) == 0 {
		return nil, replay.Superseded{}, refuse("application %s has no shards yet: start a worker first", t.o.app)
	}
	requests, err := t.requests(ctx, rows, plan)
	if err != nil {
		return nil, replay.Superseded{}, err
	}
	for i, request := range requests {
		d, err := replay.Prepare(ctx, t.source, rows, plan, request, t.progress())
		if errors.Is(err, replay.ErrNothingToUndo) {
			return nil, replay.Superseded{}, refuse("%w", err)
		}
		if err != nil {
			return nil, replay.Superseded{}, explain("read the log", err)
		}
		s, err := d.Survey(ctx, t.source, t.stream)
		if err != nil {
			return nil, s, explain("read the log", err)
		}
		if i == len(requests)-1 || !anyMissing(d) {
			return d, s, nil
		}
	}
	return nil, replay.Superseded{}, errors.New("nothing was asked for")
}

func (t *resetTool) progress() func(done, of int) {
	bar := progressBar(t.std.err, "shards")
	if bar == nil {
		return nil
	}
	return func(done, of int) { bar(int64(done), int64(of)) }
}

func anyMissing(d *replay.Draft) bool {
	for i := range d.Shards {
		if d.Shards[i].Missing() {
			return true
		}
	}
	return false
}
