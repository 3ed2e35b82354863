package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/spf13/cobra"

	"github.com/streamrec/streamrec/infra/dashboard"
	infradynamo "github.com/streamrec/streamrec/infra/dynamo"
	infrakinesis "github.com/streamrec/streamrec/infra/kinesis"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

type statusOptions struct {
	app, stream string
	watch       bool
	interval    time.Duration
	lagInterval time.Duration
	noLag       bool
	noUpstream  bool
	failover    time.Duration
	format      output
}

const statusHelp = `Show who works on which shard and how far it is: one look at the lease table and the stream. Nothing is changed.

States of a shard
  new        the stream has it, and no worker has seen it yet
  unowned    nobody works on it, anybody may take it
  owned      a worker has its lease
  abandoned  its owner has gone without a word, and nobody has taken it yet
  waiting    its parents have not been processed to their ends
  ended      all its records have been processed
  stopped    nobody takes it before a reset; the reason is shown
States of a worker: working, leaving (hands its leases over), silent (has given no sign for twice the failover time).
FAILOVER is the --failover-time of a worker, which has to be that of all: they judge each other by it.

LAG is how long the first record that has not been committed yet has been waiting; 0s: there is none. It costs one read of
every open shard, of the five a second that all readers of a shard share: --no-lag spares them, and with --watch each shard is
read no more often than --lag-interval. AGE is the time since the checkpoint was moved. Ages of heartbeats and
checkpoints depend on the clocks of the workers and of this machine; the fleet decides nothing by them.

RECORDS/S is a mean of about the last minute: of a worker as of its last heartbeat, of a shard as its owner says when it is asked, at the
address in the table; of one that does not answer it is as old as the checkpoint. - : nobody reads the shard, or its worker is silent. What is
read in the first ten seconds of a term counts as if it had taken ten.

UPSTREAM is what producers send, as far as workers answer at the addresses in the table: rows that were processed of the last ten minutes (after
a failure some are processed again, and count again; the log has each once), how many of them could
not be decoded, by class, and how many had fields without a column; fields that are new; and how long nothing has arrived, beside what usually
does. --no-upstream asks nobody, neither for this nor for RECORDS/S.

With -o json there is one object for each look, on one line; times are RFC 3339, null is not known:
  app, stream, time
  coverage   {openShards, complete, hole: {from, to}}: whether the open shards cover the hash range
  workers    [{worker, state, address, heartbeat, heartbeatAgeMillis, leases, recordsPerSecond, failoverMillis}]
  handOffs   [{shard, from, to, cause}]: leases that are about to move; the cause is requested or leaving
  shards     [{shard, state, owner, leaseCounter, checkpoint, checkpointAgeMillis, lagMillis, lagReadMillisAgo, recordsPerSecond,
             parents, children, waitsFor, stopped}]
  upstream   {workers, rows, failures: {class: rows}, unknown, formats: {format: rows}, fields: [{name, rows, since, new}], newest,
             silentMillis, usualRowsPerSecond, missedRows}
With --watch a look that fails is {app, stream, time, error}.`

func newStatusCommand(std streams) *cobra.Command {
	var o statusOptions
	cmd := &cobra.Command{
		Use: "status", Short: "Show shards, owners, lag and workers", Long: statusHelp,
		RunE: func(cmd *cobra.Command, _ []string) error { return runStatus(cmd.Context(), o, std) },
	}
	cmd.Flags().StringVar(&o.app, "app", "", "application: the name of the lease table (required)")
	cmd.Flags().StringVar(&o.stream, "stream", "", "Kinesis stream (required)")
	cmd.Flags().BoolVar(&o.watch, "watch", false, "show it again and again until interrupted")
	cmd.Flags().DurationVar(&o.interval, "interval", 2*time.Second, "time between two looks with --watch")
	cmd.Flags().DurationVar(&o.lagInterval, "lag-interval", 10*time.Second, "least time between two reads of a shard with --watch")
	cmd.Flags().BoolVar(&o.noLag, "no-lag", false, "do not read the shards")
	cmd.Flags().BoolVar(&o.noUpstream, "no-upstream", false, "do not ask the workers what producers send")
	cmd.Flags().DurationVar(&o.failover, "failover-time", 5*time.Second, "that of the workers")
	outputFlag(cmd, &o.format)
	return cmd
}

func (o statusOptions) validate() error {
	if err := required(map[string]string{"app": o.app, "stream": o.stream}); err != nil {
		return err
	}
	if min(o.interval, o.lagInterval, o.failover) < 100*time.Millisecond {
		return usageError{errors.New("--interval, --lag-interval, --failover-time: must be at least 100ms")}
	}
	return nil
}

func runStatus(ctx context.Context, o statusOptions, std streams) error {
	if err := o.validate(); err != nil {
		return err
	}
	c, err := loadClients(ctx)
	if err != nil {
		return err
	}
	if err := checkSources(ctx, c, o); err != nil {
		return err
	}
	l := newLookout(c, o)
	if o.watch {
		return newStatusWatch(o, l, std).run(ctx)
	}
	s, err := l.look(ctx)
	if err != nil {
		return explain("status", err)
	}
	return s.write(std.out, o.format)
}

// checkSources refuses what is not there.
func checkSources(ctx context.Context, c clients, o statusOptions) error {
	ctx, cancel := context.WithTimeout(ctx, preflightTimeout)
	defer cancel()
	if _, err := checkStream(ctx, c, o.stream); err != nil {
		return err
	}
	if err := checkTable(ctx, c, o.app, false); err != nil {
		return err
	}
	return deployment{app: o.app, stream: o.stream}.checkBinding(ctx, c)
}

// lookout looks at an application from outside.
type lookout struct {
	statusOptions
	store  lease.Store
	source worker.Stream
	lag    *lagGauge        // nil: the shards are not read
	peers  *dashboard.Peers // nil: the workers are not asked
}

func newLookout(c clients, o statusOptions) *lookout {
	l := &lookout{statusOptions: o, store: infradynamo.NewStore(c.dynamodb, o.app), source: infrakinesis.NewStream(c.kinesis, o.stream)}
	if !o.noLag {
		once := kinesis.New(c.kinesis.Options(), func(k *kinesis.Options) { k.Retryer, k.RetryMaxAttempts = aws.NopRetryer{}, 0 })
		l.lag = newLagGauge(infrakinesis.NewStream(once, o.stream), o.lagInterval)
	}
	if !o.noUpstream {
		l.peers = dashboard.NewPeers(time.Now)
	}
	return l
}

// lookTimeout bounds one look, so that --watch can say that something hangs.
const lookTimeout = 15 * time.Second

// look reads the lease table, the list of shards and, where it is due, the shards. Leases are read before the workers: an owner
// that is missing among workers read later is gone.
func (l *lookout) look(ctx context.Context) (*status, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	leases, plan, err := l.store.Leases(ctx)
	if err != nil {
		return nil, err
	}
	workers, err := l.store.Workers(ctx)
	if err != nil {
		return nil, err
	}
	seen := sighting{at: time.Now(), plan: plan, leases: leases, workers: workers, silence: 2 * l.failover}
	listed, err := l.source.Shards(ctx)
	if err == nil {
		seen.listed = listed
		seen.leases = slices.Concat(leases, withoutRows(listed, leases))
		slices.SortFunc(seen.leases, func(a, b lease.Lease) int { return cmp.Compare(a.Key, b.Key) })
	}
	if l.lag != nil {
		seen.lags = l.lag.measure(ctx, leases)
	}
	var selves []dashboard.Self
	if l.peers != nil {
		selves = l.peers.AskAll(ctx, peersOf(workers))
		seen.said = saidOf(selves)
	}
	s := seen.status()
	s.Upstream = upstreamOf(selves, leases)
	s.App, s.Stream = l.app, l.stream
	return s, nil
}

// write writes one status.
func (s *status) write(out io.Writer, format output) error {
	if format == outputJSON {
		return json.NewEncoder(out).Encode(s)
	}
	for _, line := range s.lines() {
		if _, err := io.WriteString(out, line+"\n"); err != nil {
			return err
		}
	}
	return nil
}

func sorted(s []string) []string { return slices.Sorted(slices.Values(s)) }
