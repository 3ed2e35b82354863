package main

import (
	"slices"
	"time"

	"github.com/streamrec/streamrec/infra/telemetry"
	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// state is what the metrics say of the service. budget bounds the memory of its batches.
func (s *service) state(budget *processor.Budget) telemetry.State {
	state := telemetry.State{
		Ready: s.ready() == nil, Workers: len(s.Workers()), RetentionSeconds: s.retention.Seconds(), ModelStaleSeconds: -1,
		Predictions: s.tally.predicted.Load(), Hits: s.tally.right.Load(), BudgetBytes: budget.Limit(), HeldBytes: budget.Held(),
	}
	rows, _ := s.Leases()
	count(&state, rows)
	if len(rows) > 0 {
		_, _, state.Hole = lease.Hole(rows)
	}
	if s.models != nil && s.models.Latest() != nil {
		stats := s.models.Latest().Stats()
		state.ModelFacts, state.ModelItems, state.ModelStaleSeconds = int64(stats.Facts), int64(stats.Items), float64(s.models.StaleMs())/1000
	}
	if s.http != nil {
		state.Streams = s.http.Streams()
	}
	state.Shards = s.shardStates(rows)
	state.Upstream = s.upstream.Totals()
	if len(rows) > 0 {
		s.upstream.Forget(func(shard string) bool {
			return !slices.ContainsFunc(rows, func(l lease.Lease) bool { return l.Key == shard && !l.Ended() })
		})
	}
	return state
}

// count counts the leases of shards that have not ended.
func count(state *telemetry.State, rows []lease.Lease) {
	for i := range rows {
		switch l := &rows[i]; {
		case l.Ended():
			continue
		case l.Stopped != "":
			state.StoppedShards++
		case l.Owner == "":
			state.UnownedLeases++
		}
		state.TotalLeases++
	}
}

// shardStates are the shards that the service holds.
func (s *service) shardStates(rows []lease.Lease) (states []telemetry.ShardState) {
	moved := map[string]int64{}
	for i := range rows {
		moved[rows[i].Key] = rows[i].CheckpointAt
	}
	open := s.live.Shards()
	for _, sh := range s.Shards() {
		state := telemetry.ShardState{Shard: sh.Shard, Behind: sh.MillisBehindLatest, Records: sh.Records, OpenVisits: -1, CheckpointAge: -1, Silence: -1, UsualRate: -1}
		if at := moved[sh.Shard]; at > 0 {
			state.CheckpointAge = max(time.Since(time.UnixMilli(at)).Seconds(), 0)
		}
		if silent, usual := s.silence(sh); silent >= 0 {
			state.Silence, state.UsualRate = silent.Seconds(), usual
		}
		if asked := open[sh.Shard]; asked != nil {
			if visits, ok := asked.OpenVisits(); ok {
				state.OpenVisits = int64(visits)
			}
		}
		states = append(states, state)
	}
	return states
}

// silence is how long nothing has arrived in a shard, at the time that reading has reached, and how many rows a second usually do. Both are negative
// before the first read.
func (s *service) silence(sh worker.ShardStatus) (silent time.Duration, usual float64) {
	if sh.MillisBehindLatest < 0 {
		return -time.Millisecond, -1
	}
	return s.upstream.Silence(sh.Shard, sh.LeaseCounter, time.Now().Add(-time.Duration(sh.MillisBehindLatest)*time.Millisecond))
}
