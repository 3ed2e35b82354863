package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/streamrec/streamrec/scripts/reshard"
	"github.com/streamrec/streamrec/worker"
)

// Of the stream that is resharded.
const (
	reshardShards  = 2 // at first
	reshardWorkers = 3
)

// reshardPace gives each session a record about every quarter of a second.
var reshardPace = pace{1000, 256}

// reshardTargets are the numbers of shards that the stream gets in turn, until it is as it was: Kinesis goes from 8 to 3 by way of 4.
var reshardTargets = []int{4, 8, 4, 3, reshardShards}

// resharding splits and merges the shards of a stream.
func resharding() section {
	lines, from := []line(nil), reshardShards
	for _, to := range reshardTargets {
		lines = append(lines, stepLines(from, to)...)
		from = to
	}
	return section{
		name: "reshard", title: "The stream is resharded: 3 workers, 1,000 records/s of 256 sessions",
		sides: []side{ours, stockTuned},
		lines: append(slices.Concat(lines, []line{
			{id: "delay max", text: "longest time from a record's acknowledgement to its processing", unit: seconds},
			{id: "steady p50", text: "steady state: longest such time of a session: p50", unit: seconds},
			{id: "steady max", text: "  max", unit: seconds},
			{id: "disorder", text: "records processed before an earlier one of their session", target: atMost(0)},
		}), tallyLines()...),
		measure: measureReshard,
	}
}

// stepLines are the lines of one step.
func stepLines(from, to int) []line {
	id := stepID(from, to)
	return []line{
		{id: id + " p50", text: fmt.Sprintf("%d to %d shards: pause of a session beyond its steady state: p50", from, to), unit: seconds},
		{id: id + " p99", text: "  p99", unit: seconds, target: lessThan(1)},
		{id: id + " max", text: "  max", unit: seconds},
	}
}

func stepID(from, to int) string { return fmt.Sprintf("%d to %d", from, to) }

// upheaval is the time of a step: before it the fleet was at rest, and at its end it is again.
type upheaval struct {
	id           string
	began, ended time.Time
}

func measureReshard(ctx context.Context, c *cell) (out figures, err error) {
	targets, rounds := reshardTargets, 3
	if c.quick {
		targets, rounds = targets[:1], 1
	}
	f, t, err := startFleet(ctx, c, reshardShards, reshardWorkers, reshardPace)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, f.end()) }()
	if err := f.settle(ctx, rest, 0); err != nil {
		return out, err
	}
	var steps []upheaval
	from := reshardShards
	for n := range rounds * len(targets) {
		to := targets[n%len(targets)]
		c.say("step %d of %d: %d to %d shards", n+1, rounds*len(targets), from, to)
		s, err := f.reshard(ctx, from, to)
		if err != nil {
			return out, err
		}
		steps, from = append(steps, s), to
	}
	c.say("catching up")
	acked, err := t.finish(ctx)
	if err != nil {
		return out, err
	}
	counted, err := f.countAll(ctx, acked)
	if err != nil {
		return out, err
	}
	return reshardFigures(f.history, acked, steps, counted), nil
}

// reshard takes the stream to so many shards and waits until the fleet is at rest with all of them.
func (f *fleet) reshard(ctx context.Context, from, to int) (upheaval, error) {
	if err := f.pass(ctx, f.cell.moment(time.Second)); err != nil {
		return upheaval{}, err
	}
	u := upheaval{id: stepID(from, to), began: time.Now()}
	s := reshard.Stream{Client: f.services.clients.kinesis, Name: streamName, Sleep: worker.System{}.Sleep}
	state, err := s.Run(ctx, reshard.Request{Shards: to}, func(reshard.Step) {})
	if err != nil {
		return u, fmt.Errorf("reshard %s: %w", u.id, err)
	}
	clear(f.lanes)
	for _, shard := range state.Shards.Open() {
		f.lanes[shard.ID] = true
	}
	if len(f.lanes) != to {
		return u, fmt.Errorf("reshard %s: the stream has %d open shards", u.id, len(f.lanes))
	}
	err = f.settle(ctx, rest, time.Duration(f.cell.pick(10, 0, 0))*time.Second)
	u.ended = time.Now()
	return u, err
}

// brink is the time before a step whose records it may still delay: they do not belong to the steady state.
const brink = time.Second

func reshardFigures(h *history, acked []receipt, steps []upheaval, counted tally) figures {
	out := newFigures()
	firsts := h.firsts()
	pauses := map[string][]time.Duration{} // by kind of step
	var steady, around []time.Duration
	for _, s := range steps {
		before := delays(acked, firsts, s.began.Add(-rest), s.began.Add(-brink))
		during := delays(acked, firsts, s.began.Add(-brink), s.ended)
		pauses[s.id] = append(pauses[s.id], beyond(during, before)...)
		steady = slices.AppendSeq(steady, maps.Values(before))
		around = slices.AppendSeq(around, maps.Values(during))
	}
	for id, p := range pauses {
		out.setTimes(id, p)
	}
	out.setTimes("steady", steady)
	out.setTimes("delay", around)
	out.values["disorder"] = figure{Value: float64(disorder(acked, firsts)), Samples: len(acked)}
	out.setTally(counted)
	return out
}
