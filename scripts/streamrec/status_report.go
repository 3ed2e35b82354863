package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
)

// status is what the status command shows. The names in its JSON are documented in the command's help.
type status struct {
	App      string          `json:"app"`
	Stream   string          `json:"stream"`
	Time     time.Time       `json:"time"`
	Coverage *coverage       `json:"coverage"`         // null when the shards could not be listed
	Replay   *replayStatus   `json:"replay,omitempty"` // the last one; null when there never was one
	Workers  []workerStatus  `json:"workers"`
	HandOffs []handOff       `json:"handOffs"`
	Shards   []shardStatus   `json:"shards"`
	Upstream *upstreamStatus `json:"upstream,omitempty"` // what producers send; null when no worker says
}

// coverage says whether the open shards cover the hash range.
type coverage struct {
	OpenShards int   `json:"openShards"`
	Complete   bool  `json:"complete"`
	Hole       *hole `json:"hole,omitempty"` // the first one
}

// hole is a part of the hash range that no open shard covers; the bounds are inclusive.
type hole struct {
	From string `json:"from"`
	To   string `json:"to"`
}

type workerStatus struct {
	Worker    string   `json:"worker"`
	State     string   `json:"state"` // working, leaving, silent
	Address   string   `json:"address,omitempty"`
	Heartbeat int64    `json:"heartbeat"`
	AgeMillis int64    `json:"heartbeatAgeMillis"` // by the clocks of the worker and of this machine
	Leases    int      `json:"leases"`
	Rate      *float64 `json:"recordsPerSecond"` // null of one that is silent
	Failover  *int64   `json:"failoverMillis"`   // null when its version does not say
}

// handOff is a lease that is about to move.
type handOff struct {
	Shard string `json:"shard"`
	From  string `json:"from"`
	To    string `json:"to,omitempty"` // a worker that leaves decides by itself
	Cause string `json:"cause"`        // requested, leaving
}

type shardStatus struct {
	Shard               string   `json:"shard"`
	State               string   `json:"state"` // new, unowned, owned, abandoned, waiting, ended, stopped
	Owner               string   `json:"owner,omitempty"`
	LeaseCounter        int64    `json:"leaseCounter"`
	Checkpoint          string   `json:"checkpoint"`
	CheckpointAgeMillis *int64   `json:"checkpointAgeMillis"` // null when it has never been moved
	LagMillis           *int64   `json:"lagMillis"`           // null when it is not known
	LagReadMillisAgo    *int64   `json:"lagReadMillisAgo"`
	Rate                *float64 `json:"recordsPerSecond"` // null when nobody reads it
	Parents             []string `json:"parents,omitempty"`
	Children            []string `json:"children,omitempty"`
	WaitsFor            []string `json:"waitsFor,omitempty"` // parents that have not ended
	Stopped             string   `json:"stopped,omitempty"`
}

// replayStatus is the last replay.
type replayStatus struct {
	Plan        int64     `json:"plan"`
	State       string    `json:"state"` // made, fenced, published
	From        string    `json:"from"`  // the first hour that was or is written anew
	Generations string    `json:"generations"`
	Operator    string    `json:"operator"`
	Reason      string    `json:"reason,omitempty"`
	At          time.Time `json:"at"`
	Behind      []string  `json:"behind"` // shards that it still waits for
}

func (r *replayStatus) line() string {
	text := fmt.Sprintf("REPLAY %d  %s  from %s into generations %s  by %s, %s", r.Plan, r.State, r.From, r.Generations, r.Operator, r.At.Format(time.RFC3339))
	if r.Reason != "" {
		text += ": " + r.Reason
	}
	return text + some(r.Behind)
}

// lastReplay describes a plan, nil when there never was one.
func lastReplay(plan lease.Plan, rows []lease.Lease) *replayStatus {
	if plan.Number == 0 {
		return nil
	}
	r := &replayStatus{
		Plan: plan.Number, State: string(plan.State), From: chain.Hour(plan.Hour).String(), Generations: plan.Map, Operator: plan.Operator, Reason: plan.Reason,
		At: time.UnixMilli(plan.At).UTC(), Behind: []string{},
	}
	for i := range rows {
		if l := &rows[i]; plan.State != lease.PlanPublished && l.Checkpoint.Type != noRow && (l.Plan != plan.Number || !l.Ended() && l.TipPlan != plan.Number) {
			r.Behind = append(r.Behind, l.Key)
		}
	}
	return r
}

// lines returns the status for people: what is wrong first, the longest table last.
func (s *status) lines() []string {
	lines := []string{s.headline()}
	if s.Replay != nil {
		lines = append(lines, s.Replay.line())
	}
	if s.Upstream != nil {
		lines = append(lines, s.Upstream.line())
	}
	for _, trouble := range s.troubles() {
		lines = append(lines, "! "+trouble)
	}
	lines = append(append(lines, ""), s.workerTable()...)
	if len(s.HandOffs) > 0 {
		lines = append(append(lines, ""), s.handOffTable()...)
	}
	return append(append(lines, ""), s.shardTable()...)
}

func (s *status) headline() string {
	covered := "not known"
	if c := s.Coverage; c != nil && c.Complete {
		covered = fmt.Sprintf("covered by %d open shards", c.OpenShards)
	} else if c != nil {
		covered = fmt.Sprintf("NOT covered by %d open shards", c.OpenShards)
	}
	return fmt.Sprintf("APP %s  STREAM %s  HASH RANGE %s  %s", s.App, s.Stream, covered, s.Time.Format(time.RFC3339))
}

// troubles are what somebody should look at.
func (s *status) troubles() (lines []string) {
	if s.Coverage != nil && s.Coverage.Hole != nil {
		lines = append(lines, fmt.Sprintf("no open shard covers the hash keys %s..%s", s.Coverage.Hole.From, s.Coverage.Hole.To))
	}
	for _, sh := range s.Shards {
		if sh.Stopped != "" {
			lines = append(lines, fmt.Sprintf("%s is stopped: %s", sh.Shard, strings.ReplaceAll(sh.Stopped, "\n", " ")))
		}
	}
	for _, w := range s.Workers {
		if w.State == "silent" && w.Leases > 0 {
			lines = append(lines, fmt.Sprintf("%s is silent and still named by %d leases", w.Worker, w.Leases))
		}
	}
	if trouble := s.failovers(); trouble != "" {
		lines = append(lines, trouble)
	}
	if s.Upstream != nil {
		lines = append(lines, s.Upstream.troubles()...)
	}
	return lines
}

// failovers says that workers have different failover times, and which ones; empty when they agree.
func (s *status) failovers() string {
	have := map[int64][]string{}
	for _, w := range s.Workers {
		if w.Failover != nil && w.State != "silent" {
			have[*w.Failover] = append(have[*w.Failover], w.Worker)
		}
	}
	if len(have) < 2 {
		return ""
	}
	var parts []string
	for _, millis := range slices.Sorted(maps.Keys(have)) {
		parts = append(parts, fmt.Sprintf("%s: %s", brief(&millis), strings.Join(have[millis], ", ")))
	}
	return fmt.Sprintf("workers have different failover times, so that some lose their leases while they live (%s): start all with the same --failover-time", strings.Join(parts, "; "))
}

func (s *status) workerTable() []string {
	return columns("WORKER\tSTATE\tLEASES\tRECORDS/S\tFAILOVER\tLAST HEARTBEAT\tADDRESS", s.Workers, func(w workerStatus) string {
		return fmt.Sprintf("%s\t%s\t%d\t%s\t%s\t#%d %s ago\t%s", w.Worker, w.State, w.Leases, perSecond(w.Rate), brief(w.Failover), w.Heartbeat, brief(&w.AgeMillis), cmp.Or(w.Address, "-"))
	})
}

func (s *status) handOffTable() []string {
	return columns("HAND-OFF\tFROM\tTO\tCAUSE", s.HandOffs, func(h handOff) string {
		return fmt.Sprintf("%s\t%s\t%s\t%s", h.Shard, h.From, cmp.Or(h.To, "-"), h.Cause)
	})
}

func (s *status) shardTable() []string {
	return columns("SHARD\tSTATE\tOWNER\tCOUNTER\tLAG\tAGE\tRECORDS/S\tLINEAGE\tCHECKPOINT", s.Shards, func(sh shardStatus) string {
		return fmt.Sprintf("%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s", sh.Shard, sh.State, cmp.Or(sh.Owner, "-"), sh.LeaseCounter,
			brief(sh.LagMillis), brief(sh.CheckpointAgeMillis), perSecond(sh.Rate), sh.lineage(), cmp.Or(sh.Checkpoint, "-"))
	})
}

// lineage says where a shard comes from, whom it waits for and what continues it: "from 1,2 waits for 2 to 5".
func (sh *shardStatus) lineage() string {
	var parts []string
	for _, part := range []struct {
		word   string
		shards []string
	}{{"from", sh.Parents}, {"waits for", sh.WaitsFor}, {"to", sh.Children}} {
		if len(part.shards) == 0 {
			continue
		}
		short := make([]string, len(part.shards))
		for i, shard := range part.shards {
			short[i] = shortID(shard)
		}
		parts = append(parts, part.word+" "+strings.Join(short, ","))
	}
	return cmp.Or(strings.Join(parts, " "), "-")
}

// columns aligns a table of tab-separated lines.
func columns[R any](header string, rows []R, line func(R) string) []string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, header)
	for _, r := range rows {
		fmt.Fprintln(w, line(r))
	}
	_ = w.Flush() // to memory
	return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
}

// perSecond is a rate for people, or a dash.
func perSecond(rate *float64) string {
	if rate == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f", *rate)
}

// brief is a duration for people, or a dash.
func brief(millis *int64) string {
	if millis == nil {
		return "-"
	}
	d := time.Duration(*millis) * time.Millisecond
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
