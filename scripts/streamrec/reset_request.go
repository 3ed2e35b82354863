package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/replay"
)

// requests translates the flags: what to try, in this order, until nothing is missing.
func (t *resetTool) requests(ctx context.Context, rows []lease.Lease, plan lease.Plan) ([]replay.Request, error) {
	now := time.Now()
	wanted := replay.Request{Undo: t.o.undo, Resume: t.o.resume || t.o.latest, Latest: t.o.latest, FromLog: t.o.fromLog, Gaps: t.o.acceptGap, Operator: t.o.operator, Reason: t.o.reason}
	at := func(hours ...chain.Hour) (out []replay.Request) {
		for _, h := range hours {
			wanted.From = h
			out = append(out, wanted)
		}
		return out
	}
	switch {
	case t.o.undo, t.o.resume, t.o.latest:
		return []replay.Request{wanted}, nil
	case t.o.plan != "":
		return t.planned(plan)
	case t.o.duration > 0:
		return at(chain.HourOf(now.Add(-t.o.duration))), nil
	case t.o.timestamp != "":
		to, _ := time.Parse(time.RFC3339, t.o.timestamp) // validate has
		if to.After(now) {
			return nil, refuse("%s has not come yet; it is %s now", to.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
		}
		return at(chain.HourOf(to)), nil
	case t.o.trimHorizon:
		oldest, err := replay.Oldest(ctx, t.source.Env, t.stream, rows)
		if err != nil {
			return nil, explain("stream "+t.o.stream, err)
		}
		if oldest.IsZero() {
			return nil, refuse("stream %s has no records", t.o.stream)
		}
		hour := firstLasting(oldest, now, t.retention)
		return at(hour, hour+1), nil
	}
	hour, err := t.hourOfRecords(ctx, plan)
	return at(hour), err
}

// expiresSoon is what --to-trim-horizon leaves alone: what is about to pass retention would be gone before the shards have begun to read it.
const expiresSoon = 15 * time.Minute

// firstLasting is the hour of the oldest record, or the first one that stays in the stream for a while.
func firstLasting(oldest, now time.Time, retention time.Duration) chain.Hour {
	lasting := now.Add(-retention + expiresSoon)
	if oldest.After(lasting) {
		return chain.HourOf(oldest)
	}
	return chain.HourOf(lasting.Add(time.Hour - 1)) // the first that begins then or later
}

// planned reads the plan file, and refuses one that was drawn up from another state of things.
func (t *resetTool) planned(now lease.Plan) ([]replay.Request, error) {
	body, err := os.ReadFile(t.o.plan)
	if err != nil {
		return nil, usageError{fmt.Errorf("--plan: %w", err)}
	}
	var p resetPlan
	if err := json.Unmarshal(body, &p); err != nil || p.App == "" || !p.consistent() {
		return nil, usageError{fmt.Errorf("--plan: %s is not what streamrec reset -o json prints", t.o.plan)}
	}
	if p.App != t.o.app || p.Stream != t.o.stream || p.Bucket != t.o.bucket || p.Prefix != t.source.Layout.Prefix {
		return nil, refuse("the plan in %s is for application %s, stream %s, bucket %s, prefix %q", t.o.plan, p.App, p.Stream, p.Bucket, p.Prefix)
	}
	if p.Number != now.Number+1 {
		return nil, refuse("the plan in %s would have been number %d, and %d have been made by now: draw it up again", t.o.plan, p.Number, now.Number)
	}
	if !p.Resume && p.From.Time().After(time.Now()) {
		return nil, refuse("the plan in %s begins with %s:00Z, which has not come yet", t.o.plan, p.From)
	}
	return []replay.Request{{
		From: p.From, Undo: p.Undo, Resume: p.Resume, Latest: p.Latest, FromLog: p.FromLog, Gaps: p.AcceptGap, Operator: t.o.operator, Reason: cmp.Or(t.o.reason, p.Reason),
	}}, nil
}

// consistent reports whether a plan asks for one thing, as the flags do.
func (p *resetPlan) consistent() bool {
	return !(p.Resume && (p.Undo || p.FromLog)) && (p.Resume || !p.Latest)
}

// hourOfRecords returns the earliest hour in which one of the records lies.
func (t *resetTool) hourOfRecords(ctx context.Context, plan lease.Plan) (earliest chain.Hour, err error) {
	layout, err := readersLayout(ctx, t.bucket, t.source.Layout, 0)
	if err != nil {
		return 0, explain("bucket "+t.o.bucket, err)
	}
	for i, pair := range strings.Split(t.o.sequence, ",") {
		shard, sequence, ok := strings.Cut(pair, "=")
		if _, err := chain.Pad(sequence); !ok || err != nil || shard == "" {
			return 0, usageError{fmt.Errorf("--to-sequence-number: want SHARD=SEQUENCE, not %q", pair)}
		}
		hour, err := chain.HourOfRecord(ctx, t.source.Env, t.bucket, layout, shard, sequence)
		if errors.Is(err, chain.ErrNotFound) {
			return 0, refuse("the log has no record %s of %s", sequence, shard)
		}
		if err != nil {
			return 0, explain("bucket "+t.o.bucket, err)
		}
		if i == 0 || hour < earliest {
			earliest = hour
		}
	}
	return earliest, nil
}

// permit refuses what would leave a hole.
func (t *resetTool) permit(p *resetPlan) error {
	if len(p.Unknown) > 0 {
		return refuse("%d shards, the first of them %s, have records in the log from %s:00Z on, and the lease table does not know them: it is younger than they are. Choose a later hour",
			len(p.Unknown), p.Unknown[0], p.From)
	}
	if len(p.Missing) == 0 || p.AcceptGap {
		return nil
	}
	ways := "Read them back from the log with --from-log, choose a later hour, or --to-trim-horizon"
	if p.FromLog || p.Resume {
		ways = "The log has not got them either"
	}
	return refuse("%d shards would have to read records that are past retention, the first of them %s: the stream goes back to %s there. %s; or give these records up with --accept-gap",
		len(p.Missing), p.Missing[0].Shard, p.Missing[0].oldest(), ways)
}
