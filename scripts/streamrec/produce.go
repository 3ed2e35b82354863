package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/streamrec/streamrec/infra/telemetry"
	"github.com/streamrec/streamrec/scripts/produce"
	"github.com/streamrec/streamrec/scripts/weblog"
)

func newProduceCommand(std streams) *cobra.Command {
	var o produce.Options
	var format output
	var formats formatOptions
	var rules string
	cmd := &cobra.Command{
		Use: "produce", Short: "Put an event file, a web server's log, or synthetic shoppers, into a stream",
		Long: `Put an event file, the activity in the log of a web server, or what the shoppers of a synthetic shop do, into a stream. Records of one session keep their order;
what the stream does not take at once is tried again. A stream that takes nothing at all ends the run after 30 s, with --follow after 10 min. The summary goes to stdout. An interrupt ends the run after everything
that was read is acknowledged.

An event file has one JSON record per line, native or in one of the formats that workers read too, or is CSV with a header that names at least the columns ts_ms, session, event
(view, cart or purchase) and item; either may be compressed with gzip.

--follow reads a log of JSON lines, or in the combined log format, while it is written and rotated. Requests that are no activity, system metrics
and robots are left out; rules say what is what. A producer that is killed goes on where it was: what it puts twice has the same
event_id.`,
		Example: `  streamrec produce --stream clicks --file events.csv.gz --speed 60
  streamrec produce --stream clicks --file - --malformed skip < events.jsonl
  streamrec produce --stream clicks --follow /var/log/nginx/access.log --rules shop.json
  streamrec produce --stream clicks --shop --rate 200 --duration 2m --ack-log acks.jsonl`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Output = format.String()
			var err error
			if o.Format, o.Formats, err = formats.ofFile(); err != nil {
				return err
			}
			if o.Rules, err = readRules(rules); err != nil {
				return err
			}
			return runProduce(cmd.Context(), o, std)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Stream, "stream", "", "Kinesis stream to put into (required)")
	f.StringVar(&o.File, "file", "", "event file to put; - is standard input")
	f.StringVar(&formats.name, "format", produce.DefaultFormat, "format of the lines: json, csv, streamrec, segment, ga4, custom, or auto to see from each of them; JSON is put as it stands")
	formats.fileFlag(f)
	f.StringVar(&o.Malformed, "malformed", "", "what a malformed line does: stop the run, or skip the line; stop for a file, skip for a log that is followed")
	f.StringVar(&o.Follow, "follow", "", "log of a web server to follow through rotations, until an interrupt; shoppers' activity in it is put")
	f.StringVar(&rules, "rules", "", "file of rules which lines of the log are activity, see scripts/weblog/README.md")
	f.StringVar(&o.Position, "position", "", "file that remembers how far the log was put; defaults to the log's name with .position")
	f.StringVar(&o.From, "from", "", "where a log begins that has no position yet: start (default) or end")
	f.BoolVar(&o.Shop, "shop", false, "put what synthetic shoppers do, instead of a file")
	f.IntVar(&o.Shoppers, "shoppers", produce.DefaultShoppers, "how many shoppers; half of them browse at a time")
	f.Uint64Var(&o.Seed, "seed", 1, "what the shoppers do; the same number gives the same records")
	f.DurationVar(&o.Duration, "duration", 0, "how long the shoppers go on; 0 is until an interrupt")
	f.Float64Var(&o.Rate, "rate", 0, "records per second; 0 is as many as the stream takes")
	f.Float64Var(&o.Speed, "speed", 0, "replay the file by its own times, so many times faster; 0 ignores them")
	f.Int64Var(&o.Limit, "limit", 0, "end after so many records; 0 does not")
	f.StringVar(&o.AckLog, "ack-log", "", "file to append a JSON line to for every acknowledged record: n, key, shard, seq, sha256 of the payload")
	f.IntVar(&o.MaxInFlight, "max-in-flight", produce.DefaultMaxInFlight, "requests that may be under way at once")
	outputFlag(cmd, &format)
	return cmd
}

func runProduce(ctx context.Context, o produce.Options, std streams) error {
	c, err := loadClients(ctx)
	if err != nil {
		return err
	}
	_, err = produce.Run(ctx, o, produce.Deps{
		Client: c.kinesis, Stdin: std.in, Stdout: std.out, Stderr: std.err, Terminal: telemetry.IsTerminal(std.err),
	})
	return produceError(err)
}

// produceError gives an error the exit code of its class.
func produceError(err error) error {
	switch {
	case errors.Is(err, produce.ErrUsage):
		return usageError{err}
	case errors.Is(err, produce.ErrRefused):
		return refusedError{err}
	default:
		return err
	}
}

// readRules reads a file of rules; no file is nil.
func readRules(path string) (*weblog.Rules, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err == nil {
		var rules *weblog.Rules
		if rules, err = weblog.Parse(text); err == nil {
			return rules, nil
		}
	}
	return nil, usageError{fmt.Errorf("--rules %s: %w", path, err)}
}
