package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	infras3 "github.com/streamrec/streamrec/infra/s3"
	"github.com/streamrec/streamrec/processor/audit"
)

// demoReport is what the demo says at its end.
type demoReport struct {
	Clean        bool          `json:"clean"`
	Records      int64         `json:"recordsAcknowledged"`
	Rows         int64         `json:"rowsCommitted"`
	Objects      int64         `json:"objects"`
	Bytes        int64         `json:"bytes"`
	Shards       int64         `json:"shards"`
	FailoverMs   []int64       `json:"failoverMillis"` // from the crash to the first record of each shard by its next owner
	NotTakenOver int           `json:"shardsNotTakenOver"`
	Quality      quality       `json:"quality"`
	Seconds      float64       `json:"seconds"`
	Audit        *audit.Report `json:"audit"`
}

// recommendationLength is at which length lists are judged.
const recommendationLength = 20

// judge audits the log against the stream and the acknowledgements, and prints what the demo has to show. Its verdict is the
// demo's exit code.
func (d *demo) judge(ctx context.Context, c clients) error {
	options, err := auditDeployment(ctx, c, d.fleet.where, 0)
	if err != nil {
		return err
	}
	options.Acks = d.traffic.acknowledged()
	report, err := audit.Run(ctx, options)
	if err != nil {
		return err
	}
	q, err := measureQuality(ctx, infras3.NewBucket(c.s3, demoBucket), options.Layout, recommendationLength)
	if err != nil {
		return err
	}
	resumed, waiting := d.fleet.stats.failover()
	r := demoReport{
		Records: d.traffic.acked.Load(), Rows: report.Totals.Rows, Objects: report.Totals.Links, Bytes: report.Totals.Bytes, Shards: report.Totals.Shards,
		Quality: q, Seconds: time.Since(d.began).Seconds(), Audit: report, NotTakenOver: waiting,
	}
	for _, t := range resumed {
		r.FailoverMs = append(r.FailoverMs, t.Milliseconds())
	}
	verdict := r.verdict()
	r.Clean = verdict == nil
	if d.format == outputJSON {
		err = json.NewEncoder(d.std.out).Encode(r)
	} else {
		err = r.write(d.std.out, verdict)
	}
	return errors.Join(verdict, err)
}

// verdict is nil when every acknowledged record is in exactly one committed row, and nothing else is there.
func (r *demoReport) verdict() error {
	switch {
	case !r.Audit.Clean():
		return errors.New("the audit has found anomalies")
	case r.Records == 0:
		return errors.New("no record was produced")
	case r.Rows != r.Records:
		return fmt.Errorf("%d records were acknowledged and %d rows are committed", r.Records, r.Rows)
	case r.NotTakenOver > 0:
		return fmt.Errorf("%d shards of the crashed worker were not taken over", r.NotTakenOver)
	}
	return nil
}

func (r *demoReport) write(out io.Writer, verdict error) error {
	_, err := fmt.Fprintf(out, `
records put and acknowledged      %d
rows committed                    %d, each record in exactly one: %s
Parquet objects                   %d, %s, in %d shards
crash to next owner's first row   %s
hit rate @%d                      %.3f of %d next products were in the list made before (most popular products: %.3f)

`,
		r.Records, r.Rows, yes(verdict == nil), r.Objects, size(r.Bytes), r.Shards, milliseconds(r.FailoverMs), recommendationLength,
		r.Quality.HitRate, r.Quality.Predictions, r.Quality.Popularity)
	if err != nil {
		return err
	}
	return r.Audit.WriteText(out)
}

func yes(ok bool) string {
	if ok {
		return "yes"
	}
	return "NO"
}

func milliseconds(ms []int64) string {
	if len(ms) == 0 {
		return "no shard was affected"
	}
	return fmt.Sprintf("%d ms to %d ms, %d shards", ms[0], ms[len(ms)-1], len(ms))
}
