package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/streamrec/streamrec/infra/dashboard"
	"github.com/streamrec/streamrec/worker/lease"
)

// sighting is what one look at an application found.
type sighting struct {
	at      time.Time
	plan    lease.Plan
	leases  []lease.Lease // in order of their keys; those without row have the checkpoint type noRow
	workers []lease.Worker
	listed  []lease.Lease // the shards of the stream; nil: not known
	lags    map[string]lagReading
	silence time.Duration                   // a worker without a sign for this long is shown as silent
	said    map[shardOf]dashboard.SelfShard // what owners say of their shards, as far as they have been asked
}

// noRow is the checkpoint type of a shard that has no row yet.
const noRow lease.PositionType = ""

// withoutRows returns the shards of the stream that have no row.
func withoutRows(listed, rows []lease.Lease) (missing []lease.Lease) {
	known := make(map[string]bool, len(rows))
	for i := range rows {
		known[rows[i].Key] = true
	}
	for i := range listed {
		if !known[listed[i].Key] {
			missing = append(missing, listed[i])
		}
	}
	return missing
}

func (s *sighting) status() *status {
	return &status{
		Time: s.at.UTC().Truncate(time.Millisecond), Coverage: s.coverage(), Replay: lastReplay(s.plan, s.leases), Workers: s.workerRows(), HandOffs: s.handOffs(), Shards: s.shardRows(),
	}
}

func (s *sighting) coverage() *coverage {
	if s.listed == nil {
		return nil
	}
	c := &coverage{OpenShards: len(s.listed), Complete: true}
	children := s.children(s.listed)
	for _, l := range s.listed {
		if len(children[l.Key]) > 0 {
			c.OpenShards--
		}
	}
	if from, to, ok := lease.Hole(s.listed); ok {
		c.Complete, c.Hole = false, &hole{from, to}
	}
	return c
}

// children returns the children of each shard, as the rows of parents and of children say.
func (s *sighting) children(rows []lease.Lease) map[string][]string {
	sets := map[string]map[string]bool{}
	add := func(parent, child string) {
		if sets[parent] == nil {
			sets[parent] = map[string]bool{}
		}
		sets[parent][child] = true
	}
	for _, l := range rows {
		for _, p := range l.Parents {
			add(p, l.Key)
		}
		for _, c := range l.Children {
			add(l.Key, c)
		}
	}
	out := map[string][]string{}
	for parent, set := range sets {
		out[parent] = slices.Sorted(maps.Keys(set))
	}
	return out
}

func (s *sighting) workerRows() []workerStatus {
	held := map[string]int{}
	for _, l := range s.leases {
		held[l.Owner]++
	}
	rows := make([]workerStatus, len(s.workers))
	for i, w := range s.workers {
		age := max(0, s.at.Sub(time.UnixMilli(w.At)))
		rows[i] = workerStatus{
			Worker: w.ID, State: s.workerState(&w), Address: w.Address, Heartbeat: w.Counter, AgeMillis: age.Milliseconds(),
			Leases: held[w.ID],
		}
		switch {
		case rows[i].State == "silent":
		case rows[i].Leases == 0: // what its last heartbeat says was before it lost them
			rows[i].Rate = new(0.0)
		default:
			rows[i].Rate = &w.Rate
		}
		if w.Failover > 0 {
			rows[i].Failover = new(w.Failover.Milliseconds())
		}
	}
	return rows
}

// silent reports whether a worker has given no sign for twice the failover time: its own where that is longer, it says so less often then.
func (s *sighting) silent(w *lease.Worker) bool {
	return s.at.Sub(time.UnixMilli(w.At)) >= max(s.silence, 2*w.Failover)
}

func (s *sighting) workerState(w *lease.Worker) string {
	switch {
	case s.silent(w):
		return "silent"
	case w.Leaving:
		return "leaving"
	}
	return "working"
}

// handOffs returns the leases that are about to move: those that somebody has asked the owner for, and those whose owner leaves.
// A request for what its addressee does not own any more is an old one.
func (s *sighting) handOffs() []handOff {
	moves := []handOff{}
	for _, l := range s.leases {
		i := slices.IndexFunc(s.workers, func(w lease.Worker) bool { return w.ID == l.Owner })
		if l.Ended() || i < 0 {
			continue
		}
		w := &s.workers[i]
		if to, asked := w.Inbox[l.Key]; asked || w.Leaving {
			cause := "requested"
			if w.Leaving {
				cause = "leaving"
			}
			moves = append(moves, handOff{Shard: l.Key, From: w.ID, To: to, Cause: cause})
		}
	}
	return moves
}

func (s *sighting) shardRows() []shardStatus {
	startable, children, ended := lease.Startable(s.leases), s.children(s.leases), map[string]bool{}
	for _, l := range s.leases {
		ended[l.Key] = l.Ended()
	}
	rows := make([]shardStatus, len(s.leases))
	for i, l := range s.leases {
		row := shardStatus{
			Shard: l.Key, State: s.shardState(&l, startable), Owner: l.Owner, LeaseCounter: l.Counter, Checkpoint: l.Checkpoint.String(),
			Parents: l.Parents, Children: children[l.Key], Stopped: l.Stopped,
		}
		row.Rate = s.rate(&l, row.State)
		if l.CheckpointAt > 0 {
			row.CheckpointAgeMillis = new(max(0, s.at.UnixMilli()-l.CheckpointAt))
		}
		if lag, ok := s.lags[l.Key]; ok {
			row.LagMillis, row.LagReadMillisAgo = new(lag.behind.Milliseconds()), new(max(0, s.at.Sub(lag.at).Milliseconds()))
		}
		if row.State == "waiting" {
			row.WaitsFor = slices.DeleteFunc(slices.Clone(l.Parents), func(p string) bool { return ended[p] })
		}
		rows[i] = row
	}
	return rows
}

// rate returns the records/s of a shard: what its owner says, or else its row, which has them as of the last checkpoint. nil: nobody reads it.
func (s *sighting) rate(l *lease.Lease, state string) *float64 {
	silent := func(w lease.Worker) bool { return w.ID == l.Owner && s.silent(&w) }
	if state != "owned" || slices.ContainsFunc(s.workers, silent) {
		return nil
	}
	if own, ok := s.said[shardOf{l.Owner, l.Key, l.Counter}]; ok {
		return &own.Rate
	}
	return new(l.Rate)
}

func (s *sighting) shardState(l *lease.Lease, startable func(*lease.Lease) bool) string {
	known := func(w lease.Worker) bool { return w.ID == l.Owner }
	switch is := state(l, startable); {
	case l.Checkpoint.Type == noRow:
		return "new"
	case is == "owned" && !slices.ContainsFunc(s.workers, known):
		return "abandoned"
	default:
		return is
	}
}

// state is what a lease row by itself says of its shard.
func state(l *lease.Lease, startable func(*lease.Lease) bool) string {
	switch {
	case l.Ended():
		return "ended"
	case l.Stopped != "":
		return "stopped"
	case l.Owner != "":
		return "owned"
	case !startable(l):
		return "waiting"
	}
	return "unowned"
}

// shortID is the number of a Kinesis shard, or the id as it is: shardId-000000000012 is 12.
func shortID(shard string) string {
	if number, ok := strings.CutPrefix(shard, "shardId-"); ok {
		return cmp.Or(strings.TrimLeft(number, "0"), "0")
	}
	return shard
}
