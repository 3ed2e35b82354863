package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/erasure"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/processor/follow"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// workerOptions are the flags of the worker command.
type workerOptions struct {
	app, stream, bucket, prefix string
	name                        string
	initial                     string
	failover                    time.Duration
	grace                       time.Duration
	flushAge                    time.Duration
	flushBytes                  int64
	memoryBudget                int64
	recommendations             int
	restoreWindow               time.Duration
	mergeInterval               time.Duration
	snapshotEvery               time.Duration
	catalogue                   string
	hidePurchased               bool
	noCreateTables              bool
	noPrivacy                   bool
	privacyKeyFile              string
	logFormat, logLevel         string
	formats                     formatOptions
	http                        httpOptions
	admin                       adminOptions
	dashboard                   dashboardOptions
}

func newWorkerCommand(std streams) *cobra.Command {
	var o workerOptions
	cmd := &cobra.Command{
		Use: "worker", Short: "Run one worker; run as many as you like",
		Long: `Run one worker. It shares the shards of the stream with all other workers of the same application, through leases in the
DynamoDB table of that name, and writes their records with recommendations to the bucket. SIGTERM hands its shards over.`,
		Example: `  openssl rand -hex 32 > privacy.key
  streamrec worker --app shop --stream clicks --bucket my-bucket --privacy-key-file privacy.key`,
		RunE: func(cmd *cobra.Command, _ []string) error { return runWorker(cmd.Context(), o, std) },
	}
	f := cmd.Flags()
	f.StringVar(&o.app, "app", "", "application: the name of the lease table (required)")
	f.StringVar(&o.stream, "stream", "", "Kinesis stream to consume (required)")
	f.StringVar(&o.bucket, "bucket", "", "S3 bucket for the log (required)")
	f.StringVar(&o.prefix, "prefix", "events", "prefix of the log in the bucket")
	nameFlag(f, &o.name, "name")
	f.StringVar(&o.initial, "initial-position", "TRIM_HORIZON", "where a new application begins: TRIM_HORIZON, LATEST, or a time like 2026-11-23T09:00:00Z")
	f.DurationVar(&o.failover, "failover-time", 5*time.Second, "a worker that gives no sign for this long is dead; the same for all workers")
	f.DurationVar(&o.grace, "shutdown-grace", 30*time.Second, "time to hand all shards over after SIGTERM")
	f.DurationVar(&o.flushAge, "flush-age", time.Minute, "write a batch when it is this old")
	f.Int64Var(&o.flushBytes, "flush-bytes", 128<<20, "write a batch when it has this many bytes of Parquet")
	budgetFlag(f, &o.memoryBudget, "bytes of memory for the open batches and uploads of all shards; the largest batch is written when they need more")
	f.IntVar(&o.recommendations, "recommendations", 20, "recommendations in each row; -1 for none")
	f.DurationVar(&o.restoreWindow, "restore-window", 24*time.Hour, "how much of the log the model is restored from when there is no snapshot")
	f.DurationVar(&o.mergeInterval, "merge-interval", 10*time.Second, "how often to merge what other shards have learnt; 0 recommends from each shard alone")
	f.DurationVar(&o.snapshotEvery, "snapshot-every", 15*time.Minute, "how often within an hour to write what is merged, from which a worker that starts goes on; 1h: only at full hours")
	f.StringVar(&o.catalogue, "catalogue", "", "file of products; only what it says is in stock is recommended; read again when it changes")
	f.BoolVar(&o.hidePurchased, "hide-purchased", false, "recommend nothing that the session has bought")
	f.BoolVar(&o.noCreateTables, "no-create-tables", false, "refuse to start when the lease table does not exist")
	f.BoolVar(&o.noPrivacy, "no-privacy", false, "store customer numbers and undecodable records in clear")
	f.StringVar(&o.privacyKeyFile, "privacy-key-file", "", "file with the secret, 32 bytes in hex or base64, that pseudonymises customers; or set STREAMREC_PRIVACY_KEY")
	f.StringVar(&o.logFormat, "log-format", "auto", "format of the log on stderr: text, json, or auto: text on a terminal")
	f.StringVar(&o.logLevel, "log-level", "info", "least level to log: debug, info, warning or error")
	o.formats.flags(f)
	o.http.flags(f)
	o.admin.flags(f)
	o.dashboard.flags(f)
	return cmd
}

// defaultName is the host's, which is the pod's or the task's where there is one.
func defaultName() string {
	if name, err := os.Hostname(); err == nil && name != "" {
		return name
	}
	return "worker"
}

func (o workerOptions) deployment() deployment {
	return deployment{app: o.app, stream: o.stream, bucket: o.bucket, layout: layoutOf(o.prefix)}
}

// configs translates the flags. The error is a usage error that names everything that is wrong.
func (o workerOptions) configs(now time.Time) (worker.Config, processor.Config, error) {
	missing := required(map[string]string{"app": o.app, "stream": o.stream, "bucket": o.bucket})
	initial, initialErr := parseInitial(o.initial, now)
	privacy, privacyErr := loadPrivacy(o.noPrivacy, o.privacyKeyFile)
	formats, formatErr := o.formats.set()
	w := worker.Config{
		Name: o.name, Application: o.app, Stream: o.stream,
		Lease: lease.Config{Failover: o.failover, Grace: o.grace, Initial: initial},
	}
	p := processor.Config{
		Layout: o.deployment().layout, MaxBytes: o.flushBytes, MaxAge: o.flushAge, Recommendations: o.recommendations,
		RestoreWindow: o.restoreWindow, Privacy: privacy, Model: o.model(), Budget: processor.NewBudget(o.memoryBudget),
		Foreign: formats.Makers(),
	}
	zero := o.validate()
	err := errors.Join(missing, initialErr, privacyErr, formatErr, zero)
	if missing == nil && zero == nil {
		err = errors.Join(err, w.Validate(), p.Validate(), o.validateMerge())
	}
	if err != nil {
		return w, p, usageError{err}
	}
	return w, p, nil
}

// validate says what is wrong with flags whose zero value means the default to what they configure: nobody who writes 0 means that.
func (o workerOptions) validate() error {
	return errors.Join(
		checkLists(o.recommendations),
		positive("--failover-time", o.failover), positive("--shutdown-grace", o.grace), positive("--flush-age", o.flushAge),
		positive("--flush-bytes", o.flushBytes), positive("--restore-window", o.restoreWindow), positive("--snapshot-every", o.snapshotEvery),
	)
}

// model returns the parameters of the model.
func (o workerOptions) model() *model.Params {
	p := model.DefaultParams()
	p.HidePurchased = o.hidePurchased
	return &p
}

// follow configures how other shards are followed; nil when they are not.
func (o workerOptions) follow(erased *erasure.List) *follow.Config {
	if o.mergeInterval == 0 {
		return nil
	}
	cfg := &follow.Config{Layout: o.deployment().layout, Model: *o.model(), Window: o.restoreWindow, Interval: o.mergeInterval, Every: o.snapshotEvery}
	if erased != nil {
		cfg.Erased, cfg.Tombstones = erased.Erased, erased.Tombstones
	}
	return cfg
}

func (o workerOptions) validateMerge() error {
	if cfg := o.follow(nil); cfg != nil {
		return cfg.Validate()
	}
	return nil
}

// parseInitial resolves LATEST to now: it means the moment at which the application begins, not the one at which each shard does.
func parseInitial(s string, now time.Time) (lease.Position, error) {
	switch strings.ToUpper(s) {
	case string(lease.TrimHorizon):
		return lease.Position{Type: lease.TrimHorizon}, nil
	case "LATEST":
		return lease.At(now.UnixMilli()), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return lease.Position{}, fmt.Errorf("--initial-position: want TRIM_HORIZON, LATEST, or a time with zone like 2026-11-23T09:00:00Z, not %q", s)
	}
	return lease.At(t.UnixMilli()), nil
}

// privacyKeyVariable holds a privacy key in the environment.
const privacyKeyVariable = "STREAMREC_PRIVACY_KEY"

// loadPrivacy returns nil only when --no-privacy says so.
func loadPrivacy(off bool, file string) (*event.Privacy, error) {
	secret := os.Getenv(privacyKeyVariable)
	switch {
	case off && (file != "" || secret != ""):
		return nil, errors.New("--no-privacy and a privacy key exclude each other")
	case file != "" && secret != "":
		return nil, errors.New("there are two privacy keys, --privacy-key-file and " + privacyKeyVariable + ": say which by removing the other one")
	case off:
		return nil, nil
	case file == "" && secret == "":
		return nil, errors.New("no privacy key: make one with 'openssl rand -hex 32 > privacy.key' and pass --privacy-key-file privacy.key, or store customers in clear with --no-privacy")
	}
	var key event.Key
	var err error
	if file != "" {
		key, err = event.ReadKeyFile(file)
	} else {
		key, err = event.ParseKey(secret)
	}
	if err != nil {
		return nil, fmt.Errorf("privacy key: %w", err)
	}
	return event.NewPrivacy(key)
}
