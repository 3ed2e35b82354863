package main

import (
	"context"
	"fmt"
	"math/big"
	"os"
	"slices"
	"time"

	"github.com/streamrec/streamrec/scripts/reshard"
	"github.com/streamrec/streamrec/worker"
)

// act is something that happens to the fleet at a part of the demo's time.
type act struct {
	at   float64
	name string
	do   func(context.Context, clients) error
}

// play lets the acts happen while the shop is open.
func (d *demo) play(ctx context.Context, c clients) error {
	acts := []act{
		{0.20, "crash", d.crash},
		{0.45, "deploy", d.deploy},
		{0.60, "split", d.split},
		{0.75, "merge", d.merge},
	}
	for _, a := range acts {
		if sleep(ctx, time.Until(d.began.Add(time.Duration(a.at*float64(d.duration))))) != nil {
			return nil // the shop has closed
		}
		if err := a.do(ctx, c); err != nil && ctx.Err() == nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
	}
	<-ctx.Done()
	return nil
}

// crash kills the worker that holds most shards, as kill -9 would, and starts another one.
func (d *demo) crash(ctx context.Context, _ clients) error {
	n, shards := d.fleet.crash()
	if n == nil {
		return nil
	}
	d.view.say("worker %s crashes; it had %d shards", n.name, shards)
	return d.fleet.start(context.WithoutCancel(ctx))
}

// deploy replaces the oldest worker: SIGTERM, and a new one.
func (d *demo) deploy(ctx context.Context, _ clients) error {
	name, took, err := d.fleet.replace(context.WithoutCancel(ctx))
	if name != "" {
		d.view.say("worker %s is deployed anew; it handed its shards over in %d ms", name, took.Milliseconds())
	}
	return err
}

// split cuts the widest open shard in two.
func (d *demo) split(ctx context.Context, c clients) error {
	return d.reshard(ctx, c, func(open reshard.Topology) reshard.Request {
		widest := slices.MaxFunc(open, func(a, b reshard.Shard) int { return a.Width().Cmp(b.Width()) })
		d.view.say("shard %s is split", widest.ID)
		return reshard.Request{Split: []string{widest.ID}}
	})
}

// merge joins the two neighbours that are narrowest together.
func (d *demo) merge(ctx context.Context, c clients) error {
	return d.reshard(ctx, c, func(open reshard.Topology) reshard.Request {
		best := 0
		width := func(i int) *big.Int { return new(big.Int).Add(open[i].Width(), open[i+1].Width()) }
		for i := range len(open) - 1 {
			if width(i).Cmp(width(best)) < 0 {
				best = i
			}
		}
		a, b := open[best], open[best+1]
		d.view.say("shards %s and %s are merged", a.ID, b.ID)
		return reshard.Request{Merge: []string{a.ID, b.ID}}
	})
}

// reshard asks for the first step of what is chosen, and does not wait for its end.
func (d *demo) reshard(ctx context.Context, c clients, choose func(open reshard.Topology) reshard.Request) error {
	s := streamOf(c, demoStream)
	state, err := s.Look(ctx)
	if err != nil {
		return err
	}
	open := state.Shards.Open()
	if len(open) < 2 {
		return nil
	}
	steps, err := choose(open).Plan(state.Shards)
	if err != nil || len(steps) == 0 {
		return err
	}
	return s.Do(ctx, steps[0])
}

// sleep returns after d, or earlier with the cause of ctx's end.
func sleep(ctx context.Context, d time.Duration) error { return worker.System{}.Sleep(ctx, d) }

func createFile(name string) (*os.File, error) { return os.Create(name) }
