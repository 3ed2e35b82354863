package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/sirupsen/logrus"
	"github.com/spf13/cobra"

	"github.com/streamrec/streamrec/infra/local"
	"github.com/streamrec/streamrec/infra/telemetry"
	"github.com/streamrec/streamrec/processor/chain"
)

// demoOptions are the flags of the demo command.
type demoOptions struct {
	duration time.Duration
	workers  int
	shards   int
	rate     float64
	shoppers int
	seed     uint64
	headless bool
	listen   string
	keep     string
	logFile  string
	format   output
}

func newDemoCommand(std streams) *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use: "demo", Short: "Watch everything work, in one process, without an AWS account",
		Long: `Run a shop, a Kinesis stream, a fleet of workers and an S3 bucket in one process. While shoppers browse, a worker crashes,
another one is deployed anew, a shard is split, shards are merged, and the fleet replays a part. At the end an audit proves from the bucket that every
record is in exactly one committed row; its verdict is the exit code.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.headless && !cmd.Flags().Changed("dashboard") {
				o.listen = off
			}
			return runDemo(cmd.Context(), o, std)
		},
	}
	f := cmd.Flags()
	f.DurationVar(&o.duration, "duration", 2*time.Minute, "how long the shop is open")
	f.IntVar(&o.workers, "workers", 3, "workers in the fleet")
	f.IntVar(&o.shards, "shards", 4, "shards of the stream")
	f.Float64Var(&o.rate, "rate", 200, "records per second")
	f.IntVar(&o.shoppers, "shoppers", 400, "people who shop")
	f.Uint64Var(&o.seed, "seed", 1, "seed of what the shoppers do")
	f.BoolVar(&o.headless, "headless", false, "print a line now and then instead of a picture of the fleet")
	f.StringVar(&o.listen, "dashboard", "127.0.0.1:0", "address of the dashboard, on which you can be one of the shoppers; port 0 takes a free one; off: none, which is the default with --headless")
	f.StringVar(&o.keep, "data-dir", "", "folder that keeps the stream, the table and the Parquet files")
	f.StringVar(&o.logFile, "log-file", "", "file for the workers' log, as JSON lines")
	outputFlag(cmd, &o.format)
	return cmd
}

func (o demoOptions) validate() error {
	var errs []error
	check := func(ok bool, text string) {
		if !ok {
			errs = append(errs, errors.New(text))
		}
	}
	check(o.duration >= 20*time.Second, "--duration: must be at least 20s, so that a crash can be seen to be survived")
	check(o.workers >= 2 && o.workers <= 16, "--workers: must be between 2 and 16")
	check(o.shards >= 2 && o.shards <= 64, "--shards: must be between 2 and 64")
	check(o.rate > 0 && o.rate <= 5000, "--rate: must be between 1 and 5000")
	check(o.rate <= 900*float64(o.shards), "--rate: is more than the shards take, 1,000 records per second each")
	check(o.shoppers >= 10 && o.shoppers <= 1_000_000, "--shoppers: must be between 10 and 1000000")
	if err := errors.Join(errs...); err != nil {
		return usageError{err}
	}
	return nil
}

// The demo's names.
const (
	demoStream = "clicks"
	demoBucket = "shop-log"
	demoApp    = "shop"

	demoFailover = 5 * time.Second
)

// demo is one run.
type demo struct {
	demoOptions
	std      streams
	services *local.Local
	fleet    *fleet
	traffic  *traffic
	view     *view
	url      string // of the dashboard; empty: there is none
	began    time.Time
	replayed int64 // number of the replay's plan
}

func runDemo(ctx context.Context, o demoOptions, std streams) error {
	if err := o.validate(); err != nil {
		return err
	}
	log, closeLog, err := demoLog(o.logFile)
	if err != nil {
		return err
	}
	services, err := local.New(local.Options{Dir: o.keep, EnforceLimits: true, Buckets: []string{demoBucket}})
	if err != nil {
		return errors.Join(refusedError{err}, closeLog())
	}
	d := &demo{demoOptions: o, std: std, services: services, began: time.Now()}
	err = d.run(ctx, log)
	return errors.Join(err, services.Close(), closeLog())
}

// run opens the shop, plays the scenario, closes everything, and judges.
func (d *demo) run(ctx context.Context, log logrus.FieldLogger) error {
	client := newClients(d.services.Config("demo"))
	if _, err := client.kinesis.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: new(demoStream), ShardCount: new(int32(d.shards))}); err != nil {
		return refuse("create the demo's stream: %w (an earlier demo's --data-dir cannot be used again)", err)
	}
	d.fleet = newFleet(d.services, deployment{app: demoApp, stream: demoStream, bucket: demoBucket, layout: chain.Layout{Prefix: "events", Generation: 1}}, log)
	if d.listen != off {
		d.fleet.questions = "127.0.0.1:0"
	}
	d.view = newView(d, d.std.err, d.headless || !telemetry.IsTerminal(d.std.err))
	d.traffic = newTraffic(d.seed, d.shoppers, d.rate)

	open, closeShop := context.WithTimeout(ctx, d.duration)
	defer closeShop()
	closePage, err := d.openPage(ctx, log)
	if err != nil {
		return err
	}
	defer closePage()
	watching := d.view.start(ctx)
	for range d.workers {
		if err := d.fleet.start(ctx); err != nil {
			return err
		}
	}
	sold := make(chan error, 1)
	go func() { sold <- d.traffic.run(open, ctx, client.kinesis) }()
	err = d.play(open, client)
	closeShop()
	err = errors.Join(err, <-sold)
	if err == nil {
		err = d.drain(ctx, client)
	}
	err = errors.Join(err, d.fleet.stopAll())
	watching()
	if ctx.Err() != nil { // whatever ended before its time says the same
		return context.Cause(ctx)
	}
	if err != nil {
		return err
	}
	return d.judge(ctx, client)
}

// drain waits until every acknowledged record has been processed.
func (d *demo) drain(ctx context.Context, c clients) error {
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, errors.New("the fleet did not catch up within a minute"))
	defer cancel()
	d.view.say("the shop is closed, the fleet catches up")
	if err := d.awaitReplay(ctx, c); err != nil {
		return err
	}
	last := d.traffic.last()
	for !d.fleet.stats.reachedAll(last) {
		if err := sleep(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// demoLog writes the workers' log to a file, or drops it: the picture tells the story.
func demoLog(file string) (logrus.FieldLogger, func() error, error) {
	log, err := telemetry.NewLogger(io.Discard, "json", "info")
	if err != nil || file == "" {
		return log, func() error { return nil }, err
	}
	f, err := createFile(file)
	if err != nil {
		return nil, nil, usageError{fmt.Errorf("--log-file: %w", err)}
	}
	log.SetOutput(f)
	return log, f.Close, nil
}
