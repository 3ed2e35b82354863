package audit

import (
	"time"

	"github.com/streamrec/streamrec/processor/chain"
)

// report sums up.
func (a *auditor) report() *Report {
	r := &Report{
		Prefix: a.o.Layout.Prefix, Generation: a.o.Layout.Generation, Map: a.o.Layout.Map().String(), At: a.began.UTC(), Acks: a.ackReport,
		Checked:   Checked{Rows: !a.o.SkipRows, Stream: a.o.Stream != nil, Checkpoints: a.o.Checkpoints != nil, Acks: a.acks != nil},
		Anomalies: a.found.sorted(), Kinds: a.found.counts, Shards: []ShardReport{},
	}
	r.Totals.Strays, r.Totals.Superseded = a.found.strays, a.superseded
	perShard := map[string]int64{}
	for i := range r.Anomalies {
		perShard[r.Anomalies[i].Shard]++
	}
	var all content
	for _, s := range a.sorted() {
		line := a.reportShard(s)
		line.Anomalies = perShard[s.id]
		r.Shards = append(r.Shards, line)
		r.Gaps = append(r.Gaps, s.acceptedGaps(a.o.Layout)...)
		r.Totals.add(&line)
		all.add(&s.content)
	}
	if r.Checked.Rows {
		r.Totals.Read = all.report()
	}
	return r
}

func (a *auditor) reportShard(s *shard) ShardReport {
	r := ShardReport{Shard: s.id, State: s.state(), Links: int64(len(s.chain))}
	r.Records, r.Rows, r.Bytes = s.totals()
	if s.start != nil {
		r.Parents = s.start.Parents
	}
	if n := len(s.chain); n > 0 {
		r.From, r.To, r.Last = new(s.chain[0].hour), new(s.chain[n-1].hour), s.chain[n-1].last.String()
	}
	if !a.o.SkipRows {
		r.Read = s.content.report()
	}
	if s.stream != nil {
		r.Stream = s.stream.report(a.began)
	}
	return r
}

func (s *shard) state() State {
	switch {
	case !s.begun():
		return NotBegun
	case s.endFound:
		return Ended
	}
	return Open
}

func (c *content) report() *RowTotals {
	r := &RowTotals{Objects: c.objects, Records: c.records, Rows: c.rows, Duplicates: c.duplicates, Errors: map[string]int64{}}
	for class, n := range c.errors {
		r.Errors[class] = n
		r.ErrorRows += n
	}
	return r
}

func (s *streamReading) report(now time.Time) *Streamed {
	r := &Streamed{Records: s.records, Verified: s.verified, Lost: s.lost, BeforeLog: s.beforeLog, Pending: s.pending}
	if s.pending > 0 {
		r.PendingSeconds = max(0, now.Sub(s.pendingOldest).Seconds())
	}
	return r
}

// add adds a shard.
func (t *Totals) add(s *ShardReport) {
	t.Shards++
	if s.State == Ended {
		t.Ended++
	}
	t.Links, t.Records, t.Rows, t.Bytes = t.Links+s.Links, t.Records+s.Records, t.Rows+s.Rows, t.Bytes+s.Bytes
	t.From, t.To = hourWhere(t.From, s.From, -1), hourWhere(t.To, s.To, 1)
	if s.Stream == nil {
		return
	}
	if t.Stream == nil {
		t.Stream = &Streamed{}
	}
	t.Stream.add(s.Stream)
}

func (t *Streamed) add(s *Streamed) {
	t.Records, t.Verified, t.Lost = t.Records+s.Records, t.Verified+s.Verified, t.Lost+s.Lost
	t.BeforeLog, t.Pending = t.BeforeLog+s.BeforeLog, t.Pending+s.Pending
	t.PendingSeconds = max(t.PendingSeconds, s.PendingSeconds)
}

// hourWhere returns the lower (sign -1) or the higher (sign 1) of two hours; nil is none.
func hourWhere(a, b *chain.Hour, sign chain.Hour) *chain.Hour {
	if a == nil || b != nil && sign**b > sign**a {
		return b
	}
	return a
}
