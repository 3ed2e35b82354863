package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	infradynamo "github.com/streamrec/streamrec/infra/dynamo"
	infrakinesis "github.com/streamrec/streamrec/infra/kinesis"
	"github.com/streamrec/streamrec/infra/telemetry"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// status is what the status command shows.
type status struct {
	App     string         `json:"app"`
	Stream  string         `json:"stream"`
	Time    time.Time      `json:"time"`
	Shards  []shardStatus  `json:"shards"`
	Workers []workerStatus `json:"workers"`
	Hole    string         `json:"hole,omitempty"` // a part of the hash range that no open shard covers
}

type shardStatus struct {
	Shard        string   `json:"shard"`
	State        string   `json:"state"` // ended, stopped, waiting, unowned, owned, abandoned
	Parents      []string `json:"parents,omitempty"`
	Owner        string   `json:"owner,omitempty"`
	LeaseCounter int64    `json:"leaseCounter"`
	Checkpoint   string   `json:"checkpoint"`
	LagMillis    *int64   `json:"lagMillis"` // how far the checkpoint is behind the tip of the shard; null when not known
	Rate         float64  `json:"recordsPerSecond"`
	Stopped      string   `json:"stopped,omitempty"`
}

type workerStatus struct {
	Worker    string  `json:"worker"`
	State     string  `json:"state"`              // working, leaving, silent
	AgeMillis int64   `json:"heartbeatAgeMillis"` // by the clocks of the worker and of this machine
	Heartbeat int64   `json:"heartbeat"`
	Shards    int     `json:"shards"`
	Rate      float64 `json:"recordsPerSecond"`
}

func newStatusCommand(std streams) *cobra.Command {
	var app, stream string
	var watch bool
	var interval time.Duration
	var format output
	cmd := &cobra.Command{
		Use: "status", Short: "Show shards, owners, lag and workers",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(map[string]string{"app": app, "stream": stream}); err != nil {
				return err
			}
			c, err := loadClients(cmd.Context())
			if err != nil {
				return err
			}
			if !watch {
				return showStatus(cmd.Context(), c, app, stream, format, std.out)
			}
			for {
				if telemetry.IsTerminal(std.out) && format == outputTable {
					fmt.Fprint(std.out, "\x1b[H\x1b[2J")
				}
				if err := showStatus(cmd.Context(), c, app, stream, format, std.out); err != nil {
					return err
				}
				if (worker.System{}).Sleep(cmd.Context(), interval) != nil {
					return nil
				}
			}
		},
	}
	cmd.Flags().StringVar(&app, "app", "", "application: the name of the lease table (required)")
	cmd.Flags().StringVar(&stream, "stream", "", "Kinesis stream (required)")
	cmd.Flags().BoolVar(&watch, "watch", false, "show it again and again until interrupted")
	cmd.Flags().DurationVar(&interval, "interval", 2*time.Second, "time between two looks with --watch")
	outputFlag(cmd, &format)
	return cmd
}

func showStatus(ctx context.Context, c clients, app, stream string, format output, out io.Writer) error {
	check, cancel := context.WithTimeout(ctx, preflightTimeout)
	defer cancel()
	if _, err := checkStream(check, c, stream); err != nil {
		return err
	}
	if err := checkTable(check, c, app, false); err != nil {
		return err
	}
	s, err := readStatus(ctx, infradynamo.NewStore(c.dynamodb, app), infrakinesis.NewStream(c.kinesis, stream))
	if err != nil {
		return explain("status", err)
	}
	s.App, s.Stream, s.Time = app, stream, time.Now().UTC().Truncate(time.Millisecond)
	if format == outputJSON {
		return json.NewEncoder(out).Encode(s)
	}
	return s.write(out)
}

// readStatus reads the table and, for each open shard, how far its checkpoint is behind.
func readStatus(ctx context.Context, store lease.Store, stream worker.Stream) (status, error) {
	leases, _, err := store.Leases(ctx)
	if err != nil {
		return status{}, err
	}
	workers, err := store.Workers(ctx)
	if err != nil {
		return status{}, err
	}
	var s status
	held := map[string]int{}
	startable := lease.Startable(leases)
	for _, l := range leases {
		row := shardStatus{
			Shard: l.Key, State: state(&l, startable), Parents: l.Parents, Owner: l.Owner, LeaseCounter: l.Counter,
			Checkpoint: l.Checkpoint.String(), Rate: l.Rate, Stopped: l.Stopped,
		}
		if row.State == "owned" && !slices.ContainsFunc(workers, func(w lease.Worker) bool { return w.ID == l.Owner }) {
			row.State = "abandoned" // its owner has left, or is long dead, and nobody was there to go on
		}
		if !l.Ended() {
			row.LagMillis = lag(ctx, stream, &l)
			held[l.Owner]++
		}
		s.Shards = append(s.Shards, row)
	}
	for _, w := range workers {
		s.Workers = append(s.Workers, newWorkerStatus(&w, held[w.ID], time.Now()))
	}
	if listed, err := stream.Shards(ctx); err == nil {
		if from, to, ok := lease.Hole(listed); ok {
			s.Hole = from + ".." + to
		}
	}
	return s, nil
}

// silence is the age of a heartbeat from which on a worker is shown as silent: twice the default failover time. The fleet
// itself decides by its own observations.
const silence = 10 * time.Second

func newWorkerStatus(w *lease.Worker, shards int, now time.Time) workerStatus {
	age := max(0, now.Sub(time.UnixMilli(w.At)))
	state := "working"
	switch {
	case age > silence:
		state = "silent"
	case w.Leaving:
		state = "leaving"
	}
	return workerStatus{Worker: w.ID, State: state, AgeMillis: age.Milliseconds(), Heartbeat: w.Counter, Shards: shards, Rate: w.Rate}
}

func state(l *lease.Lease, startable func(*lease.Lease) bool) string {
	switch {
	case l.Ended():
		return "ended"
	case l.Stopped != "":
		return "stopped"
	case l.Owner != "":
		return "owned"
	case !startable(l):
		return "waiting"
	}
	return "unowned"
}

// lag asks the stream how far the checkpoint is behind. Nil means that it cannot tell.
func lag(ctx context.Context, stream worker.Stream, l *lease.Lease) *int64 {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	iterator, err := stream.Iterator(ctx, l.Key, l.Checkpoint)
	if err != nil {
		return nil
	}
	page, err := stream.Read(ctx, iterator, 1)
	if err != nil {
		return nil
	}
	behind := page.MillisBehindLatest
	if len(page.Records) > 0 {
		behind = max(behind, time.Since(page.Records[0].Arrival).Milliseconds())
	}
	return &behind
}

func (s status) write(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "APP %s\tSTREAM %s\t%s\n\n", s.App, s.Stream, s.Time.Format(time.RFC3339))
	fmt.Fprintln(w, "SHARD\tSTATE\tOWNER\tCOUNTER\tLAG\tRECORDS/S\tCHECKPOINT")
	for _, sh := range s.Shards {
		lag := "-"
		if sh.LagMillis != nil {
			lag = (time.Duration(*sh.LagMillis) * time.Millisecond).String()
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%.1f\t%s\n", sh.Shard, sh.State, cmp.Or(sh.Owner, "-"), sh.LeaseCounter, lag, sh.Rate, sh.Checkpoint)
	}
	fmt.Fprintln(w, "\nWORKER\tSTATE\tSHARDS\tLAST HEARTBEAT\tRECORDS/S")
	for _, wk := range s.Workers {
		fmt.Fprintf(w, "%s\t%s\t%d\t%v ago\t%.1f\n", wk.Worker, wk.State, wk.Shards, time.Duration(wk.AgeMillis)*time.Millisecond, wk.Rate)
	}
	for _, sh := range s.Shards {
		if sh.Stopped != "" {
			fmt.Fprintf(w, "\n%s is stopped: %s\n", sh.Shard, sh.Stopped)
		}
	}
	if s.Hole != "" {
		fmt.Fprintf(w, "\nno open shard covers the hash keys %s\n", s.Hole)
	}
	return w.Flush()
}

func sorted(s []string) []string { return slices.Sorted(slices.Values(s)) }
