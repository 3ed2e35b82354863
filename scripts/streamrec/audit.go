package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	infradynamo "github.com/streamrec/streamrec/infra/dynamo"
	infrakinesis "github.com/streamrec/streamrec/infra/kinesis"
	infras3 "github.com/streamrec/streamrec/infra/s3"
	"github.com/streamrec/streamrec/infra/telemetry"
	"github.com/streamrec/streamrec/processor/audit"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/shardlog"
)

// auditOptions are the flags of the audit command.
type auditOptions struct {
	app, stream, bucket, prefix string
	generation                  int
	ackLog                      string
	skipRows, skipStream        bool
	sweepStrays, execute        bool
	format                      output
}

// errNotClean is the verdict of an audit that has found something. The report has said what.
var errNotClean = errors.New("the log is not clean")

func newAuditCommand(std streams) *cobra.Command {
	var o auditOptions
	cmd := &cobra.Command{
		Use: "audit", Short: "Prove from the bucket that every record is in exactly one committed object",
		Long: `Prove from the bucket that, for every shard, the objects follow each other without gap or overlap, that their counts and hashes
are right, and that the checkpoint does not lead; and from the stream, within its retention, that every record is in the
object where it belongs. Gaps that somebody has accepted are reported and are no anomalies. It changes nothing, but for
--sweep-strays --execute, which removes objects that repeat records of others and never one of a chain. Exit code 0: clean, 1: not, and the report names each object that is wrong and what that means.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return runAudit(cmd.Context(), o, std) },
	}
	f := cmd.Flags()
	f.StringVar(&o.app, "app", "", "application: the name of the lease table (required)")
	f.StringVar(&o.stream, "stream", "", "Kinesis stream (required)")
	f.StringVar(&o.bucket, "bucket", "", "S3 bucket of the log (required)")
	f.StringVar(&o.prefix, "prefix", "events", "prefix of the log in the bucket")
	f.IntVar(&o.generation, "generation", 0, "audit this generation alone; 0 audits what readers see: of each hour the generation that has been published")
	f.StringVar(&o.ackLog, "ack-log", "", "acknowledgement log of a producer: each of its records has to be in the log")
	f.BoolVar(&o.skipRows, "skip-rows", false, "believe the metadata of the objects, do not read their rows")
	f.BoolVar(&o.skipStream, "skip-stream", false, "do not compare with the stream")
	f.BoolVar(&o.sweepStrays, "sweep-strays", false, "say which stray objects can be removed: those whose records are all in committed objects, too")
	executeFlag(f, &o.execute, "with --sweep-strays: remove them")
	outputFlag(cmd, &o.format)
	return cmd
}

func runAudit(ctx context.Context, o auditOptions, std streams) error {
	if err := required(map[string]string{"app": o.app, "stream": o.stream, "bucket": o.bucket}); err != nil {
		return err
	}
	if err := checkGeneration(o.generation); err != nil {
		return usageError{err}
	}
	if o.execute && !o.sweepStrays || o.sweepStrays && o.skipRows {
		return usageError{errors.New("--execute needs --sweep-strays, which excludes --skip-rows: an object is removed only when its rows have been read")}
	}
	c, err := loadClients(ctx)
	if err != nil {
		return err
	}
	d := deployment{app: o.app, stream: o.stream, bucket: o.bucket, layout: layoutOf(o.prefix)}
	options, err := auditDeployment(ctx, c, d, o.generation)
	if err != nil {
		return err
	}
	options.SkipRows = o.skipRows
	if o.skipStream {
		options.Stream = nil
	}
	if o.ackLog != "" {
		file, err := os.Open(o.ackLog)
		if err != nil {
			return usageError{fmt.Errorf("--ack-log: %w", err)}
		}
		defer func() { _ = file.Close() }() // it was only read
		options.Acks = audit.ReadAckLog(file)
	}
	options.Progress = progressBar(std.err, "audit")
	report, err := audit.Run(ctx, options)
	if err != nil {
		return explain("audit", err)
	}
	verdict := printAudit(report, o.format, std.out)
	if o.sweepStrays {
		return errors.Join(verdict, sweepStrays(ctx, infras3.NewBucket(c.s3, o.bucket), report, o.execute, std))
	}
	return verdict
}

// sweepStrays removes the stray objects that are no loss, or only names them.
func sweepStrays(ctx context.Context, bucket *infras3.Bucket, r *audit.Report, execute bool, std streams) error {
	keys := r.Sweepable()
	for _, key := range keys {
		if execute {
			if err := bucket.Delete(ctx, key); err != nil {
				return explain("sweep strays", err)
			}
			std.say("removed %s", key)
		} else {
			std.say("can be removed: %s", key)
		}
	}
	left := r.Totals.Strays - int64(len(keys))
	switch {
	case execute:
		std.say("%d stray objects removed, %d left; audit once more", len(keys), left)
	case len(keys) > 0:
		std.say("%d stray objects can be removed, with --execute; %d are left to you", len(keys), left)
	default:
		std.say("no stray object can be removed; %d are left to you", left)
	}
	return nil
}

// auditDeployment checks what an audit needs, and reads the checkpoints before the log, which only grows.
func auditDeployment(ctx context.Context, c clients, d deployment, generation int) (audit.Options, error) {
	check, cancel := context.WithTimeout(ctx, preflightTimeout)
	defer cancel()
	if _, err := checkStream(check, c, d.stream); err != nil {
		return audit.Options{}, err
	}
	bucket, err := checkBucket(check, c, d.bucket)
	if err != nil {
		return audit.Options{}, err
	}
	if err := checkTable(check, c, d.app, false); err != nil {
		return audit.Options{}, err
	}
	if err := d.checkBinding(check, c); err != nil {
		return audit.Options{}, err
	}
	store := infradynamo.NewStore(c.dynamodb, d.app)
	leases, _, err := store.Leases(check)
	if err != nil {
		return audit.Options{}, explain("lease table "+d.app, err)
	}
	genesis, err := store.Genesis(check)
	if err != nil && !errors.Is(err, lease.ErrAbsent) {
		return audit.Options{}, explain("lease table "+d.app, err)
	}
	layout, err := readersLayout(check, bucket, d.layout, generation)
	if err != nil {
		return audit.Options{}, explain("bucket "+d.bucket, err)
	}
	return audit.Options{
		Env: worker.System{}, Bucket: bucket, Layout: layout, Checkpoints: checkpoints(leases, layout, d.layout), Began: began(genesis),
		Stream: auditStream{infrakinesis.NewStream(c.kinesis, d.stream)},
	}, nil
}

// began is the arrival from which on all records belong to the log, zero when it is not known. An application that began at the trim
// horizon has had all that the stream has now.
func began(g lease.Genesis) time.Time {
	switch g.Position.Type {
	case lease.TrimHorizon:
		return time.Unix(0, 0)
	case lease.AtTimestamp:
		if ms, err := strconv.ParseInt(g.Position.Value, 10, 64); err == nil {
			return time.UnixMilli(ms)
		}
	}
	return time.Time{}
}

// checkpoints leaves out the shards that the stream had lost before anybody could read them: nobody has owned them, and they have no log. While a replay is
// on its way the rows belong to another layout than that which readers see.
func checkpoints(leases []lease.Lease, layout, base chain.Layout) map[string]audit.Checkpoint {
	out := map[string]audit.Checkpoint{}
	for _, l := range leases {
		written, err := shardlog.LayoutOf(base, l.Map)
		if err != nil || written.Map().String() != layout.Map().String() || l.Ended() && l.StartingHashKey == "" {
			continue
		}
		p := audit.Checkpoint{Ended: l.Ended()}
		if l.Checkpoint.Type == lease.AfterSequenceNumber {
			p.Last, p.Hour = l.Checkpoint.Value, chain.Hour(l.Checkpoint.Hour)
		}
		out[l.Key] = p
	}
	return out
}

// progressBar draws a bar on a terminal and is silent elsewhere.
func progressBar(w io.Writer, what string) func(done, total int64) {
	if !telemetry.IsTerminal(w) {
		return nil
	}
	bar := progressbar.NewOptions64(1, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(what), progressbar.OptionShowCount(),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	return func(done, total int64) {
		bar.ChangeMax64(max(total, 1))
		_ = bar.Set64(done)
	}
}

func printAudit(r *audit.Report, format output, out io.Writer) error {
	var err error
	if format == outputJSON {
		err = json.NewEncoder(out).Encode(r)
	} else {
		err = r.WriteText(out)
	}
	if err == nil && !r.Clean() {
		return errNotClean
	}
	return err
}
