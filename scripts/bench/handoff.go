package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// rest is how long a fleet is left alone before a hand-off; the gaps of that time are the steady state.
const rest = 4 * time.Second

// handoff lets workers leave and join.
func handoff() section {
	return section{
		name: "handoff", title: "A worker leaves (SIGTERM) and a new one joins: 8 shards, 3 workers, 400 records/s",
		sides: []side{ours, stockTuned, stockDefaults},
		lines: append([]line{
			{id: "leave p50", text: "leave: pause of a shard beyond its steady state: p50", unit: seconds, target: lessThan(1)},
			{id: "leave max", text: "  max", unit: seconds, target: lessThan(1)},
			{id: "leave gap p50", text: "  longest time without a processed record: p50", unit: seconds},
			{id: "leave gap max", text: "    max", unit: seconds},
			{id: "exit max", text: "  exit of the process: max", unit: seconds},
			{id: "join p50", text: "join: pause of a shard that moves, beyond its steady state: p50", unit: seconds, target: lessThan(1)},
			{id: "join max", text: "  max", unit: seconds, target: lessThan(1)},
			{id: "join gap max", text: "  longest time without a processed record: max", unit: seconds},
			{id: "joined", text: "  shards that moved to the new worker"},
			{id: "steady p50", text: "steady state: longest time without a processed record: p50", unit: seconds},
			{id: "twice", text: "records processed twice", target: atMost(0)},
		}, tallyLines()[1:]...),
		measure: measureHandoff,
	}
}

// pauses are what hand-offs have cost.
type pauses struct {
	beyond, gaps, steady []time.Duration // by shard and hand-off
}

func (p *pauses) add(gap, steady time.Duration) {
	p.gaps, p.steady = append(p.gaps, gap), append(p.steady, steady)
	p.beyond = append(p.beyond, max(0, gap-steady))
}

func measureHandoff(ctx context.Context, c *cell) (out figures, err error) {
	f, t, err := startFleet(ctx, c, c.pick(fleetShards, fleetShards, 4), c.pick(fleetWorkers, fleetWorkers, 2), fleetPace)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, f.end()) }()
	var leaves, joins pauses
	var exits []time.Duration
	rounds := c.pick(6, 1, 1)
	for n := range rounds {
		c.say("leave %d of %d", n+1, rounds)
		exit, err := f.leave(ctx, &leaves)
		if err != nil {
			return out, err
		}
		exits = append(exits, exit)
		c.say("join %d of %d", n+1, rounds)
		if err := f.join(ctx, &joins); err != nil {
			return out, err
		}
	}
	c.say("catching up")
	counted, err := f.drain(ctx, t)
	if err != nil {
		return out, err
	}
	out = handoffFigures(leaves, joins, exits, counted)
	c.noteSize(&out, "handoff")
	return out, nil
}

func handoffFigures(leaves, joins pauses, exits []time.Duration, counted tally) figures {
	out := newFigures()
	out.setTimes("leave", leaves.beyond)
	out.setTimes("leave gap", leaves.gaps)
	out.setTimes("exit", exits)
	out.setTimes("steady", append(leaves.steady, joins.steady...))
	if len(joins.gaps) > 0 {
		out.setTimes("join", joins.beyond)
		out.setTimes("join gap", joins.gaps)
	}
	out.set("joined", float64(len(joins.gaps)))
	out.setTally(counted)
	return out
}

// leave lets the worker with most shards leave, and returns how long it took to exit.
func (f *fleet) leave(ctx context.Context, p *pauses) (time.Duration, error) {
	if err := f.settle(ctx, rest+f.cell.moment(time.Second), 0); err != nil {
		return 0, err
	}
	victim, err := f.busiest()
	if err != nil {
		return 0, err
	}
	shards := f.history.shardsOf(victim.name)
	at := victim.terminate()
	if err := f.awaitSuccessors(ctx, victim, shards, at); err != nil {
		return 0, fmt.Errorf("hand-off by %s: %w", victim.name, err)
	}
	if err := f.await(ctx, victim.name+" exits", f.cell.limit(), victim.gone); err != nil {
		return 0, err
	}
	if victim.failure != nil {
		return 0, fmt.Errorf("%s was to leave and ended with: %w", victim.name, victim.failure)
	}
	for _, shard := range shards {
		next, _ := f.history.successor(shard, victim.name, at)
		if err := f.weigh(ctx, move{shard, victim.name, next.Worker, next.At}, at, p); err != nil {
			return 0, err
		}
	}
	return victim.ended.Sub(at), nil
}

// join starts a worker, and weighs the moves of shards to it. A stock worker may get none.
func (f *fleet) join(ctx context.Context, p *pauses) error {
	if err := f.settle(ctx, rest, 0); err != nil {
		return err
	}
	began := time.Now()
	c, err := f.start()
	if err != nil {
		return err
	}
	moves := func() []move { return f.history.movesTo(c.name) }
	patience := began.Add(time.Duration(f.cell.pick(12, 12, 90)) * time.Second)
	err = f.await(ctx, "a shard moves to the new worker", f.cell.limit(), func() bool { return len(moves()) > 0 || time.Now().After(patience) })
	if err != nil {
		return err
	}
	if err := f.pass(ctx, 2*time.Second); err != nil { // others may follow
		return err
	}
	if len(moves()) == 0 && f.cell.side == ours {
		return errors.New("a worker joined and no shard moved to it: there is no hand-off to measure")
	}
	for _, m := range moves() {
		if err := f.weigh(ctx, m, began, p); err != nil {
			return err
		}
	}
	return nil
}

// weigh adds what a move has cost: the longest gap around it, and that of the time of rest before the cause.
func (f *fleet) weigh(ctx context.Context, m move, cause time.Time, p *pauses) error {
	after := m.at.Add(time.Second)
	if err := f.await(ctx, "a second has passed after a move", 2*time.Second, func() bool { return time.Now().After(after) }); err != nil {
		return err
	}
	p.add(f.history.longestGap(m.shard, cause, after), f.history.steadyGap(m.shard, cause.Add(-rest), cause))
	return nil
}
