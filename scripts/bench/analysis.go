package main

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"
)

// history has the events of all workers of a cell, and what is asked of them all the time.
type history struct {
	lanes map[string][]event // by shard, in order of time
	tips  map[string]event   // by shard, the last record that was processed
	moved time.Time          // when a shard was last processed by another worker than before
}

func newHistory() *history { return &history{lanes: map[string][]event{}, tips: map[string]event{}} }

// add takes over new events. Those of one worker come in order of time, those of several workers only roughly.
func (h *history) add(events []event) {
	for _, e := range events {
		lane := h.lanes[e.Shard]
		at, _ := slices.BinarySearchFunc(lane, e, func(a, b event) int {
			return cmp.Or(a.At.Compare(b.At), -1) // after its equals
		})
		h.lanes[e.Shard] = slices.Insert(lane, at, e)
		tip := h.tips[e.Shard]
		if e.Kind != record || e.At.Before(tip.At) {
			continue
		}
		if e.Worker != tip.Worker && e.At.After(h.moved) {
			h.moved = e.At
		}
		h.tips[e.Shard] = e
	}
}

// since returns the events of a shard from a moment on, in order of time.
func (h *history) since(shard string, moment time.Time) []event {
	lane := h.lanes[shard]
	at, _ := slices.BinarySearchFunc(lane, moment, func(e event, m time.Time) int { return e.At.Compare(m) })
	return lane[at:]
}

// records returns the records of a shard that were processed from a moment on, in order of time.
func (h *history) records(shard string, since time.Time) (records []event) {
	for _, e := range h.since(shard, since) {
		if e.Kind == record {
			records = append(records, e)
		}
	}
	return records
}

// owner returns who processed the last record of a shard.
func (h *history) owner(shard string) string { return h.tips[shard].Worker }

// shardsOf returns the shards whose last record a worker processed, sorted.
func (h *history) shardsOf(worker string) (shards []string) {
	for shard, tip := range h.tips {
		if tip.Worker == worker {
			shards = append(shards, shard)
		}
	}
	slices.Sort(shards)
	return shards
}

// successor returns the first record of a shard that somebody else processed after a worker was ended, and false when there is none.
func (h *history) successor(shard, worker string, since time.Time) (event, bool) {
	for _, e := range h.records(shard, since) {
		if e.Worker != worker {
			return e, true
		}
	}
	return event{}, false
}

// latest returns the last event of a kind that a worker noted on a shard until a moment.
func (h *history) latest(shard, worker string, k kind, until time.Time) (event, bool) {
	for _, e := range slices.Backward(h.lanes[shard]) {
		if e.Kind == k && e.Worker == worker && !e.At.After(until) {
			return e, true
		}
	}
	return event{}, false
}

// longestGap returns the longest time without a processed record between two moments. The time between the last record before from
// and the first record after it counts, unless there is none before; what comes after the last record until until counts, too.
func (h *history) longestGap(shard string, from, until time.Time) (longest time.Duration) {
	last := time.Time{}
	for _, e := range h.records(shard, time.Time{}) {
		if e.At.After(until) {
			break
		}
		if !e.At.Before(from) && !last.IsZero() {
			longest = max(longest, e.At.Sub(last))
		}
		last = e.At
	}
	if last.IsZero() {
		return until.Sub(from)
	}
	return max(longest, until.Sub(last))
}

// steadyGap is longestGap of a time in which nothing happens, counting only what lies wholly in it.
func (h *history) steadyGap(shard string, from, until time.Time) (longest time.Duration) {
	last := from
	for _, e := range h.records(shard, from) {
		if e.At.After(until) {
			break
		}
		longest = max(longest, e.At.Sub(last))
		last = e.At
	}
	return max(longest, until.Sub(last))
}

// move is a change of owner.
type move struct {
	shard, from, to string
	at              time.Time // of the first record of the new owner
}

// movesTo returns how a worker came to its shards from others, in order of shards.
func (h *history) movesTo(worker string) (moves []move) {
	for _, shard := range slices.Sorted(maps.Keys(h.lanes)) {
		records := h.records(shard, time.Time{})
		for i := 1; i < len(records); i++ {
			if a, b := records[i-1], records[i]; a.Worker != worker && b.Worker == worker {
				moves = append(moves, move{shard, a.Worker, worker, b.At})
				break
			}
		}
	}
	return moves
}

// tally is what became of the acknowledged records.
type tally struct {
	acked int
	twice int // deliveries beyond the first
	lost  int // never processed
}

// count compares what was acknowledged with what was processed. A record that was put twice has two places.
func (h *history) count(acked []receipt) (t tally) {
	processed := map[place]int{}
	for shard := range h.lanes {
		for _, e := range h.records(shard, time.Time{}) {
			processed[place{shard, e.Sequence}]++
		}
	}
	for _, n := range processed {
		t.twice += n - 1
	}
	for _, p := range acked {
		if processed[p.place] == 0 {
			t.lost++
		}
	}
	t.acked = len(acked)
	return t
}

// quantile returns the smallest value that at least the share q of the values does not exceed (the nearest rank), 0 of no values.
func quantile(values []time.Duration, q float64) time.Duration {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	rank := int(math.Ceil(q * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}
