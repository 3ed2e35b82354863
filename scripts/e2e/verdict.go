package e2e

import (
	"context"
	"encoding/json"
	"slices"
)

// AuditReport is what `streamrec audit -o json` says, as far as an oracle can say it, too.
type AuditReport struct {
	Checked struct{ Rows, Stream, Checkpoints, Acks bool }
	Totals  struct {
		Shards, Links, Strays, Records, Rows int
		Read                                 struct{ Objects, Records, Rows, Duplicates, ErrorRows int }
		Stream                               struct{ Records, Lost, Pending int }
	}
	Acks *struct{ Total, Repeated, Committed, Missing, Twice int }
}

// Judge lets the oracle compare what a fleet has written with what was acknowledged and put. The tables that the
// checks need beside rows have to be there.
func (o *Oracle) Judge(ctx context.Context, f *Fleet, checks ...Check) {
	o.t.Helper()
	o.Download(ctx, f.stack, f.app)
	o.Verdict(ctx, slices.Concat(exactlyOnce(), recommended(), checks)...)
}

// JudgeTraffic does so for what a producer has put from a CSV event file, and lets the project's own audit be judged as well.
func (o *Oracle) JudgeTraffic(ctx context.Context, f *Fleet, traffic *Traffic, file string) {
	o.t.Helper()
	o.Acknowledged(traffic.AckLog)
	o.EventFile(file)
	shards := steady()
	if f.stack.resharded {
		shards = resharded()
	}
	o.Judge(ctx, f, slices.Concat(eventFile(), shards)...)
	report := o.JudgeAudit(ctx, f, "--ack-log", traffic.AckLog)
	want := traffic.Acknowledged()
	if report.Totals.Rows != want || report.Acks == nil || report.Acks.Total != want || report.Acks.Committed != want {
		o.t.Errorf("of %d acknowledged records, the audit says %d rows and %+v", want, report.Totals.Rows, report.Acks)
	}
}

// JudgeAudit runs the project's own audit, which has to find nothing, and compares its numbers with those of the oracle, unless it is mute.
func (o *Oracle) JudgeAudit(ctx context.Context, f *Fleet, flags ...string) (report AuditReport) {
	o.t.Helper()
	p := f.stack.Run("audit", slices.Concat([]string{"audit", "-o", "json"}, deployment(f.app), flags)...)
	p.Succeed(ctx)
	if err := json.Unmarshal([]byte(p.Out.Text()), &report); err != nil {
		o.t.Fatalf("the audit printed no report: %v\n%s", err, p.tail())
	}
	if c := report.Checked; !c.Rows || !c.Stream || !c.Checkpoints {
		o.t.Errorf("the audit has left something out: %+v", c)
	}
	read, stream := report.Totals.Read, report.Totals.Stream
	said := []int{
		report.Totals.Links, read.Objects, report.Totals.Rows, read.Rows, report.Totals.Records, read.Records, stream.Records,
		read.ErrorRows, read.Duplicates, report.Totals.Strays, stream.Lost, stream.Pending,
	}
	if o.mute { // then its numbers have to agree with each other
		links, n, records := said[0], said[2], said[4]
		if want := []int{links, links, n, n, records, records, records, said[7], said[8], 0, 0, 0}; !slices.Equal(said, want) {
			o.t.Errorf("the audit contradicts itself: %v, want %v", said, want)
		}
		return report
	}
	const objects, rows, records = "SELECT count(DISTINCT filename) FROM rows", "SELECT count(*) FROM rows", "SELECT count(*) FROM acked"
	counted := o.Numbers(ctx, objects, objects, rows, rows, records, records, records,
		"SELECT count(error) FROM rows", "SELECT count(*) FILTER (duplicate) FROM rows", "0", "0", "0")
	if !slices.Equal(said, counted) {
		o.t.Errorf("objects twice, rows twice, records three times, error rows, duplicates, strays, lost and pending records:\n%v says the audit\n%v counts the oracle", said, counted)
	}
	return report
}
